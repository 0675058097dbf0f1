// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func (h *chatHouse) settle(t *testing.T, change channel.Settings) {
	t.Helper()
	settings := channel.Settings{"origins": shopOrigin, "brand": "Nordnetz"}
	for k, v := range change {
		settings[k] = v
	}
	_, err := h.lines.Change(t.Context(), h.brand, h.account, "Chat", settings)
	require.NoError(t, err)
}

func TestOutsideTheHoursAVisitorIsToldWhen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		monday := time.Date(2031, 3, 3, 8, 0, 0, 0, time.UTC)
		p, hello := h.visit(t, "", 0)
		require.Nil(t, hello.Away)
		h.settle(t, channel.Settings{"closed_until": monday.Format(time.RFC3339)})
		p.say("1", "Noch da?")
		ack := p.next()
		require.Equal(t, "ack", ack.T, "it is taken all the same")
		require.NotNil(t, ack.Away, "whose window was open at closing time hears of it with the next word")
		require.True(t, monday.Equal(ack.Away.Until))
		_, hello = h.visit(t, hello.Token, 0)
		require.NotNil(t, hello.Away)
		require.True(t, monday.Equal(hello.Away.Until))
	})
}

func TestAVisitorIsToldThatNobodyIsThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var asked atomic.Int64
		there, err := false, error(nil)
		h := openChat(t, db, func(d *ChatDeps) {
			d.Attended = func(_ context.Context, within time.Duration) (bool, error) {
				asked.Add(1)
				require.Equal(t, 15*time.Minute, within)
				return there, err
			}
		})
		_, hello := h.visit(t, "", 0)
		require.Nil(t, hello.Away)
		require.Zero(t, asked.Load(), "the account does not want it said")
		h.settle(t, channel.Settings{"attended": "true"})
		_, hello = h.visit(t, "", 0)
		require.NotNil(t, hello.Away)
		require.True(t, hello.Away.Until.IsZero(), "nobody knows when")
		there = true
		_, hello = h.visit(t, "", 0)
		require.Nil(t, hello.Away)
		there, err = false, errors.New("no database")
		_, hello = h.visit(t, "", 0)
		require.Nil(t, hello.Away, "what is not known is not said")
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/blob"
)

func TestNothingIsReceivedBeforeTheDiskIsFull(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h *house) {
		a := h.connect("nordnetz")
		var free atomic.Int64
		free.Store(Reserve)
		h.room = &room{folders: []string{"data"}, look: func(string) (blob.Space, error) { return blob.Space{Free: free.Load()}, nil }}
		again := func() { h.room.at = time.Time{} }
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("1", "1")))

		free.Store(Reserve - 1)
		again()
		err := h.Receive(t.Context(), a.ID, raw("2", "2"))
		require.Equal(t, hilft.Unavailable, hilft.KindOf(err))
		require.Equal(t, 1, h.count(`SELECT COUNT(*) FROM inbox`), "refused before it was accepted")

		free.Store(Reserve)
		again()
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("2", "2")), "it recovers by itself")
		h.room.look = func(string) (blob.Space, error) { return blob.Space{}, errors.New("no such folder") }
		again()
		require.NoError(t, h.Receive(t.Context(), a.ID, raw("3", "3")), "what cannot be looked at does not refuse")
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func TestAVisitorTellsOfTheirOwnMessagesOnlyThatTheyHaveSeenThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openChat(t, db, nil)
		mira, welcome := h.visit(t, "", 0)
		h.answer(t, visitorOf(welcome.Token), "Wir sehen nach.")
		first := mira.next().number()
		tom, _ := h.visit(t, "", 0)

		tom.send(map[string]any{"t": "shown", "ids": []int64{first}})
		tom.say("w1", "Hallo?")
		require.Equal(t, "ack", tom.next().T, "nothing answers it, and what comes after it is heard")
		require.Empty(t, h.seen(t))

		mira.send(map[string]any{"t": "shown", "ids": []int64{first, first + 100}})
		mira.send(map[string]any{"t": "shown", "ids": []int64{first}})
		mira.say("w2", "Danke!")
		require.Equal(t, "ack", mira.next().T)
		require.Equal(t, []string{visitorOf(welcome.Token)}, h.seen(t), "once")
	})
}

// seen are the visitors who told that they have seen something.
func (h *chatHouse) seen(t *testing.T) (all []string) {
	t.Helper()
	require.NoError(t, h.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT substr(key, 1, 36) FROM inbox WHERE kind = 'shown' ORDER BY id`, nil, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	return all
}

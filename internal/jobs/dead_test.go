// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// die lets so many letters die, and tells which.
func (q *Jobs) die(t *testing.T, n int) (ids []int64) {
	t.Helper()
	for range n {
		q.put(t, Order{Kind: "letter", Args: "hello"})
	}
	groups, _ := q.grab(t, "letter", n)
	for _, g := range groups {
		require.NoError(t, q.fail(t.Context(), g[0], errors.New("no address"), time.Time{}))
		ids = append(ids, g[0].ID)
	}
	require.Len(t, ids, n)
	return ids
}

func TestAllDeadLettersOfAKindAreRevivedAtOnce(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		q.die(t, 3)
		n, err := q.ReviveAll(t.Context(), "rosa", "parcel")
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = q.ReviveAll(t.Context(), "rosa", "letter")
		require.NoError(t, err)
		require.Equal(t, 3, n)
		_, got := q.grab(t, "letter", 9)
		require.Len(t, got, 3)
		require.Equal(t, 3, q.recorded(t, hilft.EventJobRevived, "rosa"))
	})
}

func TestADiscardedLetterIsGoneAndWhoWaitsForItIsTold(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		var told []string
		refuse := errors.New("not now")
		q.HandleEnd("letter", func(_ context.Context, _ *store.Tx, j Job) error {
			told = append(told, string(j.Args))
			return refuse
		})
		id := q.die(t, 1)[0]
		require.ErrorIs(t, q.Discard(t.Context(), "rosa", id), refuse)
		left, err := q.Letters(t.Context(), 9)
		require.NoError(t, err)
		require.Len(t, left, 1, "it is not discarded without that")
		refuse = nil
		require.NoError(t, q.Discard(t.Context(), "rosa", id))
		require.Equal(t, `"hello"`, told[len(told)-1])
		left, err = q.Letters(t.Context(), 9)
		require.NoError(t, err)
		require.Empty(t, left)
		require.Equal(t, 1, q.recorded(t, hilft.EventJobDiscarded, "rosa"))
		require.Equal(t, hilft.NotFound, hilft.KindOf(q.Discard(t.Context(), "rosa", id)))
		q.put(t, Order{Kind: "letter", Args: 2})
		groups, _ := q.grab(t, "letter", 1)
		require.Equal(t, hilft.NotFound, hilft.KindOf(q.Discard(t.Context(), "rosa", groups[0][0].ID)), "it is alive")
	})
}

// recorded counts what is written down that somebody did.
func (q *Jobs) recorded(t *testing.T, kind string, by hilft.AgentID) (n int) {
	t.Helper()
	events, err := q.EventsAfter(t.Context(), 0, 99)
	require.NoError(t, err)
	for _, e := range events {
		if e.Kind == kind && e.Agent == by {
			n++
		}
	}
	return n
}

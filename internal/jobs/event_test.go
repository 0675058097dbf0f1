// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func ids(events []Event) (all []int64) {
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

func TestEventsAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, clock *storetest.Clock) {
		last, err := q.LastEvent(t.Context())
		require.NoError(t, err)
		require.Zero(t, last)
		require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return q.Record(ctx, tx, Event{Kind: "a", Brand: "b", Case: "c", Subject: "s", Agent: "g", Data: map[string]string{"to": "x"}}, Event{Kind: "b"})
		}))
		require.Error(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, q.Record(ctx, tx, Event{Kind: "never"}))
			return errors.New("second thoughts")
		}))
		require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.Record(ctx, tx, Event{Kind: "c", Case: "c"}) }))

		all, err := q.EventsAfter(t.Context(), 0, 9)
		require.NoError(t, err)
		require.Len(t, all, 3)
		require.Equal(t, Event{ID: all[0].ID, At: clock.Now(), Kind: "a", Brand: "b", Case: "c", Subject: "s", Agent: "g", Raw: json.RawMessage(`{"to":"x"}`)}, all[0])
		some, err := q.EventsAfter(t.Context(), all[0].ID, 1)
		require.NoError(t, err)
		require.Equal(t, all[1:2], some)
		last, err = q.LastEvent(t.Context())
		require.NoError(t, err)
		require.Equal(t, all[2].ID, last)
		require.NoError(t, q.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			of, err := CaseEvents(ctx, tx, "c")
			require.Equal(t, []int64{all[0].ID, all[2].ID}, ids(of))
			return err
		}))
	})
}

// A transaction that begins early, writes its event in the middle and commits late is what sequences get wrong.
func TestAnEventOfALateCommitIsNotPassedBy(t *testing.T) {
	t.Parallel()
	q := queueOn(t, storetest.Open(t, storetest.PostgresURL(t), nil))
	record := func(kind string, recorded, commit chan struct{}) error {
		return q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := q.Record(ctx, tx, Event{Kind: kind}); err != nil {
				return err
			}
			if recorded == nil {
				return nil
			}
			var one int
			if err := tx.Row(ctx, `SELECT 1`, nil, &one); err != nil { // what was deferred is done before it
				return err
			}
			close(recorded)
			<-commit
			return nil
		})
	}
	// The quick one begins first, so that it is the older transaction, and records last.
	begun, go2 := make(chan struct{}), make(chan struct{})
	quick := make(chan error, 1)
	go func() {
		quick <- q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO person (id, brand_id, name, made_at) VALUES ('p', 'b', 'Mira', 0)`); err != nil {
				return err
			}
			close(begun)
			<-go2
			return q.Record(ctx, tx, Event{Kind: "quick"})
		})
	}()
	<-begun
	recorded, commit := make(chan struct{}), make(chan struct{})
	late := make(chan error, 1)
	go func() { late <- record("late", recorded, commit) }()
	<-recorded
	close(go2)
	require.NoError(t, <-quick)

	seen, err := q.EventsAfter(t.Context(), 0, 9)
	require.NoError(t, err)
	require.Empty(t, seen, "the later id is visible, the earlier is not: whoever reads on from here misses it")
	last, err := q.LastEvent(t.Context())
	require.NoError(t, err)
	require.Zero(t, last)
	close(commit)
	require.NoError(t, <-late)
	seen, err = q.EventsAfter(t.Context(), 0, 9)
	require.NoError(t, err)
	require.Len(t, seen, 2)
	require.Equal(t, "late", seen[0].Kind)
}

// A transaction reads from where on it will take ids, and is kept from saying so until others have taken some, and were
// read. What they wrote can be read again nevertheless.
func TestWhatWasShownOnceIsShownAgain(t *testing.T) {
	t.Parallel()
	q := queueOn(t, storetest.Open(t, storetest.PostgresURL(t), nil))
	record := func() {
		require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return q.Record(ctx, tx, Event{Kind: "quick"}) }))
	}
	record()
	first, err := q.LastEvent(t.Context())
	require.NoError(t, err)
	record()
	last, err := q.LastEvent(t.Context())
	require.NoError(t, err)
	require.Greater(t, last, first)
	require.NoError(t, q.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(CAST(? AS BIGINT))`, announced+first); err != nil {
			return err
		}
		again, err := q.EventsAfter(t.Context(), first, 9)
		require.NoError(t, err)
		require.Empty(t, again)
		again, err = q.EventsBetween(t.Context(), first, last, 9)
		require.NoError(t, err)
		require.Equal(t, []int64{last}, ids(again))
		return nil
	}))
}

func TestAReaderThatFollowsMissesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := queueOn(t, db)
		const writers, each = 6, 40
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
						if err := q.Record(ctx, tx, Event{Kind: "first"}); err != nil {
							return err
						}
						for range rand.IntN(4) { // some are slower than others
							var one int
							if err := tx.Row(ctx, `SELECT COUNT(*) FROM event`, nil, &one); err != nil {
								return err
							}
						}
						if rand.IntN(5) == 0 {
							return errors.New("second thoughts")
						}
						return q.Record(ctx, tx, Event{Kind: "second"})
					})
					if err != nil && err.Error() != "second thoughts" {
						t.Error(err)
					}
				}
			})
		}
		written := make(chan struct{})
		go func() { wg.Wait(); close(written) }()
		var last int64
		seen := 0
		read := func() {
			events, err := q.EventsAfter(t.Context(), last, 7)
			require.NoError(t, err)
			for _, e := range events {
				require.Greater(t, e.ID, last)
				last = e.ID
			}
			seen += len(events)
		}
		for over := false; !over; {
			select {
			case <-written:
				over = true
			default:
				read()
			}
		}
		total := storetest.Count(t, db, `SELECT COUNT(*) FROM event`)
		require.Positive(t, total)
		deadline := time.Now().Add(20 * time.Second)
		for seen < total && time.Now().Before(deadline) {
			before := seen
			if read(); seen == before {
				break
			}
		}
		require.Equal(t, total, seen)
	})
}

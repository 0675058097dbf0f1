// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// Two nodes whose clocks are ten minutes apart agree on the time, which is the database's.
func TestNodesAgreeOnTheTime(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	for _, askew := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		db, err := store.Open(t.Context(), store.Options{URL: url, Wall: func() time.Time { return time.Now().Add(askew) }})
		require.NoError(t, err)
		defer func() { _ = db.Close() }()
		for range 3 {
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				var us int64
				if err := tx.Row(ctx, `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`, nil, &us); err != nil {
					return err
				}
				require.WithinDuration(t, store.Time(us), tx.Now(), 2*time.Second)
				require.WithinDuration(t, store.Time(us), db.Now(), 2*time.Second)
				return nil
			}))
		}
	}
	alone, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "hilft.db"), Wall: func() time.Time { return time.Unix(1e9, 0) }})
	require.NoError(t, err)
	defer func() { _ = alone.Close() }()
	require.Equal(t, time.Unix(1e9, 0).UTC(), alone.Now(), "a house of one node has the clock of its machine")
}

// A node that sleeps in the middle of a transaction keeps the others waiting for a while, and not for as long as it
// sleeps. What it was about to write does not count.
func TestANodeThatSleepsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	sleeper, other := storetest.Open(t, url, nil), storetest.Open(t, url, nil)
	rename := func(db *store.DB, name string, then func()) error {
		return db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE person SET name = ? WHERE id = 'p'`, name); err != nil {
				return err
			}
			then()
			return nil
		})
	}
	require.NoError(t, other.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, "p") }))
	asleep, wake, late := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { late <- rename(sleeper, "late", func() { close(asleep); <-wake }) }()
	<-asleep
	require.NoError(t, rename(other, "in time", func() {}))
	close(wake)
	require.Equal(t, hilft.Unavailable, hilft.KindOf(<-late))
	require.Equal(t, 1, storetest.Count(t, other, `SELECT COUNT(*) FROM person WHERE name = 'in time'`))
}

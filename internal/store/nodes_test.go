// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

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

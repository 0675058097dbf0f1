// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// A process that died left claims behind whose leases run for a minute yet. Where there can be no other process, the
// next one does not wait for them.
func TestAHouseThatCameBackGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	dead := queueOn(t, db)
	dead.put(t, Order{Kind: "letter", Lane: "a", Args: 1}, Order{Kind: "letter", Lane: "a", Args: 2})
	claimed, _ := dead.grab(t, "letter", 9)
	require.Len(t, claimed, 1)

	posted := make(chan int, 2)
	q := queueOn(t, db)
	q.HandleErrand("letter", Terms{}, func(_ context.Context, c *Claim) error {
		var i int
		err := c.Read(&i)
		posted <- i
		return err
	})
	works(t, q)
	require.Equal(t, 1, hear(t, posted, "the first letter"))
	require.Equal(t, 2, hear(t, posted, "the second letter"))
	require.ErrorIs(t, db.Write(t.Context(), claimed[0][0].Done), ErrLost, "the dead have no say any more")
}

// A copy of a house holds claims of workers who are not in it.
func TestACopyOfAHouseGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	still(t, func(t *testing.T, q *Jobs, _ *storetest.Clock) {
		q.put(t, Order{Kind: "letter", Args: 1})
		q.grab(t, "letter", 9)
		_, due := q.grab(t, "letter", 9)
		require.Empty(t, due)
		require.NoError(t, q.db.Write(t.Context(), q.Free))
		_, due = q.grab(t, "letter", 9)
		require.Equal(t, []string{"1"}, due)
	})
}

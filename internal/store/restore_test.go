// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// impatient lets the database end a session that says nothing in its transaction for a moment, instead of for seconds,
// unless that session is given all the time that it takes.
const impatient = `SELECT set_config(name, '50', false) FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout' AND setting <> '0'`

// Media are written behind the rows, in their transaction, and there may be many.
func TestARestoreMayTakeItsTimeBetweenTheRows(t *testing.T) {
	t.Parallel()
	o := store.Options{URL: storetest.EmptyPostgresURL(t)}
	newest, err := store.NewestSchema()
	require.NoError(t, err)
	require.NoError(t, store.Restore(t.Context(), o, newest, func(ctx context.Context, l *store.Load) error {
		if err := l.Exec(ctx, `INSERT INTO house (what, value, at) VALUES ('media', 'aa', 1)`); err != nil {
			return err
		}
		if err := l.Exec(ctx, impatient); err != nil {
			return err
		}
		time.Sleep(300 * time.Millisecond) // here files are written
		return l.Number(ctx, "case_number", 2000)
	}))
	require.Len(t, storetest.Rows(t, o.URL, "")["house"], 1)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

var update = flag.Bool("update", false, "write schema.golden.sql anew")

// The whole schema stands in one place for readers. It changes only together with a new migration.
func TestSchemaIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	var b strings.Builder
	b.WriteString("-- The whole schema on SQLite, made by: go test ./internal/store -run Golden -update\n")
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' ORDER BY tbl_name, type DESC, name`, nil,
			func(scan func(into ...any) error) error {
				var s string
				if err := scan(&s); err != nil {
					return err
				}
				b.WriteString("\n" + s + ";\n")
				return nil
			})
	}))
	if *update {
		require.NoError(t, os.WriteFile("schema.golden.sql", []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile("schema.golden.sql")
	require.NoError(t, err)
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Fatalf("the schema is not the golden one (-want +got); if that is meant: go test ./internal/store -run Golden -update\n%s", d)
	}
}

// Both databases have the same tables and columns, but for what numbers cases: a row here, a sequence there.
func TestBothDatabasesHaveTheSameColumns(t *testing.T) {
	t.Parallel()
	columns := func(db *store.DB, query string) map[string]bool {
		all := map[string]bool{}
		require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Rows(ctx, query, nil, func(scan func(into ...any) error) error {
				var table, column string
				if err := scan(&table, &column); err != nil {
					return err
				}
				all[table+"."+column] = true
				return nil
			})
		}))
		return all
	}
	pg := columns(storetest.Open(t, storetest.PostgresURL(t), nil),
		`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%'`)
	lite := columns(storetest.Open(t, "", nil),
		`SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'`)
	delete(lite, "case_number.last")
	if d := cmp.Diff(lite, pg); d != "" {
		t.Fatalf("the databases differ (-sqlite +postgres):\n%s", d)
	}
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// upgradeEnv names the database that a process of this test upgrades, and does nothing else.
const (
	upgradeURL  = "HILFT_TEST_UPGRADE_URL"
	upgradePath = "HILFT_TEST_UPGRADE_PATH"
)

func TestMain(m *testing.M) {
	if url, path := os.Getenv(upgradeURL), os.Getenv(upgradePath); url != "" || path != "" {
		db, err := store.Open(context.Background(), store.Options{URL: url, Path: path})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = db.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// each runs a test for schemas that there have been, on both databases.
func each(t *testing.T, test func(t *testing.T, url, path string, schema int64)) {
	t.Helper()
	newest, err := store.NewestSchema()
	require.NoError(t, err)
	for _, open := range []struct {
		name string
		url  func(t *testing.T) string
	}{
		{"sqlite", func(*testing.T) string { return "" }},
		{"postgres", storetest.EmptyPostgresURL},
	} {
		for _, schema := range storetest.Schemas(newest) {
			t.Run(fmt.Sprintf("%s/%d", open.name, schema), func(t *testing.T) {
				t.Parallel()
				test(t, open.url(t), filepath.Join(t.TempDir(), "hilft.db"), schema)
			})
		}
	}
}

func TestASchemaIsUpgradedWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, url, path string, schema int64) {
		storetest.Lived(t, url, path, schema)
		before := storetest.Rows(t, url, path)
		db, err := store.Open(t.Context(), store.Options{URL: url, Path: path})
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		requireKept(t, before, storetest.Rows(t, url, path))
		if schema >= 5 {
			require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM cases WHERE id = 'c1' AND last_at = 1700000000000004`),
				"when the last word was spoken is worked out for what was there before")
		}
	})
}

// requireKept finds as many rows in every table as there were; migrations add columns, not rows, to what people made.
func requireKept(t *testing.T, before, after map[string]map[string]int) {
	t.Helper()
	require.NotEmpty(t, before)
	for table, rows := range before {
		require.Len(t, after[table], len(rows), table)
	}
}

// A process that is killed in the middle of an upgrade leaves a database that the next one brings to its end.
func TestAnUpgradeThatWasKilledGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, url, path string, schema int64) {
		if schema == 1 {
			t.Skip("nothing comes before it")
		}
		storetest.Lived(t, url, path, schema-1)
		before := storetest.Rows(t, url, path)
		for _, point := range []string{faults.MigrationBegun, faults.MigrationRun} {
			dead := exec.CommandContext(t.Context(), os.Args[0])
			dead.Env = append(os.Environ(), upgradeURL+"="+url, upgradePath+"="+path, "HILFT_FAULT="+point)
			out, err := dead.CombinedOutput()
			require.Error(t, err, "%s was not passed", point)
			status, ok := dead.ProcessState.Sys().(syscall.WaitStatus)
			require.True(t, ok && status.Signaled() && status.Signal() == syscall.SIGKILL, "%s: %v %s", point, err, out)
			_, have, err := attached(t, url, path)
			require.NoError(t, err)
			require.Equal(t, before, storetest.Rows(t, url, path), "half a migration is none")
			require.Less(t, have, schema)
		}
		db, err := store.Open(t.Context(), store.Options{URL: url, Path: path})
		require.NoError(t, err)
		require.NoError(t, db.Close())
		requireKept(t, before, storetest.Rows(t, url, path))
	})
}

func attached(t *testing.T, url, path string) (*store.DB, int64, error) {
	t.Helper()
	db, have, err := store.Attach(t.Context(), store.Options{URL: url, Path: path})
	if err == nil {
		require.NoError(t, db.Close())
	}
	return db, have, err
}

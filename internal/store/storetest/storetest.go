// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package storetest gives tests a database of their own, on SQLite and on Postgres.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Env is the variable that names a Postgres server for tests: a URL whose user may create databases.
const Env = "HILFT_TEST_POSTGRES"

// Each runs a test once on SQLite and once on Postgres, each time with a fresh database, in parallel. Without a
// Postgres server that half is skipped; in CI that is a failure.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachAt(t, nil, test)
}

// EachAt is Each with a clock of the test's own.
func EachAt(t *testing.T, now func() time.Time, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, open := range []struct {
		name string
		url  func(t *testing.T) string
	}{
		{"sqlite", func(*testing.T) string { return "" }},
		{"postgres", PostgresURL},
	} {
		t.Run(open.name, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, open.url(t), now))
		})
	}
}

// Open opens a fresh SQLite database, or the Postgres database at the URL.
func Open(t testing.TB, url string, now func() time.Time) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: url, Path: filepath.Join(t.TempDir(), "hilft.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// PostgresURL makes an empty database on the server for tests and returns its URL; it is dropped with the test.
func PostgresURL(t *testing.T) string {
	t.Helper()
	return PostgresFor(t)
}

// PostgresFor is PostgresURL for benchmarks too.
func PostgresFor(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Env)
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: in CI every room is tested on Postgres", Env)
		}
		t.Skipf("no Postgres: %s is not set (make test sets it where Debian's postgresql is installed)", Env)
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	admin.SetMaxOpenConns(1)
	name := "hilft_" + strings.ReplaceAll(hilft.NewID(), "-", "")
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		_ = admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Clock is a clock that stands still until it is moved. It may be read and moved by many goroutines.
type Clock struct{ at atomic.Int64 }

// NewClock makes a clock that shows a weekday in autumn, ten in the morning in UTC.
func NewClock() *Clock {
	c := &Clock{}
	c.at.Store(time.Date(2026, 10, 14, 10, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.at.Load()).UTC() }

// Forward moves the clock.
func (c *Clock) Forward(d time.Duration) { c.at.Add(d.Microseconds()) }

// Count runs a query for one number.
func Count(t testing.TB, db *store.DB, query string, args ...any) int {
	t.Helper()
	var n int
	err := db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Row(ctx, query, args, &n) })
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return n
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package storetest gives tests a database of their own, on SQLite and on Postgres.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
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
	each(t, func(t *testing.T, url string) { test(t, Open(t, url, nil)) })
}

// EachAt is Each with clocks that stand still.
func EachAt(t *testing.T, test func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	each(t, func(t *testing.T, url string) {
		clock := NewClock()
		test(t, Open(t, url, clock.Now), clock)
	})
}

func each(t *testing.T, test func(t *testing.T, url string)) {
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
			test(t, open.url(t))
		})
	}
}

// Open opens a fresh SQLite database, or the Postgres database at the URL.
func Open(t testing.TB, url string, now func() time.Time) *store.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hilft.db")
	if url == "" {
		newest, err := newestFile()
		if err == nil {
			err = os.WriteFile(file, newest, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), store.Options{URL: url, Path: file, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newestFile is an SQLite database with the newest schema and nothing in it: to take all steps of its history takes much
// longer than to copy it.
var newestFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "hilft-storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "hilft.db")
	db, err := store.Open(context.Background(), store.Options{Path: file})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // all of it is in the one file then
		return nil, err
	}
	return os.ReadFile(file)
})

// PostgresURL makes a database on the server for tests, with the newest schema and nothing in it, and returns its URL; it
// is dropped with the test.
func PostgresURL(t *testing.T) string {
	t.Helper()
	return PostgresFor(t)
}

// PostgresFor is PostgresURL for benchmarks too.
func PostgresFor(t testing.TB) string {
	t.Helper()
	return database(t, " TEMPLATE "+template(t)+" STRATEGY file_copy") // what is copied this way is not written to the log as well
}

// EmptyPostgresURL is PostgresURL without the schema.
func EmptyPostgresURL(t *testing.T) string {
	t.Helper()
	return database(t, "")
}

func database(t testing.TB, of string) string {
	t.Helper()
	admin := administrator(t)
	name := "hilft_" + strings.ReplaceAll(hilft.NewID(), "-", "")
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+of); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	return at(t, name)
}

// administrator is a connection to the server for tests itself.
func administrator(t testing.TB) *sql.DB {
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
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

// at is where a database of the server for tests is found.
func at(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv(Env))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

var templates sync.Mutex

// template is a database with the newest schema of which others are copied: to make one takes ten times as long as to copy
// one. It is made once for all packages, under the name of the migrations that made it, and stays.
func template(t testing.TB) string {
	t.Helper()
	sum := sha256.New()
	for _, name := range must(fs.Glob(store.Migrations(), "migrations/*.sql"))(t) {
		_, _ = fmt.Fprintf(sum, "%s\n%s", path.Base(name), must(fs.ReadFile(store.Migrations(), name))(t))
	}
	name := "hilft_newest_" + hex.EncodeToString(sum.Sum(nil))[:16]
	templates.Lock()
	defer templates.Unlock()
	admin := administrator(t)
	if _, err := admin.ExecContext(t.Context(), "SELECT pg_advisory_lock(7107)"); err != nil { // other packages may be about it as well
		t.Fatal(err)
	}
	defer func() { _, _ = admin.ExecContext(context.Background(), "SELECT pg_advisory_unlock(7107)") }()
	var n int
	if err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		return name
	}
	making := name + "_making" // a test that was broken off may have left one
	for _, q := range []string{"DROP DATABASE IF EXISTS " + making + " WITH (FORCE)", "CREATE DATABASE " + making} {
		if _, err := admin.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), store.Options{URL: at(t, making)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.ExecContext(t.Context(), "ALTER DATABASE "+making+" RENAME TO "+name); err != nil {
		t.Fatal(err)
	}
	return name
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
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

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
	"io"
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
	each(t, func(t *testing.T, kind string) { test(t, On(t, kind, nil)) })
}

// EachAt is Each with clocks that stand still.
func EachAt(t *testing.T, test func(t *testing.T, db *store.DB, clock *Clock)) {
	t.Helper()
	each(t, func(t *testing.T, kind string) {
		clock := NewClock()
		test(t, On(t, kind, clock.Now), clock)
	})
}

func each(t *testing.T, test func(t *testing.T, kind string)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// On opens a fresh database, on "sqlite" or "postgres".
func On(t testing.TB, kind string, now func() time.Time) *store.DB {
	t.Helper()
	return OnAt(t, kind, filepath.Join(t.TempDir(), "hilft.db"), now)
}

// OnAt is On for who looks into the file of the one on SQLite.
func OnAt(t testing.TB, kind, path string, now func() time.Time) *store.DB {
	t.Helper()
	if kind == "postgres" {
		return onPostgres(t, now)
	}
	return openAt(t, "", path, now)
}

// Open opens a fresh SQLite database, or the Postgres database at the URL.
func Open(t testing.TB, url string, now func() time.Time) *store.DB {
	t.Helper()
	return openAt(t, url, filepath.Join(t.TempDir(), "hilft.db"), now)
}

func openAt(t testing.TB, url, file string, now func() time.Time) *store.DB {
	t.Helper()
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
	return database(t, copied(template(t)))
}

// EmptyPostgresURL is PostgresURL without the schema.
func EmptyPostgresURL(t *testing.T) string {
	t.Helper()
	return database(t, "")
}

func database(t testing.TB, of string) string {
	t.Helper()
	admin := administrator(t)
	name := newName()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+of); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	return at(t, name)
}

func newName() string { return "hilft_" + strings.ReplaceAll(hilft.NewID(), "-", "") }

// administrator is what makes databases on the server for tests. Tests that run at a time share it, for on some machines a
// connection costs the server more than a database.
func administrator(t testing.TB) *sql.DB {
	t.Helper()
	if os.Getenv(Env) == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: in CI every room is tested on Postgres", Env)
		}
		t.Skipf("no Postgres: %s is not set (make test sets it where Debian's postgresql is installed)", Env)
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		shared.db = must(sql.Open("pgx", os.Getenv(Env)))(t)
		shared.db.SetMaxOpenConns(2) // one may be waiting for another package's template
	}
	shared.users++
	t.Cleanup(func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.users--; shared.users == 0 {
			dropSpare(shared.db)
			_ = shared.db.Close()
		}
	})
	return shared.db
}

var shared struct {
	sync.Mutex
	db    *sql.DB
	users int
}

// at is where a database of the server for tests is found, by few connections: each costs some fifty milliseconds where
// processes are dear.
func at(t testing.TB, name string) string {
	t.Helper()
	u := must(url.Parse(os.Getenv(Env)))(t)
	u.Path = "/" + name
	q := u.Query()
	q.Set("pool_max_conns", "4")
	u.RawQuery = q.Encode()
	return u.String()
}

var templates sync.Mutex

// template is a database with the newest schema of which others are copied: to make one takes ten times as long as to copy
// one. It is made once for all packages, under the name of the migrations that made it, and stays.
func template(t testing.TB) string {
	t.Helper()
	sum := sha256.New()
	hashed(t, sum, store.Migrations(), "migrations/*.sql")
	name := "hilft_newest_" + hex.EncodeToString(sum.Sum(nil))[:16]
	made(t, name, "", func(url string) {
		db := must(store.Open(t.Context(), store.Options{URL: url}))(t)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return name
}

func hashed(t testing.TB, sum io.Writer, files fs.FS, pattern string) {
	t.Helper()
	for _, name := range must(fs.Glob(files, pattern))(t) {
		_, _ = fmt.Fprintf(sum, "%s\n%s", path.Base(name), must(fs.ReadFile(files, name))(t))
	}
}

// made finds the template of that name, or makes it of another one, or of nothing. Other packages may be about it as well.
func made(t testing.TB, name, of string, fill func(url string)) {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	admin := must(administrator(t).Conn(t.Context()))(t)
	defer func() { _ = admin.Close() }()
	do := func(q string) {
		if _, err := admin.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	do("SELECT pg_advisory_lock(7107)")
	defer func() { _, _ = admin.ExecContext(context.Background(), "SELECT pg_advisory_unlock(7107)") }()
	var n int
	if err := admin.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		return
	}
	making := name + "_making" // a test that was broken off may have left one
	do("DROP DATABASE IF EXISTS " + making + " WITH (FORCE)")
	do("CREATE DATABASE " + making + copied(of))
	fill(at(t, making))
	do("ALTER DATABASE " + making + " RENAME TO " + name)
}

// copied is how a database is made of a template: what is copied as files is not written to the log as well.
func copied(of string) string {
	if of == "" {
		return ""
	}
	return " TEMPLATE " + of + " STRATEGY file_copy"
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

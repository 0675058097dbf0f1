// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"fmt"
	neturl "net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/hilft/hilft/internal/store"
)

// seeds holds, for every schema that brought new tables or columns, rows in its terms. As migrations they are never
// changed once released: they are what houses of that time hold. Bytes stand there as hexadecimal digits in braces.
//
//go:embed seeds/*.sql
var seeds embed.FS

var bytesInBraces = regexp.MustCompile(`\{((?:[0-9a-f]{2})*)\}([,)])`)

// Media puts the file that rows of a Lived database name into the folder of its media.
func Media(t testing.TB, dir string) {
	t.Helper()
	const content = "test"
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	if err := os.MkdirAll(filepath.Join(dir, hash[:2]), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, hash[:2], hash), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Schemas are those at which a test leaves a house to find out what becomes of it: in make soak all up to the newest, else
// the first, every tenth and the last two, for each costs all steps that come after it.
func Schemas(newest int64) (all []int64) {
	for n := int64(1); n <= newest; n++ {
		if n == 1 || n%10 == 0 || n >= newest-1 || os.Getenv("HILFT_SOAK") == "1" {
			all = append(all, n)
		}
	}
	return all
}

// Lived makes a database, in place of the one at the URL or for SQLite at the path, in which people have worked since the
// first schema, at every schema up to this one. It is not open.
func Lived(t testing.TB, url, path string, schema int64) {
	t.Helper()
	if url == "" {
		if err := os.WriteFile(path, livedFile(t, schema), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	of, name, admin := livedTemplate(t, schema), must(neturl.Parse(url))(t).Path[1:], administrator(t)
	for _, q := range []string{"DROP DATABASE " + name + " WITH (FORCE)", "CREATE DATABASE " + name + copied(of)} {
		if _, err := admin.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
}

// From where the last one that is kept ends, the rest of the way to a schema is gone anew.
const keptEvery = 10

func keptBefore(schema int64) int64 { return (schema - 1) / keptEvery * keptEvery }

// livedTemplate is a database at a schema of which others are copied, made of the one before it.
func livedTemplate(t testing.TB, schema int64) string {
	t.Helper()
	of, from := "", keptBefore(schema)
	if from > 0 {
		of = livedTemplate(t, from)
	}
	sum := sha256.New()
	hashed(t, sum, store.Migrations(), "migrations/*.sql")
	hashed(t, sum, seeds, "seeds/*.sql")
	name := fmt.Sprintf("hilft_lived_%x_%d", sum.Sum(nil)[:8], schema)
	made(t, name, of, func(url string) { live(t, url, "", from, schema) })
	return name
}

var (
	livedFiles   = map[int64][]byte{}
	livingInFile sync.Mutex
)

func livedFile(t testing.TB, schema int64) []byte {
	t.Helper()
	livingInFile.Lock()
	defer livingInFile.Unlock()
	at := func(schema int64) string { return filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", schema)) }
	var reach func(schema int64) []byte
	reach = func(schema int64) []byte {
		if livedFiles[schema] == nil {
			path, from := at(schema), keptBefore(schema)
			if from > 0 {
				if err := os.WriteFile(path, reach(from), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			live(t, "", path, from, schema)
			livedFiles[schema] = must(os.ReadFile(path))(t)
		}
		return livedFiles[schema]
	}
	return reach(schema)
}

// live goes on from a schema to another one, and at each that brought something people make some of it.
func live(t testing.TB, url, path string, from, to int64) {
	t.Helper()
	for n := from + 1; n <= to; n++ {
		seed, err := seeds.ReadFile(fmt.Sprintf("seeds/%04d.sql", n))
		if err != nil && n < to {
			continue
		}
		db, err := store.Open(t.Context(), store.Options{URL: url, Path: path, Schema: n})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		raw(t, url, path, string(seed))
	}
}

// raw runs statements beside the rooms, as they are.
func raw(t testing.TB, url, path, text string) {
	t.Helper()
	driver, at, bytes := "sqlite", path, "X'$1'$2"
	if url != "" {
		u := must(neturl.Parse(url))(t)
		q := u.Query()
		q.Del("pool_max_conns") // is for pools alone
		u.RawQuery = q.Encode()
		driver, at, bytes = "pgx", u.String(), `'\x$1'$2`
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), bytesInBraces.ReplaceAllString(text, bytes)); err != nil {
		t.Fatal(err)
	}
}

// Rows are all rows of a database by table, as a backup writes them, each once for as often as it is there.
func Rows(t testing.TB, url, path string) map[string]map[string]int {
	t.Helper()
	db, schema, err := store.Attach(t.Context(), store.Options{URL: url, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables, err := store.Tables(t.Context(), schema)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]int{}
	err = db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, table := range tables {
			var text strings.Builder
			if err := tx.CopyOut(ctx, table, &text); err != nil {
				return err
			}
			all[table.Name] = map[string]int{}
			for line := range strings.Lines(text.String()) {
				all[table.Name][line]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

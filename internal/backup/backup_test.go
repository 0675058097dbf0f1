// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package backup_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/backup"
	"github.com/hilft/hilft/internal/blob"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// place is where a house is or may be.
type place struct {
	opts  store.Options
	media string
	blobs *blob.Folder
}

func placeAt(t *testing.T, url string) place {
	t.Helper()
	dir := t.TempDir()
	p := place{opts: store.Options{URL: url, Path: filepath.Join(dir, "hilft.db")}, media: filepath.Join(dir, "media")}
	var err error
	p.blobs, err = blob.Open(p.media)
	require.NoError(t, err)
	return p
}

var databases = map[string]func(t *testing.T) string{
	"sqlite":   func(*testing.T) string { return "" },
	"postgres": storetest.EmptyPostgresURL,
}

// lived is a house in which people have worked since its first day.
func lived(t *testing.T, database string, schema int64) place {
	t.Helper()
	p := placeAt(t, databases[database](t))
	storetest.Lived(t, p.opts.URL, p.opts.Path, schema)
	storetest.Media(t, p.media)
	return p
}

func newest(t *testing.T) int64 {
	t.Helper()
	n, err := store.NewestSchema()
	require.NoError(t, err)
	return n
}

func write(t *testing.T, p place, to age.Recipient) ([]byte, backup.Made) {
	t.Helper()
	db, _, err := store.Attach(t.Context(), p.opts)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var b bytes.Buffer
	m, err := backup.Write(t.Context(), &b, backup.From{DB: db, Blobs: p.blobs, To: to, Version: "test"})
	require.NoError(t, err)
	return b.Bytes(), m
}

func restore(t *testing.T, file []byte, p place, key age.Identity) error {
	t.Helper()
	_, _, err := backup.Restore(t.Context(), bytes.NewReader(file), backup.Into{Store: p.opts, Blobs: p.blobs, Key: key})
	return err
}

// Whichever database a house lived in, and at whatever schema it was left: in either database it is the same again.
func TestAHouseIsRestoredIntoEitherDatabase(t *testing.T) {
	t.Parallel()
	for from := range databases {
		for to := range databases {
			for _, schema := range storetest.Schemas(newest(t)) {
				if schema < newest(t) && from == to { // all ways for the newest, across for those before
					continue
				}
				t.Run(fmt.Sprintf("%s to %s at %d", from, to, schema), func(t *testing.T) {
					t.Parallel()
					was := lived(t, from, schema)
					ref, err := was.blobs.Put(t.Context(), strings.NewReader("Foto"), 100)
					require.NoError(t, err)
					file, made := write(t, was, nil)
					require.LessOrEqual(t, made.Schema, schema)
					require.EqualValues(t, 2, made.Media)

					is := placeAt(t, databases[to](t))
					require.NoError(t, restore(t, file, is, nil))
					f, err := is.blobs.Get(t.Context(), ref.Hash)
					require.NoError(t, err)
					require.NoError(t, f.Close())

					db, err := store.Open(t.Context(), was.opts) // brings the original to the newest schema too
					require.NoError(t, err)
					require.NoError(t, db.Close())
					before, after := storetest.Rows(t, was.opts.URL, was.opts.Path), storetest.Rows(t, is.opts.URL, is.opts.Path)
					for _, apart := range []string{"agent_session", "attempt", "backup", "node", "provider_departure", "push_subscription", "search_state", "search_text", "search_word", "search_gram", "search_run", "search_page", "search_change"} {
						require.Empty(t, after[apart])
						delete(before, apart)
						delete(after, apart)
					}
					if schema >= 3 {
						folder, _, err := blob.MarkOf(is.media)
						require.NoError(t, err)
						require.NotEmpty(t, folder)
						for _, word := range []string{"restored\t", "media\t" + folder} {
							row := fmt.Sprintf("%s\t%d\n", word, made.BeganAt.UnixMicro())
							require.Contains(t, after["house"], row)
							delete(after["house"], row)
						}
					}
					require.Equal(t, before, after)
				})
			}
		}
	}
}

// What the original gave to somebody after the backup, the restored house gives to nobody else.
func TestARestoredHouseGivesNoNumberTwice(t *testing.T) {
	t.Parallel()
	for to := range databases {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			file, _ := write(t, lived(t, "sqlite", newest(t)), nil)
			is := placeAt(t, databases[to](t))
			require.NoError(t, restore(t, file, is, nil))
			db, err := store.Open(t.Context(), is.opts)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				var job, number int64
				if err := tx.Row(ctx, `INSERT INTO job (kind, lane, key, args, made_at, run_at, claim, attempt, dead_at, error) VALUES ('x', '', '', '{}', 1, 1, 0, 0, 0, '') RETURNING id`, nil, &job); err != nil {
					return err
				}
				q := `UPDATE case_number SET last = last + 1 RETURNING last`
				if db.Dialect() == store.Postgres {
					q = `SELECT nextval('case_number')`
				}
				if err := tx.Row(ctx, q, nil, &number); err != nil {
					return err
				}
				require.EqualValues(t, 1_000_006, job, "five there were, of which one was done")
				require.EqualValues(t, 2001, number)
				return nil
			}))
		})
	}
}

// A file that is not whole is refused before anything is made of it, wherever it was cut or changed.
func TestAFileThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	house := lived(t, "sqlite", newest(t))
	_, err = house.blobs.Put(t.Context(), io.LimitReader(rand.NewChaCha8([32]byte{}), 100_000), 100_000)
	require.NoError(t, err)
	for name, to := range map[string]age.Recipient{"plain": nil, "encrypted": key.Recipient()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, _ := write(t, house, to)
			var id age.Identity
			if to != nil {
				id = key
			}
			_, _, err := backup.Check(bytes.NewReader(file), id)
			require.NoError(t, err)
			refused := func(file []byte, why string, at int) {
				t.Helper()
				_, _, err := backup.Check(bytes.NewReader(file), id)
				require.Error(t, err, "%s at %d of %d", why, at, len(file))
				require.NotContains(t, err.Error(), "\n")
			}
			for at := 0; at < len(file); at += 1 + len(file)/200 {
				refused(file[:at], "cut off", at)
				changed := bytes.Clone(file)
				changed[at] ^= 0x40
				refused(changed, "changed", at)
			}
			refused(file[:len(file)-1], "cut off", len(file)-1)

			is := placeAt(t, "")
			require.ErrorContains(t, restore(t, file[:len(file)/2], is, id), "this backup cannot be used")
			require.NoFileExists(t, is.opts.Path)
		})
	}
}

// A file of which whole blocks are missing, so that what is left can be unpacked, is refused all the same.
func TestAFileThatEndsEarlyIsRefused(t *testing.T) {
	t.Parallel()
	file, _ := write(t, lived(t, "sqlite", newest(t)), nil)
	z, err := zstd.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	defer z.Close()
	tar, err := io.ReadAll(z)
	require.NoError(t, err)
	pack := func(tar []byte) []byte {
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b)
		require.NoError(t, err)
		_, err = z.Write(tar)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	_, _, err = backup.Check(bytes.NewReader(pack(tar)), nil)
	require.NoError(t, err)
	end := bytes.Index(tar, []byte("end.json"))
	require.Positive(t, end)
	_, _, err = backup.Check(bytes.NewReader(pack(append(bytes.Clone(tar[:end]), make([]byte, 1024)...))), nil)
	require.ErrorContains(t, err, "its end is missing")
	name := bytes.Index(tar, []byte("Zähler"))
	require.Positive(t, name)
	tar[name] = 'z'
	_, _, err = backup.Check(bytes.NewReader(pack(tar)), nil)
	require.ErrorContains(t, err, "its checksum is not that of its content")
}

func TestOnlyItsKeyOpensAnEncryptedBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.key")
	to, made, err := backup.KeyFor(path)
	require.NoError(t, err)
	require.True(t, made)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, made, err = backup.KeyFor(path)
	require.NoError(t, err)
	require.False(t, made, "it is there")

	file, _ := write(t, lived(t, "sqlite", newest(t)), to)
	require.NotContains(t, string(file), "Zähler")
	is := placeAt(t, "")
	require.ErrorContains(t, restore(t, file, is, nil), "--key-file")
	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.ErrorContains(t, restore(t, file, is, other), "another key")
	key, err := backup.ReadKey(path)
	require.NoError(t, err)

	public := filepath.Join(dir, "public")
	require.NoError(t, os.WriteFile(public, []byte("# for the machine that makes backups\n"+key.Recipient().String()+"\n"), 0o600))
	half, made, err := backup.KeyFor(public)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, key.Recipient(), half)
	_, err = backup.ReadKey(public)
	require.ErrorContains(t, err, "public half")
	require.NoError(t, os.WriteFile(public, []byte("AGE-SECRET-KEY-1GEHEIM\n"), 0o600))
	_, _, err = backup.KeyFor(public)
	require.ErrorContains(t, err, "no key of age")
	require.NotContains(t, err.Error(), "GEHEIM")

	require.NoError(t, restore(t, file, is, key))
}

// Where somebody lives nothing is restored, and nothing changes.
func TestOnlyAnEmptyHouseIsFilled(t *testing.T) {
	t.Parallel()
	file, _ := write(t, lived(t, "sqlite", newest(t)), nil)
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := lived(t, name, newest(t))
			before := storetest.Rows(t, p.opts.URL, p.opts.Path)
			err := restore(t, file, p, nil)
			require.ErrorContains(t, err, "somebody lives in this house")
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, before, storetest.Rows(t, p.opts.URL, p.opts.Path))

			// One that was opened, and never set up, is as good as none.
			empty := placeAt(t, url(t))
			db, err := store.Open(t.Context(), empty.opts)
			require.NoError(t, err)
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO house (what, value, at) VALUES ('key', 'aa', 1)`)
				return err
			}))
			if url(t) != "" {
				require.ErrorContains(t, restore(t, file, empty, nil), "stop every hilft")
			}
			require.NoError(t, db.Close())
			require.NoError(t, restore(t, file, empty, nil))
			require.Len(t, storetest.Rows(t, empty.opts.URL, empty.opts.Path)["message"], len(before["message"]))
		})
	}
}

// A file that cannot be read takes none of the others with it, and is told of.
func TestDamagedMediaAreLeftOutAndCounted(t *testing.T) {
	t.Parallel()
	p := lived(t, "sqlite", newest(t))
	ref, err := p.blobs.Put(t.Context(), strings.NewReader("Rechnung"), 100)
	require.NoError(t, err)
	hash := ref.Hash
	require.NoError(t, os.WriteFile(filepath.Join(p.media, hash[:2], hash), []byte("faul"), 0o600))
	file, made := write(t, p, nil)
	require.EqualValues(t, 1, made.Media)
	require.EqualValues(t, 1, made.Damaged)
	// So does one that a row names and nobody has.
	require.NoError(t, os.Remove(filepath.Join(p.media, hash[:2], hash)))
	_, made = write(t, p, nil)
	require.Zero(t, made.Damaged, "no row names it")
	db, err := store.Open(t.Context(), p.opts)
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE message SET files = ?`, `[{"name":"foto.jpg","hash":"`+hash+`"}]`)
		return err
	}))
	require.NoError(t, db.Close())
	_, made = write(t, p, nil)
	require.EqualValues(t, 1, made.Damaged)

	is := placeAt(t, "")
	require.NoError(t, restore(t, file, is, nil))
	_, err = is.blobs.Get(t.Context(), hash)
	require.Equal(t, hilft.NotFound, hilft.KindOf(err))
}

// What is written while a backup is under way is not in it, whoever writes does not wait, and what it had is all there.
func TestABackupIsOfOneMoment(t *testing.T) {
	t.Parallel()
	for name := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := lived(t, name, newest(t))
			db, err := store.Open(t.Context(), p.opts)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			add := func(n int) {
				require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data) VALUES (?, 'x', '', '', '', '', '')`, n)
					return err
				}))
			}
			for n := range 10 {
				add(n)
			}
			meanwhile := 0
			var b bytes.Buffer
			_, err = backup.Write(t.Context(), &b, backup.From{DB: db, Progress: func(_, _ int64) {
				add(100 + meanwhile) // a table was copied, others follow: here somebody writes
				meanwhile++
			}})
			require.NoError(t, err)
			require.Greater(t, meanwhile, 5)
			is := placeAt(t, "")
			require.NoError(t, restore(t, b.Bytes(), is, nil))
			require.Len(t, storetest.Rows(t, "", is.opts.Path)["event"], 11)
			require.Len(t, storetest.Rows(t, p.opts.URL, p.opts.Path)["event"], 11+meanwhile)
		})
	}
}

// A backup goes to a slow disk, or through a pipe to another machine: between two tables the database may hear nothing of
// it for a while.
func TestABackupMayBeSlowToWrite(t *testing.T) {
	t.Parallel()
	p := lived(t, "postgres", newest(t))
	db, _, err := store.Attach(t.Context(), p.opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	require.NoError(t, db.Look(t.Context(), func(ctx context.Context, tx *store.Tx) error { // of its one connection, which the backup gets next
		var limit string
		return tx.Row(ctx, `SELECT set_config('idle_in_transaction_session_timeout', '50', false)`, nil, &limit)
	}))
	slow := sync.OnceFunc(func() { time.Sleep(300 * time.Millisecond) })
	var b bytes.Buffer
	_, err = backup.Write(t.Context(), &b, backup.From{DB: db, Progress: func(_, _ int64) { slow() }})
	require.NoError(t, err)
	require.NoError(t, restore(t, b.Bytes(), placeAt(t, ""), nil))
}

func TestTheHouseRemembersItsBackups(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, err := backup.Newest(t.Context(), db)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		whole := backup.Last{Made: backup.Made{BeganAt: store.Time(1), Schema: newest(t), Rows: 5, Media: 2}, EndedAt: store.Time(7), Bytes: 99, Whole: true}
		require.NoError(t, backup.Record(t.Context(), db, whole))
		half := whole
		half.EndedAt, half.Whole = store.Time(8), false
		require.NoError(t, backup.Record(t.Context(), db, half))
		last, err := backup.Newest(t.Context(), db)
		require.NoError(t, err)
		whole.Schema = 0
		require.Equal(t, whole, last, "one without media is no backup of the house")
	})
}

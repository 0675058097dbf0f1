// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"io"
	"net"
	neturl "net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func addPerson(ctx context.Context, tx *store.Tx, id string) error {
	_, err := tx.Exec(ctx, `INSERT INTO person (id, brand_id, name, made_at) VALUES (?, 'b', ?, ?)`, id, "Mira "+id, store.Micros(tx.Now()))
	return err
}

func TestWriteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		told := false
		err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tx.After(func() { told = true })
			if err := addPerson(ctx, tx, "p1"); err != nil {
				return err
			}
			return errors.New("second thoughts")
		})
		require.EqualError(t, err, "second thoughts")
		require.False(t, told, "what runs after a commit ran without one")
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))

		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tx.After(func() { told = true })
			return addPerson(ctx, tx, "p1")
		}))
		require.True(t, told)
		require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
	})
}

func TestManyWritersShareCommitsAndABadOneTakesNoneWithIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const writers = 200
		var wg sync.WaitGroup
		errs := make([]error, writers)
		for i := range writers {
			wg.Go(func() {
				errs[i] = db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if err := addPerson(ctx, tx, hilft.NewID()); err != nil {
						return err
					}
					switch i % 10 {
					case 3:
						return errors.New("bad")
					case 7:
						return addPerson(ctx, tx, "the same for all")
					}
					return nil
				})
			})
		}
		wg.Wait()
		good, twice := 0, 0
		for i, err := range errs {
			switch {
			case err == nil:
				good++
			case i%10 == 7:
				require.True(t, store.IsUnique(err), "%v", err)
				twice++
			default:
				require.Equal(t, 3, i%10, "%v", err)
			}
		}
		require.Equal(t, writers/10-1, twice, "one key, taken once")
		require.Equal(t, good+1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
	})
}

// Whoever outside waits for a commit is not held up by all the other work there is, and does not stop it either.
func TestWhatSomebodyWaitsForIsNotHeldUp(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	const others = 100
	waits := func(what string, ordinary, first int) {
		t.Helper()
		require.Eventually(t, func() bool {
			o, f := db.Waiting()
			return o == ordinary && f == first
		}, 90*time.Second, time.Millisecond, what)
	}
	var wg sync.WaitGroup
	var before, done atomic.Int64
	hold, held := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		_ = db.Write(t.Context(), func(context.Context, *store.Tx) error { close(held); <-hold; return nil })
	})
	<-held
	for range others {
		wg.Go(func() {
			_ = db.Write(t.Context(), func(context.Context, *store.Tx) error { done.Add(1); return nil })
		})
	}
	waits("the others came first", others, 0)
	errs := make(chan error, 1)
	wg.Go(func() {
		errs <- db.WriteFirst(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			before.Store(done.Load())
			return addPerson(ctx, tx, "p1")
		})
	})
	waits("then somebody outside", others, 1)
	close(hold)
	wg.Wait()
	require.NoError(t, <-errs)
	require.Less(t, before.Load(), int64(others/2), "it waited for the others")
	require.EqualValues(t, others, done.Load(), "and they went on")
	require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
}

func TestAPanicEndsItsOwnTransactionOnly(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	err := db.Write(t.Context(), func(context.Context, *store.Tx) error { panic("a customer's words") })
	require.Equal(t, hilft.Internal, hilft.KindOf(err))
	require.ErrorContains(t, err, "panic in a transaction: string")
	require.NotContains(t, err.Error(), "a customer's words")
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, "p") }))
}

func TestReadSeesOneMoment(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			count := func() (n int) {
				require.NoError(t, tx.Row(ctx, `SELECT COUNT(*) FROM person`, nil, &n))
				return n
			}
			require.Zero(t, count())
			require.NoError(t, db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, "p") }))
			require.Zero(t, count(), "a snapshot changed while it was read")
			return nil
		}))
		require.Error(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, "q") }), "a read wrote")
	})
}

func TestAWrongAddressIsOneClearLine(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]store.Options{
		"not a URL":          {URL: "localhost:5432/hilft"},
		"nobody there":       {URL: "postgres://hilft:geheim@127.0.0.1:1/hilft"},
		"folder not there":   {Path: filepath.Join(t.TempDir(), "no", "such", "hilft.db")},
		"password not shown": {URL: "postgres://hilft:ge%20heim@127.0.0.1:1/hilft?sslmode=disable"},
	} {
		_, err := store.Open(t.Context(), o)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "geheim", name)
		require.Contains(t, err.Error(), "database", name)
	}
}

// The data folder may be one that everybody on the machine can look into; what customers wrote is not for them.
func TestNobodyElseOnTheMachineReadsTheDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	o := store.Options{Path: filepath.Join(dir, "hilft.db")}
	private := func() {
		t.Helper()
		found, err := filepath.Glob(o.Path + "*")
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, path := range found {
			i, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), i.Mode().Perm(), path)
		}
	}
	newest, err := store.NewestSchema()
	require.NoError(t, err)
	require.NoError(t, store.Restore(t.Context(), o, newest, func(context.Context, *store.Load) error {
		private() // beside its place
		return nil
	}))
	private()
	require.NoError(t, os.Remove(o.Path))

	open := func() *store.DB {
		t.Helper()
		db, err := store.Open(t.Context(), o)
		require.NoError(t, err)
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, hilft.NewID()) }))
		require.FileExists(t, o.Path+"-wal")
		private()
		return db
	}
	db := open()
	// As an older hilft left them when it was killed.
	for _, name := range []string{o.Path, o.Path + "-wal", o.Path + "-shm"} {
		require.NoError(t, os.Chmod(name, 0o644))
	}
	again := open()
	require.NoError(t, again.Close())
	require.NoError(t, db.Close())
}

// House and database are started together, and the database takes longer.
func TestADatabaseThatIsNotThereYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	at, err := neturl.Parse(url)
	require.NoError(t, err)
	server := at.Host
	at.Host = "127.0.0.1:1" // where nobody is

	_, err = store.Open(t.Context(), store.Options{URL: at.String()})
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err), "who has no patience is told so at once")

	wire, err := net.Listen("tcp", "127.0.0.1:0") // it is called, and nobody answers until it is forwarded
	require.NoError(t, err)
	t.Cleanup(func() { _ = wire.Close() })
	at.Host, at.RawQuery = wire.Addr().String(), at.RawQuery+"&connect_timeout=1"
	var told []error
	db, err := store.Open(t.Context(), store.Options{URL: at.String(), Patience: time.Minute, Waits: func(err error) {
		told = append(told, err)
		forward(t, wire, server)
	}})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Len(t, told, 1)
	require.ErrorContains(t, told[0], at.Host)

	ctx, cancel := context.WithCancel(t.Context())
	at.Host = "127.0.0.1:1"
	_, err = store.Open(ctx, store.Options{URL: at.String(), Patience: time.Hour, Waits: func(error) { cancel() }})
	require.ErrorIs(t, err, context.Canceled, "it is told to stop meanwhile")
}

// forward carries what comes at a listener to a server, both ways.
func forward(t *testing.T, from net.Listener, to string) {
	carry := func(a, b net.Conn) {
		_, _ = io.Copy(a, b)
		_, _ = a.Close(), b.Close()
	}
	go func() {
		for {
			caller, err := from.Accept()
			if err != nil {
				return
			}
			called, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				_ = caller.Close()
				continue
			}
			go carry(caller, called)
			go carry(called, caller)
		}
	}()
}

// What will not be otherwise later is not waited for.
func TestADatabaseThatIsNotOursIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	at, err := neturl.Parse(storetest.PostgresURL(t))
	require.NoError(t, err)
	stranger, nowhere := *at, *at
	stranger.User = neturl.UserPassword("nobody", "geheim")
	nowhere.Path = "/no_such_database"
	for name, url := range map[string]neturl.URL{"a user that it does not know": stranger, "a database that it does not have": nowhere} {
		_, err := store.Open(t.Context(), store.Options{URL: url.String(), Patience: time.Hour, Waits: func(err error) { t.Errorf("%s: waits: %v", name, err) }})
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "geheim")
	}
}

func TestADatabaseOfANewerHilftIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hilft.db")
	db, err := store.Open(t.Context(), store.Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
		return err
	}))
	require.NoError(t, db.Close())
	_, err = store.Open(t.Context(), store.Options{Path: path})
	require.ErrorContains(t, err, "newer version")
	require.NotContains(t, err.Error(), "\n")
}

func TestWriteAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "hilft.db")})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	err = db.Write(t.Context(), func(context.Context, *store.Tx) error { return nil })
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err))
}

func TestWhatIsDeferredIsThereForWhoeverAsksNext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		add := func(ctx context.Context, tx *store.Tx, id string) error {
			return tx.Defer(ctx, `INSERT INTO person (id, brand_id, name, made_at) VALUES (?, 'b', 'Mira', 0)`, id)
		}
		const many = 1500
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			var rows [][]any
			for i := range many {
				if i%2 == 0 {
					rows = append(rows, []any{hilft.NewID(), "b", "Mira", 0})
				} else if err := add(ctx, tx, hilft.NewID()); err != nil {
					return err
				}
			}
			if err := tx.Insert(ctx, `INSERT INTO person (id, brand_id, name, made_at)`, append(rows, rows[0]), `ON CONFLICT DO NOTHING`); err != nil {
				return err
			}
			var n int
			if err := tx.Row(ctx, `SELECT COUNT(*) FROM person`, nil, &n); err != nil {
				return err
			}
			require.Equal(t, many, n)
			changed, err := tx.Exec(ctx, `UPDATE person SET name = 'Tom'`)
			require.Equal(t, int64(many), changed)
			if err != nil {
				return err
			}
			return add(ctx, tx, "last")
		}))
		require.Equal(t, many+1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))

		err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := add(ctx, tx, "another"); err != nil {
				return err
			}
			return add(ctx, tx, "last")
		})
		require.True(t, store.IsUnique(err), "%v", err)
		require.Equal(t, many+1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`), "what failed at the end of a transaction left something behind")
	})
}

func TestManyQuestionsAndAnyNumberOfValues(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, id := range []string{"a", "b", "c\"', d"} {
				if err := addPerson(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			got := map[int][]string{}
			require.NoError(t, tx.Many(ctx, `SELECT id FROM person WHERE id >= ? ORDER BY id`, [][]any{{"b"}, {"x"}, {"a"}}, func(i int, scan func(into ...any) error) error {
				var id string
				err := scan(&id)
				got[i] = append(got[i], id)
				return err
			}))
			require.Equal(t, map[int][]string{0: {"b", "c\"', d"}, 2: {"a", "b", "c\"', d"}}, got)
			require.NoError(t, tx.Many(ctx, `SELECT 1`, nil, nil))
			for _, ids := range [][]string{nil, {"nobody"}, {"a", "a", "c\"', d"}} {
				where, list := store.In(tx, "id", ids)
				var n int
				require.NoError(t, tx.Row(ctx, `SELECT COUNT(*) FROM person WHERE `+where, []any{list}, &n))
				require.Equal(t, min(len(ids)/2*2, 2), n, "%v", ids)
			}
			table, list := store.Values(tx, []string{"nobody", "a"})
			names, err := store.All(ctx, tx, `SELECT COALESCE((SELECT name FROM person WHERE id = k.value), '') FROM `+table+` ORDER BY k.value`, []any{list},
				func(scan func(into ...any) error, name *string) error { return scan(name) })
			require.NoError(t, err)
			require.Equal(t, []string{"Mira a", ""}, names)
			where, list := store.In(tx, "made_at", []int64{store.Micros(tx.Now()), 0})
			var n int
			require.NoError(t, tx.Row(ctx, `SELECT COUNT(*) FROM person WHERE `+where, []any{list}, &n))
			require.Zero(t, n)
			return nil
		}))
	})
}

// A database that goes away in the middle of a question, or may only be read, is no fault of the one who asks: they may
// come again.
func TestADatabaseThatGoesAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.PostgresURL(t), nil)
	ask := func(queries ...string) func(ctx context.Context, tx *store.Tx) error {
		return func(ctx context.Context, tx *store.Tx) error {
			for _, query := range queries {
				if _, err := tx.Exec(ctx, query); err != nil {
					return err
				}
			}
			return nil
		}
	}
	const endUs = `SELECT pg_terminate_backend(pg_backend_pid())`
	err := db.Write(t.Context(), ask(endUs))
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err), "%v", err)
	err = db.Look(t.Context(), ask(endUs))
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err), "%v", err)
	err = db.Write(t.Context(), ask(`SET TRANSACTION READ ONLY`, `DELETE FROM job`))
	require.Equal(t, hilft.Unavailable, hilft.KindOf(err), "%v", err)
	err = db.Write(t.Context(), ask(`SELECT no_such_function()`))
	require.Equal(t, hilft.Internal, hilft.KindOf(err), "that is a fault of ours: %v", err)
	require.NoError(t, db.Write(t.Context(), ask(`DELETE FROM job`)), "and then it is there again")
}

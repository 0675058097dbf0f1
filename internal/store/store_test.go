// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
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
	var wg sync.WaitGroup
	var done atomic.Int64
	hold, held := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		_ = db.Write(t.Context(), func(context.Context, *store.Tx) error { close(held); <-hold; return nil })
	})
	<-held
	for range others {
		wg.Go(func() {
			_ = db.Write(t.Context(), func(context.Context, *store.Tx) error {
				for began := time.Now(); time.Since(began) < time.Millisecond; { // work
				}
				done.Add(1)
				return nil
			})
		})
	}
	var before int64
	wg.Go(func() {
		err := db.WriteFirst(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			before = done.Load()
			return addPerson(ctx, tx, "p")
		})
		if err != nil {
			before = others
		}
	})
	close(hold)
	wg.Wait()
	require.Less(t, before, int64(others/2), "it waited for the others")
	require.EqualValues(t, others, done.Load(), "and they went on")
	require.Equal(t, 1, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
}

func TestAPanicEndsItsOwnTransactionOnly(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	err := db.Write(t.Context(), func(context.Context, *store.Tx) error { panic("out of range") })
	require.Equal(t, hilft.Internal, hilft.KindOf(err))
	require.ErrorContains(t, err, "out of range")
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

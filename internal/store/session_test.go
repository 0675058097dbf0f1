// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// More reads than there are readers end badly, one after another. Those who read next see what is there now, not what was
// there when one of them began.
func TestReadsThatEndBadlyLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		people := func(ctx context.Context, tx *store.Tx) (n int, err error) {
			err = tx.Row(ctx, `SELECT COUNT(*) FROM person`, nil, &n)
			return n, err
		}
		wrong := errors.New("wrong")
		for i := range 40 {
			ctx, cancel := context.WithCancel(t.Context())
			read := func(ctx context.Context, tx *store.Tx) error {
				if n, err := people(ctx, tx); err != nil || n != i {
					return fmt.Errorf("%d people: %w", n, err)
				}
				switch i % 4 {
				case 0:
					cancel()
					_, err := people(ctx, tx)
					return err
				case 1:
					panic("a mistake of ours")
				case 2:
					return tx.Row(ctx, `SELECT nothing FROM nowhere`, nil)
				}
				return wrong
			}
			func() {
				defer func() { _ = recover() }()
				in := db.Read
				if i/4%2 == 1 {
					in = db.Look
				}
				err := in(ctx, read)
				require.Error(t, err)
				require.Equal(t, i%4 == 3, errors.Is(err, wrong), "%v", err)
			}()
			cancel()
			require.NoError(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error { return addPerson(ctx, tx, fmt.Sprint("p", i)) }))
		}
		for range 40 {
			require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				n, err := people(ctx, tx)
				require.Equal(t, 40, n)
				return err
			}))
		}
	})
}

func TestAHouseThatIsClosedSaysSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		require.NoError(t, db.Ping(t.Context()))
		require.NoError(t, db.Close())
		for name, err := range map[string]error{
			"read":  db.Read(t.Context(), func(context.Context, *store.Tx) error { return nil }),
			"look":  db.Look(t.Context(), func(context.Context, *store.Tx) error { return nil }),
			"write": db.Write(t.Context(), func(context.Context, *store.Tx) error { return nil }),
			"ping":  db.Ping(t.Context()),
		} {
			require.Equal(t, hilft.Unavailable, hilft.KindOf(err), "%s: %v", name, err)
		}
		require.NoError(t, db.Close(), "again")
	})
}

// What a transaction gathers is written once, at its end, with all that was done in it; or not at all.
func TestWhatATransactionGathersIsWrittenAtItsEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		type names []string
		gather := func(tx *store.Tx, name string, then error) {
			all := store.Kept(tx, func(all *names) {
				tx.Before(func(ctx context.Context) error {
					for _, n := range *all {
						if err := addPerson(ctx, tx, n); err != nil {
							return err
						}
					}
					return then
				})
			})
			*all = append(*all, name)
		}
		require.NoError(t, db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
			gather(tx, "ada", nil)
			gather(tx, "ben", nil)
			return nil
		}))
		wrong := errors.New("wrong")
		require.ErrorIs(t, db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			gather(tx, "cem", wrong)
			return addPerson(ctx, tx, "dora")
		}), wrong)
		require.ErrorIs(t, db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
			gather(tx, "emil", nil)
			return wrong
		}), wrong)
		require.Equal(t, 2, storetest.Count(t, db, `SELECT COUNT(*) FROM person`))
	})
}

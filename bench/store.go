// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/hilft/hilft/internal/store"
)

// measureStore writes the same row that a webhook becomes, without HTTP, signature and work that follows: once with one
// writer, who waits for every commit, and once with 64 at a time. The difference is what sharing a commit is worth; it
// is not what the house as a whole does.
func measureStore(ctx context.Context, b *bench, database string) ([]result, error) {
	one, err := rows(ctx, b, database, 1)
	if err != nil {
		return nil, err
	}
	many, err := rows(ctx, b, database, inFlight)
	if err != nil {
		return nil, err
	}
	many.What, one.What = "store alone: one row a write, 64 writers", "store alone: one row a write, one writer"
	return []result{one, many}, nil
}

func rows(ctx context.Context, b *bench, database string, writers int) (result, error) {
	var closers []func()
	defer func() {
		for _, f := range closers {
			f()
		}
	}()
	h, err := b.house(ctx, database, &closers)
	if err != nil {
		return result{}, err
	}
	db, err := store.Open(ctx, store.Options{URL: h.Settings["database_url"], Path: filepath.Join(filepath.Dir(h.Data), "bench.db")})
	if err != nil {
		return result{}, err
	}
	defer func() { _ = db.Close() }()
	until := time.Now().Add(b.duration / 8)
	took := make([]latencies, writers)
	errs := make([]error, writers)
	body := word("m", "t", "Hallo")
	var wg sync.WaitGroup
	began := time.Now()
	for w := range writers {
		wg.Go(func() {
			for i := 0; time.Now().Before(until) && errs[w] == nil; i++ {
				at := time.Now()
				errs[w] = db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO inbox (account_id, key, kind, body, blob, received_at, state, error) VALUES (?, ?, 'said', ?, '', ?, 'kept', '')`,
						"bench", fmt.Sprint(w, "-", i), body, store.Micros(tx.Now()))
					return err
				})
				took[w] = append(took[w], time.Since(at))
			}
		})
	}
	wg.Wait()
	wall := time.Since(began).Seconds()
	var all latencies
	for w := range writers {
		if errs[w] != nil {
			return result{}, errs[w]
		}
		all = append(all, took[w]...)
	}
	return result{Database: database, Value: float64(len(all)) / wall, Unit: "/s", P50: all.at(0.5), P99: all.at(0.99), Wall: wall}, nil
}

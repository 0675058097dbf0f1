// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"math/bits"

	"github.com/hilft/hilft/internal/store"
)

// run is a row of messages whose words lie together.
type run struct {
	id        int64
	low, high int64
}

func (r run) many() int { return int(r.high - r.low + 1) }

// size is how large a run is, in eighths of eighths.
func (r run) size() int { return (bits.Len(uint(r.many())) - 1) / 3 }

// lower are the bits of a page's or a gram's number in which a word stands.
const lower = int64(1<<32 - 1)

const (
	runsMost = 8     // of one size; then they become one
	runMost  = 32768 // messages of a run that stays as it is
)

// allRuns are the runs, the newest first.
func allRuns(ctx context.Context, tx *store.Tx) ([]run, error) {
	return store.All(ctx, tx, `SELECT id, low, high FROM search_run ORDER BY low DESC`, nil,
		func(scan func(into ...any) error, r *run) error { return scan(&r.id, &r.low, &r.high) })
}

// ripe are the newest runs that are to become one, the oldest first; none: nothing is to be done.
func ripe(runs []run) []run {
	for size := 0; ; size++ {
		n, many := 0, 0
		for n < len(runs) && many < runMost && runs[n].many() < runMost && runs[n].size() <= size {
			many += runs[n].many()
			n++
		}
		if n >= runsMost || n > 1 && many >= runMost {
			old := make([]run, n)
			for i, r := range runs[:n] {
				old[n-1-i] = r
			}
			return old
		}
		if n == len(runs) || runs[n].many() >= runMost || 1<<(3*size) > runMost {
			return nil
		}
	}
}

// united is a run made of several.
type united struct {
	state state
	old   []run
	run   run
	pages []page
}

// unite makes one run of those that are ripe.
func unite(ctx context.Context, tx *store.Tx, s state, old []run) (u united, err error) {
	u = united{state: s, old: old}
	u.state.runs++
	u.run = run{u.state.runs, old[0].low, old[len(old)-1].high}
	runs, by := make([][]page, len(old)), make([]uint32, len(old))
	for i, r := range old {
		by[i] = uint32(r.low - u.run.low)
		if runs[i], err = pagesOf(ctx, tx, r); err != nil {
			return united{}, err
		}
	}
	u.pages, err = merge(runs, by)
	return u, err
}

func (u united) write(ctx context.Context, tx *store.Tx) error {
	for _, r := range u.old {
		if err := tx.Defer(ctx, `DELETE FROM search_page WHERE id BETWEEN ? AND ?`, r.id<<32, r.id<<32|lower); err != nil {
			return err
		}
		if err := tx.Defer(ctx, `DELETE FROM search_run WHERE id = ?`, r.id); err != nil {
			return err
		}
	}
	if err := addRun(ctx, tx, u.run, u.pages); err != nil {
		return err
	}
	return u.state.save(ctx, tx)
}

func pagesOf(ctx context.Context, tx *store.Tx, r run) ([]page, error) {
	return store.All(ctx, tx, `SELECT id, body FROM search_page WHERE id BETWEEN ? AND ? ORDER BY id`, []any{r.id << 32, r.id<<32 | lower},
		func(scan func(into ...any) error, p *page) error {
			err := scan(&p.first, &p.body)
			p.first &= lower
			return err
		})
}

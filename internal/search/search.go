// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Search is the room. It is safe for concurrent use.
type Search struct {
	db   *store.DB
	jobs *jobs.Jobs
}

// New makes the room. Nothing is found that came after Run ended.
func New(db *store.DB, q *jobs.Jobs) *Search { return &Search{db: db, jobs: q} }

const (
	looksEvery = time.Second
	busyFrom   = 400              // events of a second: then those who wait come first
	waitsMost  = 30 * time.Second // for a quieter moment; whoever searches waits too
)

// Run keeps the index behind the messages until the context ends. It may run on several nodes: one of them works at a time.
func (s *Search) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(looksEvery)
	defer tick.Stop()
	last := int64(math.MaxInt64) // of what came while nobody looked, nobody can tell how fast it came
	waits := time.Now()
	for {
		newest, err := s.jobs.LastEvent(ctx)
		busy := newest > last && newest-last > busyFrom
		if err == nil && (!busy || time.Since(waits) > waitsMost) {
			waits = time.Now()
			err = s.CatchUp(ctx)
		}
		last = newest
		if err != nil && ctx.Err() == nil {
			log.Error("making the index of words; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// CatchUp brings the index up to what has been said by now, unless another node is at it.
func (s *Search) CatchUp(ctx context.Context) error {
	for {
		more, err := s.step(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// Rebuild throws the index away, to be made anew of the messages. Until that is done, less is found.
func (s *Search) Rebuild(ctx context.Context) error {
	newest, err := s.jobs.LastEvent(ctx) // before: what happens from then on is read as it happens
	if err != nil {
		return fmt.Errorf("search: rebuild: %w", err)
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return empty(ctx, tx, newest) })
}

// Forget lets the index be made anew by whichever house comes to it next.
func Forget(ctx context.Context, db *store.DB) error {
	err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM search_state`)
		return err
	})
	if err != nil {
		return fmt.Errorf("search: forget: %w", err)
	}
	return nil
}

// step does the next piece of work, in one transaction, and tells whether there may be more.
func (s *Search) step(ctx context.Context) (more bool, err error) {
	var at state
	err = s.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		at, err = readState(ctx, tx, false)
		return err
	})
	switch {
	case store.IsNoRows(err) || err == nil && at.version != version:
		return true, s.Rebuild(ctx)
	case err != nil:
		return false, fmt.Errorf("search: %w", err)
	}
	var events []jobs.Event
	if !at.walking {
		if events, err = s.jobs.EventsAfter(ctx, at.event, batchMost); err != nil {
			return false, fmt.Errorf("search: %w", err)
		}
	}
	var work interface {
		write(ctx context.Context, tx *store.Tx) error
	}
	err = s.alone(ctx, at, func(ctx context.Context, tx *store.Tx) error {
		runs, err := allRuns(ctx, tx)
		if err != nil {
			return err
		}
		if old := ripe(runs); old != nil {
			work, err = unite(ctx, tx, at, old)
			return err
		}
		if at.walking || len(events) > 0 {
			b, err := next(ctx, tx, at, events)
			work = &b
			return err
		}
		return nil
	}, func(ctx context.Context, tx *store.Tx) (err error) {
		if work != nil {
			more = true
			return work.write(ctx, tx)
		}
		more, err = change(ctx, tx, at)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("search: %w", err)
	}
	return more, nil
}

// alone lets prepare read and write write, unless somebody has changed the index meanwhile. On SQLite others may write while
// prepare thinks: there is one process, and one who does this.
func (s *Search) alone(ctx context.Context, at state, prepare, write func(ctx context.Context, tx *store.Tx) error) error {
	unchanged := func(tx *store.Tx) (bool, error) {
		now, err := readState(ctx, tx, true)
		if store.IsNoRows(err) { // another node is at it
			return false, nil
		}
		return err == nil && now.changes == at.changes, err
	}
	if s.db.Dialect() == store.SQLite {
		if err := s.db.Read(ctx, prepare); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if ok, err := unchanged(tx); err != nil || !ok {
			return err
		}
		if tx.Dialect() == store.Postgres {
			if err := prepare(ctx, tx); err != nil {
				return err
			}
		}
		return write(ctx, tx)
	})
}

// behindMost is up to how many messages it is told exactly how far the index is behind.
const behindMost = 10_000

// Behind tells how many messages of a brand the index does not have yet, at most behindMost. While it is made anew, it tells
// so of the whole house.
func (s *Search) Behind(ctx context.Context, brand hilft.BrandID) (n int, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := readState(ctx, tx, false)
		if err != nil && !store.IsNoRows(err) {
			return err
		}
		if err != nil || at.walking || at.version != version {
			return tx.Row(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT 1 FROM message WHERE id > ? LIMIT %d) AS few`, behindMost), []any{at.walked}, &n)
		}
		return tx.Row(ctx, fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT 1 FROM event WHERE id > ? AND brand_id = ? AND kind IN ('message.heard', 'message.written', 'note.written') LIMIT %d) AS few`, behindMost), []any{at.event, string(brand)}, &n)
	})
	if err != nil {
		return 0, fmt.Errorf("search: behind: %w", err)
	}
	return n, nil
}

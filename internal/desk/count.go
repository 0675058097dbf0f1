// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// A saved view's number is exact, also while cases change as it is counted for the first time. From the moment at which a view is
// there, every transaction that knows of it adds to the tally what it changes; when all that began before are over, all do. Then one
// snapshot is looked at: what the view has in it, less what the tally has of it already, is what was missing. What is added to the
// tally afterwards is not in the snapshot, and what is in the snapshot has been taken off.

// counting is a view to be counted.
type counting struct {
	View  hilft.ViewID  `json:"view"`
	Brand hilft.BrandID `json:"brand"`
}

func (d *Desk) count(ctx context.Context, c *jobs.Claim) error {
	var of counting
	if err := c.Read(&of); err != nil {
		return err
	}
	return d.countView(ctx, of, c.Done)
}

// countView adds to the tally what a view had when it was made, and clears away what the tally has of filters that it had before. To do
// so again changes nothing.
func (d *Desk) countView(ctx context.Context, of counting, done func(ctx context.Context, tx *store.Tx) error) error {
	if err := d.allKnow(ctx); err != nil {
		return fmt.Errorf("desk: count: %w", err)
	}
	var v SavedView
	missing := map[string]int{}
	err := d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		clear(missing)
		all, err := store.All(ctx, tx, viewColumns+`WHERE id = ? AND counted = 0`, []any{string(of.View)}, scanView)
		if err != nil || len(all) == 0 {
			return err
		}
		v = all[0]
		if err := tx.Rows(ctx, `SELECT list, CAST(SUM(n) AS BIGINT) FROM tally WHERE brand_id = ? AND (list = ? OR list LIKE ?) GROUP BY list`,
			[]any{string(v.Brand), v.list, v.list + ":%"}, func(scan func(into ...any) error) error {
				var list string
				var n int
				err := scan(&list, &n)
				missing[list] -= n
				return err
			}); err != nil {
			return err
		}
		return v.Filter.walk(ctx, tx, v.Brand, "", v.Order, nil, func(p passed) bool {
			if list := v.listOf(&p.standing); list != "" {
				missing[list]++
			}
			return true
		})
	})
	if err != nil {
		return fmt.Errorf("desk: count: %w", err)
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE saved_view SET counted = 1 WHERE id = ? AND list = ? AND counted = 0`, string(of.View), v.list)
		if err != nil {
			return err
		}
		if n == 1 {
			adds := map[tallied]int{}
			for list, n := range missing {
				adds[tallied{v.Brand, list}] = n
			}
			if err := addTally(ctx, tx, adds); err != nil {
				return err
			}
			if err := d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventViewsChanged, Brand: v.Brand, Subject: string(v.ID)}); err != nil {
				return err
			}
		}
		// To the lists that it had before nobody adds any more.
		if _, err := tx.Exec(ctx, `DELETE FROM tally WHERE brand_id = ? AND list LIKE ?
			AND NOT EXISTS (SELECT 1 FROM saved_view v WHERE v.id = ? AND (tally.list = v.list OR tally.list LIKE v.list || ':%'))`,
			string(of.Brand), listsOf(of.View)+"%", string(of.View)); err != nil {
			return err
		}
		return done(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("desk: count: %w", err)
	}
	return nil
}

// knowFor is how long it is waited until all who change cases know of a view; then it is tried again later.
const knowFor = 15 * time.Second

// allKnow waits until those transactions are over that may not know yet what was there when it was called. On SQLite nobody else
// writes while somebody does, and whoever begins knows.
func (d *Desk) allKnow(ctx context.Context) error {
	var running []string
	read := func() (now []string, err error) {
		err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
			if tx.Dialect() != store.Postgres {
				return nil
			}
			now, err = store.All(ctx, tx, `SELECT l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
				WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND a.datname = current_database() AND l.pid <> pg_backend_pid()`, nil,
				func(scan func(into ...any) error, id *string) error { return scan(id) })
			return err
		})
		return now, err
	}
	running, err := read()
	for end := time.Now().Add(knowFor); err == nil && len(running) > 0; {
		if time.Now().After(end) {
			return hilft.Fail(hilft.Unavailable, "", fmt.Errorf("%d transactions have not ended", len(running)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		var now []string
		now, err = read()
		running = slices.DeleteFunc(running, func(id string) bool { return !slices.Contains(now, id) })
	}
	return err
}

// Counting stands in place of the number of a saved view that is being counted.
const Counting = -1

// SavedCounts tells how many cases each view that somebody has in a brand holds, or Counting.
func (d *Desk) SavedCounts(ctx context.Context, see access.Sight, brand hilft.BrandID) (map[hilft.ViewID]int, error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	counts := map[hilft.ViewID]int{}
	err := d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT v.id, CASE WHEN v.counted = 0 THEN -1 ELSE CAST(COALESCE((SELECT SUM(t.n) FROM tally t WHERE t.brand_id = v.brand_id
				AND t.list = v.list || CASE WHEN v.mine = 1 THEN ? ELSE '' END), 0) AS BIGINT) END
			FROM saved_view v WHERE v.brand_id = ? AND (v.shared = 1 OR v.owner_id = ?)`,
			[]any{":" + string(see.Agent), string(brand), string(see.Agent)}, func(scan func(into ...any) error) error {
				var id hilft.ViewID
				var n int
				err := scan(&id, &n)
				counts[id] = n
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("desk: counts: %w", err)
	}
	return counts, nil
}

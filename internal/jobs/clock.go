// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"time"

	"github.com/hilft/hilft/internal/store"
)

// A clock that ran ahead and was set back leaves jobs behind that are due in a future that nobody meant: a retry in
// a second became one in a day. When the house's time is before one that it has seen, they are due now. To come early does
// no harm: an attempt too many, or a handler that puts its job off once more.

// setBack is from when on a clock that is behind has been set back, and does not merely differ.
const setBack = time.Second

// mindClock watches for a clock that is set back, and looks at the start whether it was while nobody watched.
func (q *Jobs) mindClock(ctx context.Context) {
	tick := time.NewTicker(idle)
	defer tick.Stop()
	for {
		if err := q.lookAtClock(ctx); err != nil && ctx.Err() == nil {
			q.log.Error("looking whether the clock was set back; it is looked at again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// saw remembers a time by which something was put off, if it is the latest.
func (q *Jobs) saw(now time.Time) {
	for micros := store.Micros(now); ; {
		seen := q.seen.Load()
		if seen >= micros || q.seen.CompareAndSwap(seen, micros) {
			return
		}
	}
}

// lookAtClock holds the house's time against the latest that was seen.
func (q *Jobs) lookAtClock(ctx context.Context) error {
	if !q.looked {
		latest, err := q.latest(ctx)
		if err != nil {
			return err
		}
		q.saw(latest)
		q.looked = true
	}
	seen, now := q.seen.Load(), q.db.Now()
	ahead := store.Time(seen).Sub(now)
	if ahead <= setBack {
		q.saw(now)
		return nil
	}
	if err := q.hasten(ctx, store.Time(seen)); err != nil {
		return err
	}
	q.log.Warn("the clock was set back; what it had put off is due now", "by", ahead.Round(time.Second).String())
	q.seen.CompareAndSwap(seen, store.Micros(now)) // else it has jumped again
	return nil
}

// latest is the latest time that the house wrote down; the present, where it is later.
func (q *Jobs) latest(ctx context.Context) (time.Time, error) {
	var micros int64
	err := q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT MAX(at) FROM (SELECT COALESCE(MAX(made_at), 0) AS at FROM job
			UNION ALL SELECT COALESCE(MAX(at), 0) FROM event WHERE id = (SELECT MAX(id) FROM event)
			UNION ALL SELECT CAST(? AS BIGINT)) AS all_times`, []any{store.Micros(tx.Now())}, &micros)
	})
	if err != nil {
		return time.Time{}, err
	}
	return store.Time(micros), nil
}

// hasten makes due what was put off while the clock ran ahead, until then, and lets no lease run longer than leases do.
func (q *Jobs) hasten(ctx context.Context, then time.Time) error {
	for _, c := range q.crews {
		err := q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			now := tx.Now()
			_, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE kind = ? AND dead_at = 0 AND claim = 0 AND run_at > ? AND run_at <= ?`,
				store.Micros(now), c.kind, store.Micros(now), store.Micros(then.Add(max(c.terms.Most, time.Hour))))
			if err != nil {
				return err
			}
			lease := store.Micros(now.Add(c.terms.Lease))
			_, err = tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE kind = ? AND dead_at = 0 AND claim <> 0 AND run_at > ?`, lease, c.kind, lease)
			return err
		})
		if err != nil {
			return err
		}
		c.wake()
	}
	return nil
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Claim is a job that this worker may do until its lease ends.
type Claim struct {
	Job
	q    *Jobs
	done bool
}

// Done ends the job in the transaction of what the job did. ErrLost: it is somebody else's by now; return it, so that
// the transaction leaves no trace.
func (c *Claim) Done(ctx context.Context, tx *store.Tx) error {
	n, err := tx.Exec(ctx, `DELETE FROM job WHERE id = ? AND attempt = ? AND dead_at = 0`, c.ID, c.Attempt)
	if err != nil {
		return fmt.Errorf("jobs: done: %w", err)
	}
	if n == 0 {
		return ErrLost
	}
	tx.After(func() { c.done = true })
	return release(ctx, tx, c.Lane)
}

// release lets the next job of a lane run now: claimers that met it behind this one have put it off. The row is written
// whatever it says, so that on Postgres a claimer just about to put it off is waited for.
func release(ctx context.Context, tx *store.Tx, lane string) error {
	if lane == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE id = (SELECT MIN(id) FROM job WHERE lane = ? AND lane <> '' AND dead_at = 0) AND attempt = 0`,
		store.Micros(tx.Now()), lane)
	if err != nil {
		return fmt.Errorf("jobs: release: %w", err)
	}
	return nil
}

// Held proves inside a transaction that the job is still this worker's, for errands that write before their end.
func (c *Claim) Held(ctx context.Context, tx *store.Tx) error {
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM job WHERE id = ? AND attempt = ? AND dead_at = 0`+tx.Lock(), []any{c.ID, c.Attempt}, &one)
	if store.IsNoRows(err) {
		return ErrLost
	}
	return err
}

// claim takes up to most due jobs of a kind, oldest first, and returns them by lane: whoever gets a group does it in
// order. A lane is taken only from its very first job on, so two workers never have jobs of one lane.
func (q *Jobs) claim(ctx context.Context, kind string, most int, lease time.Duration) ([][]*Claim, error) {
	var groups [][]*Claim
	err := q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		groups = nil
		now := tx.Now()
		skip := ""
		if tx.Dialect() == store.Postgres {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		due, err := store.All(ctx, tx, `SELECT id, lane, key, args, made_at, attempt FROM job WHERE kind = ? AND dead_at = 0 AND run_at <= ? ORDER BY run_at, id LIMIT ?`+skip,
			[]any{kind, store.Micros(now), most}, func(scan func(into ...any) error, c **Claim) error {
				j := Job{Kind: kind}
				var args string
				var made int64
				err := scan(&j.ID, &j.Lane, &j.Key, &args, &made, &j.Attempt)
				j.Args, j.MadeAt = json.RawMessage(args), store.Time(made)
				j.Attempt++
				*c = &Claim{Job: j, q: q}
				return err
			})
		if err != nil || len(due) == 0 {
			return err
		}
		heads, err := laneHeads(ctx, tx, due)
		if err != nil {
			return err
		}
		var behind []*Claim
		groups, behind = byLane(due, heads)
		if err := putOff(ctx, tx, behind, heads); err != nil {
			return err
		}
		return q.take(ctx, tx, groups, now.Add(lease))
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: claim %s: %w", kind, err)
	}
	return groups, nil
}

// head is the first unfinished job of a lane, and when it is due or its lease ends.
type head struct {
	id    int64
	runAt int64
}

// laneHeads finds the head of every lane among due. It looks at the table anew, so on Postgres it sees jobs that another
// node has locked and is about to claim.
func laneHeads(ctx context.Context, tx *store.Tx, due []*Claim) (map[string]head, error) {
	heads := map[string]head{}
	for _, c := range due {
		if _, seen := heads[c.Lane]; seen || c.Lane == "" {
			continue
		}
		var h head
		if err := tx.Row(ctx, `SELECT id, run_at FROM job WHERE lane = ? AND lane <> '' AND dead_at = 0 ORDER BY id LIMIT 1`, []any{c.Lane}, &h.id, &h.runAt); err != nil {
			return nil, err
		}
		heads[c.Lane] = h
	}
	return heads, nil
}

// byLane groups due jobs by lane, in the order of their ids. Behind are those whose lane's head is not among them:
// somebody is at it, or it waits for its next attempt.
func byLane(due []*Claim, heads map[string]head) (groups [][]*Claim, behind []*Claim) {
	lanes := map[string][]*Claim{}
	var order []string
	for _, c := range due {
		if c.Lane == "" {
			groups = append(groups, []*Claim{c})
			continue
		}
		if lanes[c.Lane] == nil {
			order = append(order, c.Lane)
		}
		lanes[c.Lane] = append(lanes[c.Lane], c)
	}
	for _, lane := range order {
		g := lanes[lane]
		slices.SortFunc(g, func(a, b *Claim) int { return cmp.Compare(a.ID, b.ID) })
		if g[0].ID == heads[lane].id {
			groups = append(groups, g)
		} else {
			behind = append(behind, g...)
		}
	}
	return groups, behind
}

// putOff lets jobs wait as long as their lane's head, so that claims need not step over them again and again. Whoever
// ends the head releases the next.
func putOff(ctx context.Context, tx *store.Tx, behind []*Claim, heads map[string]head) error {
	for _, c := range behind {
		if _, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE id = ?`, heads[c.Lane].runAt, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// take marks what was claimed. The placeholders come in few sizes, so that the statements stay prepared.
func (q *Jobs) take(ctx context.Context, tx *store.Tx, groups [][]*Claim, until time.Time) error {
	var ids []any
	for _, g := range groups {
		for _, c := range g {
			ids = append(ids, c.ID)
		}
	}
	for len(ids) > 0 {
		n := 1
		for _, size := range []int{256, 64, 16, 4} {
			if len(ids) >= size {
				n = size
				break
			}
		}
		args := append([]any{store.Micros(until)}, ids[:n]...)
		if _, err := tx.Exec(ctx, `UPDATE job SET attempt = attempt + 1, run_at = ? WHERE id IN (`+store.Marks(n)+`)`, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// extend keeps a claim for another lease.
func (q *Jobs) extend(ctx context.Context, c *Claim, lease time.Duration) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE id = ? AND attempt = ? AND dead_at = 0`,
			store.Micros(tx.Now().Add(lease)), c.ID, c.Attempt)
		if err == nil && n == 0 {
			return ErrLost
		}
		return err
	})
}

// putBack gives up a claim that was not worked on, or asks for it again at a time that was given to us.
func (q *Jobs) putBack(ctx context.Context, c *Claim, at time.Time) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE job SET attempt = attempt - 1, run_at = ? WHERE id = ? AND attempt = ? AND dead_at = 0`,
			store.Micros(at), c.ID, c.Attempt)
		return err
	})
}

// fail writes down why an attempt failed and when the next one is, or that there is none.
func (q *Jobs) fail(ctx context.Context, c *Claim, cause error, next time.Time) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		dies := int64(0)
		if next.IsZero() {
			dies = store.Micros(tx.Now())
		}
		n, err := tx.Exec(ctx, `UPDATE job SET run_at = ?, dead_at = ?, error = ? WHERE id = ? AND attempt = ? AND dead_at = 0`,
			store.Micros(next), dies, clip(cause.Error(), 2000), c.ID, c.Attempt)
		if err != nil || n == 0 || dies == 0 {
			return err
		}
		if err := release(ctx, tx, c.Lane); err != nil {
			return err
		}
		q.wakeAfter(tx, c.Kind) // its lane goes on without it
		return q.Record(ctx, tx, Event{Kind: hilft.EventJobDead, Subject: fmt.Sprint(c.ID)})
	})
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// Backoff is how long to wait after the n-th failure: doubling from base to most, and anywhere between half of that and
// all of it, so that what failed together does not come back together.
func Backoff(n int, base, most time.Duration) time.Duration {
	d := most
	if n < 30 {
		d = min(most, base<<max(0, n-1))
	}
	return d/2 + rand.N(d/2+1)
}

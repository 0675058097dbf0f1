// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Claim is a job that this worker may do until its lease ends.
type Claim struct {
	Job
	token  int64 // of this claim and no other
	done   bool
	putOff bool
	rest   []*Claim // those of its lane that were claimed behind it and wait for it
}

// Done ends the job in the transaction of what the job did. ErrLost: it is somebody else's by now; return it, so that
// the transaction leaves no trace.
func (c *Claim) Done(ctx context.Context, tx *store.Tx) error { return Done(ctx, tx, c) }

// Done ends jobs that were claimed together in the transaction of what they did. ErrLost: one of them is somebody else's
// by now, so none may count; return it.
func Done(ctx context.Context, tx *store.Tx, claims ...*Claim) error {
	if len(claims) == 0 {
		return nil
	}
	n := 0
	awaited := map[string]bool{}
	where, ids := store.In(tx, "id", idsOf(claims))
	err := tx.Rows(ctx, `DELETE FROM job WHERE claim = ? AND `+where+` RETURNING lane, awaited`, []any{claims[0].token, ids}, func(scan func(into ...any) error) error {
		var lane string
		var one int
		err := scan(&lane, &one)
		if n++; one == 1 {
			awaited[lane] = true
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("jobs: done: %w", err)
	}
	if n != len(claims) {
		return ErrLost
	}
	tx.After(func() {
		for _, c := range claims {
			c.done = true
		}
	})
	for lane := range awaited {
		if err := release(ctx, tx, lane); err != nil {
			return err
		}
	}
	return nil
}

// PutOff gives the job back in the transaction that writes down why, to be done at a time that the world gave us; the
// handler then returns what it likes. It is no failure and uses up no attempt. ErrLost: it is somebody else's by now;
// return it.
func (c *Claim) PutOff(ctx context.Context, tx *store.Tx, until time.Time) error {
	if err := c.Held(ctx, tx); err != nil {
		return err
	}
	tx.After(func() { c.putOff = true })
	return putBack(ctx, tx, until, append([]*Claim{c}, c.rest...))
}

// Hurry lets jobs that were put off be done now, in the transaction that took away what they wait for. Those of their
// lanes that wait behind them follow. Jobs that somebody is at are left alone.
func (q *Jobs) Hurry(ctx context.Context, tx *store.Tx, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	now := store.Micros(tx.Now())
	where, list := store.In(tx, "id", ids)
	kinds, lanes := map[string]bool{}, map[string]bool{}
	err := tx.Rows(ctx, `UPDATE job SET run_at = ? WHERE claim = 0 AND dead_at = 0 AND run_at > ? AND `+where+` RETURNING kind, lane`, []any{now, now, list},
		func(scan func(into ...any) error) error {
			var kind, lane string
			err := scan(&kind, &lane)
			kinds[kind], lanes[lane] = true, true
			return err
		})
	if err != nil {
		return fmt.Errorf("jobs: hurry: %w", err)
	}
	for lane := range lanes {
		if err := release(ctx, tx, lane); err != nil {
			return err
		}
	}
	for kind := range kinds {
		q.wakeAfter(tx, kind)
	}
	return nil
}

func idsOf(claims []*Claim) []int64 {
	ids := make([]int64, len(claims))
	for i, c := range claims {
		ids[i] = c.ID
	}
	return ids
}

// A LIMIT is written into the statement: SQLite plans a statement anew, at every run, whose limit is an argument.

// released is how many jobs of a lane are let go at once: more than are claimed at once. Those that are left over are met
// behind the others, and it is written down anew that somebody waits.
const released = 128

// release lets the next jobs of a lane run now: claimers that met them behind this one have put them off. A claimer that
// is about to do so keeps this one from ending until it has.
func release(ctx context.Context, tx *store.Tx, lane string) error {
	if lane == "" {
		return nil
	}
	now := store.Micros(tx.Now())
	err := tx.Defer(ctx, `UPDATE job SET run_at = ? WHERE claim = 0 AND run_at > ?
		AND id IN (SELECT id FROM job WHERE lane = ? AND lane <> '' AND dead_at = 0 ORDER BY id LIMIT `+strconv.Itoa(released)+`)`, now, now, lane)
	if err != nil {
		return fmt.Errorf("jobs: release: %w", err)
	}
	return nil
}

// Held proves inside a transaction that the job is still this worker's, for errands that write before their end.
func (c *Claim) Held(ctx context.Context, tx *store.Tx) error {
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM job WHERE id = ? AND claim = ?`+tx.Lock(), []any{c.ID, c.token}, &one)
	if store.IsNoRows(err) {
		return ErrLost
	}
	return err
}

// claim takes up to most due jobs of a kind, oldest first, and returns them by lane: whoever gets a group does it in
// order. A lane is taken from its very first job on and without a gap, and only when nobody has a job of it. more tells
// that it met jobs that must wait for others, so that there may be some behind them that need not.
func (q *Jobs) claim(ctx context.Context, kind string, most int, lease time.Duration) (groups [][]*Claim, more bool, err error) {
	err = q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		groups, more = nil, false
		now := tx.Now()
		due, err := dueJobs(ctx, tx, kind, most)
		if err != nil || len(due) == 0 {
			return err
		}
		q.saw(now)
		lanes, order := byLane(due)
		lines, err := lineUp(ctx, tx, lanes)
		if err != nil {
			return err
		}
		var taken []*Claim
		behind := map[string][]*Claim{}
		for _, lane := range order {
			g := lanes[lane]
			if lane == "" {
				taken = append(taken, g...)
				for _, c := range g {
					groups = append(groups, []*Claim{c})
				}
				continue
			}
			g, wait := next(g, lines[lane], store.Micros(now))
			if len(wait) > 0 {
				behind[lane] = wait
			}
			if len(g) > 0 {
				taken = append(taken, g...)
				groups = append(groups, g)
			}
		}
		if more, err = putOff(ctx, tx, behind, lines); err != nil {
			return err
		}
		token := rand.Int64N(1<<62) + 1
		for _, c := range taken {
			c.token = token
			c.Attempt++
		}
		return set(ctx, tx, `attempt = attempt + 1, claim = ?, run_at = ?`, []any{token, store.Micros(now.Add(lease))}, taken)
	})
	if err != nil {
		return nil, false, fmt.Errorf("jobs: claim %s: %w", kind, err)
	}
	return groups, more, nil
}

// putOffLeast is the shortest time that a job behind others is left alone: their head may be due itself, and just be
// somebody else's to claim.
const putOffLeast = 100 * time.Millisecond

// putOff lets jobs wait as long as the one that is in their way, so that claims need not step over them again and again.
// Whoever ends that one lets them go, for it is written down that they wait for it. On Postgres it is kept from ending
// until we are done, and when it is just ending, nobody is put off. It tells whether anybody was.
func putOff(ctx context.Context, tx *store.Tx, behind map[string][]*Claim, lines map[string][]place) (bool, error) {
	heads := map[int64]string{}
	for lane := range behind {
		if line := lines[lane]; len(line) > 0 {
			heads[line[0].id] = lane
		}
	}
	if len(heads) == 0 {
		return false, nil
	}
	ids := slices.Sorted(maps.Keys(heads))
	if tx.Dialect() == store.Postgres {
		where, list := store.In(tx, "id", ids)
		kept, err := store.All(ctx, tx, `SELECT id FROM job WHERE `+where+` FOR UPDATE SKIP LOCKED`, []any{list}, func(scan func(into ...any) error, id *int64) error { return scan(id) })
		if err != nil || len(kept) == 0 {
			return false, err
		}
		ids = kept
	}
	where, list := store.In(tx, "id", ids)
	if err := tx.Defer(ctx, `UPDATE job SET awaited = 1 WHERE awaited = 0 AND `+where, list); err != nil {
		return false, err
	}
	var rows [][]any
	for _, id := range ids {
		lane := heads[id]
		until := max(lines[lane][0].runAt, store.Micros(tx.Now().Add(putOffLeast)))
		for _, c := range behind[lane] {
			rows = append(rows, []any{0, until, c.ID})
		}
	}
	return true, tx.Update(ctx, "job", []string{"claim", "run_at", "id"}, rows)
}

// dueJobs reads jobs that may be claimed, unless their lane says no. On Postgres other nodes leave them alone from now on.
func dueJobs(ctx context.Context, tx *store.Tx, kind string, most int) ([]*Claim, error) {
	skip := ""
	if tx.Dialect() == store.Postgres {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	return store.All(ctx, tx, `SELECT id, lane, key, args, made_at, attempt FROM job WHERE kind = ? AND dead_at = 0 AND run_at <= ? ORDER BY run_at, id LIMIT `+strconv.Itoa(most)+skip,
		[]any{kind, store.Micros(tx.Now())}, func(scan func(into ...any) error, c **Claim) error {
			j := Job{Kind: kind}
			var args string
			var made int64
			err := scan(&j.ID, &j.Lane, &j.Key, &args, &made, &j.Attempt)
			j.Args, j.MadeAt = json.RawMessage(args), store.Time(made)
			*c = &Claim{Job: j}
			return err
		})
}

// byLane groups due jobs by lane, each in the order of its ids. order is that of their oldest.
func byLane(due []*Claim) (lanes map[string][]*Claim, order []string) {
	lanes = map[string][]*Claim{}
	for _, c := range due {
		if lanes[c.Lane] == nil {
			order = append(order, c.Lane)
		}
		lanes[c.Lane] = append(lanes[c.Lane], c)
	}
	for _, g := range lanes {
		slices.SortFunc(g, func(a, b *Claim) int { return cmp.Compare(a.ID, b.ID) })
	}
	return lanes, order
}

// place is where an unfinished job stands in its lane's line.
type place struct {
	id    int64
	runAt int64
	claim int64
}

// lineMost is how many jobs of a lane are looked at before one of them is claimed. The rest stays due.
const lineMost = 64

// lineUp reads the first unfinished jobs of lanes. It looks at the table anew, so on Postgres it sees jobs that another
// node has locked and is about to claim. One that somebody has comes first, wherever it stands: a job that a person
// revived may have a smaller id.
func lineUp(ctx context.Context, tx *store.Tx, lanes map[string][]*Claim) (map[string][]place, error) {
	var names []string
	var args [][]any
	for lane := range lanes {
		if lane != "" {
			names, args = append(names, lane), append(args, []any{lane, store.Micros(tx.Now()), lane})
		}
	}
	lines := map[string][]place{}
	somebodys := map[string]bool{}
	err := tx.Many(ctx, `SELECT id, run_at, claim, 1 FROM (SELECT id, run_at, claim FROM job WHERE lane = ? AND lane <> '' AND claim <> 0 AND run_at > ? LIMIT 1) AS held
		UNION ALL SELECT id, run_at, claim, 0 FROM (SELECT id, run_at, claim FROM job WHERE lane = ? AND lane <> '' AND dead_at = 0 ORDER BY id LIMIT `+strconv.Itoa(lineMost)+`) AS line`, args,
		func(i int, scan func(into ...any) error) error {
			var p place
			var held int
			err := scan(&p.id, &p.runAt, &p.claim, &held)
			if held == 1 {
				lines[names[i]], somebodys[names[i]] = []place{p}, true
			} else if !somebodys[names[i]] {
				lines[names[i]] = append(lines[names[i]], p)
			}
			return err
		})
	return lines, err
}

// next parts due jobs of one lane into those that may be claimed and those that must wait. A head that was claimed before and not finished is claimed alone: when it is what ends its workers, those behind it should not
// have to count attempts for it.
func next(due []*Claim, line []place, now int64) (mine, behind []*Claim) {
	n := 0
	for n < len(due) && n < len(line) && due[n].ID == line[n].id && (line[n].claim == 0 || line[n].runAt <= now) {
		n++
	}
	if n > 1 && due[0].Attempt > 0 {
		n = 1
	}
	if n == 0 {
		return nil, due
	}
	return due[:n], nil // the rest stays due: it is next
}

// set writes columns of jobs.
func set(ctx context.Context, tx *store.Tx, columns string, values []any, of []*Claim) error {
	if len(of) == 0 {
		return nil
	}
	where, ids := store.In(tx, "id", idsOf(of))
	return tx.Defer(ctx, `UPDATE job SET `+columns+` WHERE `+where, append(slices.Clip(values), ids)...)
}

// extend keeps claims that were made together for another lease. ErrLost: one of them is somebody else's by now.
func (q *Jobs) extend(ctx context.Context, lease time.Duration, claims []*Claim) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		q.saw(tx.Now())
		where, ids := store.In(tx, "id", idsOf(claims))
		n, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE claim = ? AND `+where, store.Micros(tx.Now().Add(lease)), claims[0].token, ids)
		if err == nil && n != int64(len(claims)) {
			return ErrLost
		}
		return err
	})
}

// putBack gives up claims that were not worked on, or asks for them again at a time that was given to us.
func (q *Jobs) putBack(ctx context.Context, at time.Time, claims ...*Claim) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return putBack(ctx, tx, at, claims) })
}

func putBack(ctx context.Context, tx *store.Tx, at time.Time, claims []*Claim) error {
	for _, c := range claims {
		if _, err := tx.Exec(ctx, `UPDATE job SET attempt = attempt - 1, claim = 0, run_at = ? WHERE id = ? AND claim = ?`,
			store.Micros(at), c.ID, c.token); err != nil {
			return err
		}
	}
	return nil
}

// fail writes down why an attempt failed and when the next one is, and gives back the rest of its group until then. No
// next time: the job is dead, and its lane goes on without it.
func (q *Jobs) fail(ctx context.Context, c *Claim, cause error, next time.Time, rest ...*Claim) error {
	return q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		dies := int64(0)
		if next.IsZero() {
			dies = store.Micros(tx.Now())
		}
		n, err := tx.Exec(ctx, `UPDATE job SET run_at = ?, claim = 0, dead_at = ?, error = ? WHERE id = ? AND claim = ?`,
			store.Micros(next), dies, clip(cause.Error(), 2000), c.ID, c.token)
		if err != nil {
			return err
		}
		if n == 0 || dies == 0 {
			return putBack(ctx, tx, next, rest)
		}
		if err := release(ctx, tx, c.Lane); err != nil {
			return err
		}
		q.wakeAfter(tx, c.Kind)
		return q.Record(ctx, tx, Event{Kind: hilft.EventJobDead, Subject: fmt.Sprint(c.ID)})
	})
}

// clip bounds a text and takes out what databases refuse.
func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// Backoff is how long to wait after the n-th failure: doubling from base to most, and anywhere between half of that and
// all of it, so that what failed together does not come back together.
func Backoff(n int, base, most time.Duration) time.Duration {
	d := most
	if n < 16 {
		d = min(most, base<<max(0, n-1))
	}
	return d/2 + rand.N(d/2+1)
}

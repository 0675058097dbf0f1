// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Terms are how a kind of job is worked on.
type Terms struct {
	Workers  int           // at a time, on this node; default 4
	Claim    int           // jobs claimed at once; default 64
	Lease    time.Duration // how long a claim holds; default 20 seconds. Errands keep theirs while they run
	Attempts int           // until a job is dead; default 12
	Base     time.Duration // first backoff; default one second
	Most     time.Duration // longest backoff; default 15 minutes
}

func (t Terms) withDefaults() Terms {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if t.Workers == 0 {
		t.Workers = 4
	}
	if t.Claim == 0 {
		t.Claim = 64
	}
	if t.Attempts == 0 {
		t.Attempts = 12
	}
	set(&t.Lease, 20*time.Second)
	set(&t.Base, time.Second)
	set(&t.Most, 15*time.Minute)
	return t
}

// Work is a handler that only touches the database: it runs in the transaction that ends the job.
type Work func(ctx context.Context, tx *store.Tx, j Job) error

// Errand is a handler that talks to the world. It ends its job with Claim.Done in its own transaction; one that returns
// nil without having done so is ended for it.
type Errand func(ctx context.Context, c *Claim) error

// Errands does many jobs at once that were claimed together, by lane, each lane in order. It may leave jobs out, but not
// one that stands before another of its lane that it does. Those that it does not end, because it left them out or
// because it failed, are done one by one.
type Errands func(ctx context.Context, lanes [][]*Claim) error

// crew is the workers of one kind on this node.
type crew struct {
	q      *Jobs
	kind   string
	terms  Terms
	work   Work
	errand Errand
	many   Errands
	bell   chan struct{}
}

func (c *crew) wake() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// HandleWork says how a kind is done. All kinds are named before Run.
func (q *Jobs) HandleWork(kind string, t Terms, w Work) { q.add(&crew{kind: kind, terms: t, work: w}) }

// HandleErrand says how a kind that talks to the world is done.
func (q *Jobs) HandleErrand(kind string, t Terms, e Errand) {
	q.add(&crew{kind: kind, terms: t, errand: e})
}

// HandleErrands says how a kind is done that costs less when many are done at once.
func (q *Jobs) HandleErrands(kind string, t Terms, many Errands, one Errand) {
	q.add(&crew{kind: kind, terms: t, errand: one, many: many})
}

func (q *Jobs) add(c *crew) {
	if q.running || q.crews[c.kind] != nil {
		panic("jobs: " + c.kind + " is named twice, or after Run")
	}
	c.q, c.terms, c.bell = q, c.terms.withDefaults(), make(chan struct{}, 1)
	q.crews[c.kind] = c
}

// Run works until the context ends; then what is under way is finished or, where it takes longer than that, left to
// its lease.
func (q *Jobs) Run(ctx context.Context) {
	q.running = true
	cancel := q.bus.Subscribe(wakeSubject+"*", func(subject string, _ []byte) {
		if c, ok := q.crews[strings.TrimPrefix(subject, wakeSubject)]; ok {
			c.wake()
		}
	})
	defer cancel()
	q.takeOver(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { q.mindClock(ctx) })
	for _, c := range q.crews {
		wg.Go(func() { c.run(ctx) })
	}
	wg.Wait()
}

// takeOver frees at once what a process before us had claimed, where there can only be one process: after a crash the
// work goes on without waiting for leases to end.
func (q *Jobs) takeOver(ctx context.Context) {
	if q.db.Dialect() != store.SQLite {
		return
	}
	if err := q.db.Write(ctx, q.Free); err != nil {
		q.log.Error("taking over work; its leases will end", "err", err)
	}
}

// Free gives up all claims, whoever has them. It is for a house in which nobody is at work yet.
func (q *Jobs) Free(ctx context.Context, tx *store.Tx) error {
	if _, err := tx.Exec(ctx, `UPDATE job SET run_at = ? WHERE claim <> 0 AND dead_at = 0`, store.Micros(tx.Now())); err != nil {
		return fmt.Errorf("jobs: free: %w", err)
	}
	return nil
}

// idle is how long a sleeping crew waits at the most: wake-ups may be lost.
const idle = time.Second

func (c *crew) run(ctx context.Context) {
	free := make(chan struct{}, c.terms.Workers)
	for range c.terms.Workers {
		free <- struct{}{}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.bell:
		case <-timer.C:
		}
		for c.round(ctx, free, &wg) {
		}
		timer.Reset(c.untilNext(ctx))
	}
}

// round claims once and hands out what it got. It tells whether there may be more.
func (c *crew) round(ctx context.Context, free chan struct{}, wg *sync.WaitGroup) bool {
	select {
	case <-free:
	case <-ctx.Done():
		return false
	}
	began := time.Now()
	groups, more, err := c.q.claim(ctx, c.kind, c.terms.Claim, c.terms.Lease)
	if err != nil || len(groups) == 0 {
		free <- struct{}{}
		if err != nil && ctx.Err() == nil {
			c.q.log.Error("claiming work", "job", c.kind, "err", err)
		}
		return more && err == nil
	}
	if c.many != nil {
		wg.Go(func() {
			c.together(ctx, groups, began)
			free <- struct{}{}
			c.wake()
		})
		return true
	}
	for i, g := range groups {
		if i > 0 {
			<-free // what is claimed is worked on or given back, also while stopping
		}
		wg.Go(func() {
			c.group(ctx, g, began)
			free <- struct{}{}
			c.wake() // its lane may have more
		})
	}
	return true
}

// untilNext is how long nothing is due, at most idle.
func (c *crew) untilNext(ctx context.Context) time.Duration {
	var next int64
	err := c.q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT COALESCE(MIN(run_at), 0) FROM job WHERE kind = ? AND dead_at = 0`, []any{c.kind}, &next)
	})
	if err != nil || next == 0 {
		return idle
	}
	return max(5*time.Millisecond, min(idle, store.Time(next).Sub(c.q.db.Now())))
}

// together does jobs of many lanes at once, and one by one those that were not ended so. A lane whose head was claimed
// before and not finished is left out: it may be what ended the one who had it, and the others should not count attempts
// for it.
func (c *crew) together(ctx context.Context, groups [][]*Claim, began time.Time) {
	var fresh [][]*Claim
	var all []*Claim
	for _, g := range groups {
		if g[0].Attempt == 1 {
			fresh, all = append(fresh, g), append(all, g...)
		}
	}
	if len(all) > 1 && ctx.Err() == nil {
		if err := c.doMany(ctx, fresh, all); err != nil && ctx.Err() == nil {
			c.q.log.Warn("jobs could not be done together; each is done by itself", "job", c.kind, "jobs", len(all), "err", err)
		}
	}
	for _, g := range groups {
		if left := slices.IndexFunc(g, func(c *Claim) bool { return !c.done }); left >= 0 {
			c.group(ctx, g[left:], began)
		}
	}
}

func (c *crew) doMany(ctx context.Context, groups [][]*Claim, all []*Claim) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p)
		}
	}()
	kept, stop := c.keep(ctx, all...)
	defer stop()
	return c.many(kept, groups)
}

// group does jobs of one lane in order. When one is not done, those behind it wait for it. began is when they were
// claimed.
func (c *crew) group(ctx context.Context, g []*Claim, began time.Time) {
	for i, claim := range g {
		if ctx.Err() != nil || time.Since(began) > c.terms.Lease/2 {
			// Stopping, or the lease may end before their turn.
			c.note(c.q.putBack(context.WithoutCancel(ctx), c.q.db.Now(), g[i:]...), claim)
			return
		}
		if !c.one(ctx, claim, g[i+1:]) {
			return
		}
	}
}

// one does a job and tells whether its lane may go on. If not, the rest of its group is given back in the same
// transaction that writes down what became of it: whoever looks meanwhile sees a lane that is somebody's, or nobody's.
func (c *crew) one(ctx context.Context, claim *Claim, rest []*Claim) (goOn bool) {
	err := errWorkersDied
	claim.rest = rest
	if claim.Attempt <= c.terms.Attempts {
		err = c.do(ctx, claim)
	}
	wctx, now := context.WithoutCancel(ctx), c.q.db.Now()
	c.q.saw(now)
	switch {
	case claim.putOff:
		return false
	case err == nil || claim.done:
		return true
	case errors.Is(err, ErrLost):
		c.q.log.Warn("a job was taken over", "job", c.kind, "job_id", claim.ID, "attempt", claim.Attempt)
		c.note(c.q.putBack(wctx, now, rest...), claim)
		return false
	}
	all := append([]*Claim{claim}, rest...)
	if l, ok := errors.AsType[*later](err); ok {
		c.note(c.q.putBack(wctx, l.at, all...), claim)
		return false
	}
	_, hopeless := errors.AsType[*dead](err)
	if ctx.Err() != nil && !hopeless { // the house is closing: what comes of that is no failure
		c.note(c.q.putBack(wctx, now, all...), claim)
		return false
	}
	if hopeless || claim.Attempt >= c.terms.Attempts {
		c.q.log.Error("a job is dead", "job", c.kind, "job_id", claim.ID, "attempt", claim.Attempt, "err", err)
		c.note(c.q.fail(wctx, claim, err, time.Time{}), claim)
		return true
	}
	c.q.log.Warn("a job failed; it will be tried again", "job", c.kind, "job_id", claim.ID, "attempt", claim.Attempt, "err", err)
	c.note(c.q.fail(wctx, claim, err, now.Add(Backoff(claim.Attempt, c.terms.Base, c.terms.Most)), rest...), claim)
	return false
}

// errWorkersDied is why a job is dead whose every attempt ended with its worker: nobody was left to say what happened.
var errWorkersDied = errors.New("every worker that had it ended before it did")

func (c *crew) note(err error, claim *Claim) {
	if err != nil {
		c.q.log.Warn("writing down what became of a job; its lease will end", "job", c.kind, "job_id", claim.ID, "err", err)
	}
}

// panicked is a handler's panic as an error. Of what it says only the log of this machine has more.
func (c *crew) panicked(p any) error {
	words := hilft.Panicked(p)
	c.q.log.Error("a job panicked", "job", c.kind, "panic", words, "stack", string(debug.Stack()))
	return errors.New("panic: " + words)
}

func (c *crew) do(ctx context.Context, claim *Claim) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p)
		}
	}()
	if c.work != nil {
		return c.q.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := c.work(ctx, tx, claim.Job); err != nil {
				return err
			}
			return claim.Done(ctx, tx)
		})
	}
	kept, stop := c.keep(ctx, claim)
	defer stop()
	switch err := c.errand(kept, claim); {
	case claim.done, claim.putOff:
		return nil
	case errors.Is(context.Cause(kept), ErrLost):
		return ErrLost
	case err != nil:
		return err
	}
	return c.q.db.Write(kept, claim.Done)
}

// keep extends the lease while an errand runs. When a job is lost, the errand's context ends.
func (c *crew) keep(ctx context.Context, claims ...*Claim) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		tick := time.NewTicker(c.terms.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := c.q.extend(ctx, c.terms.Lease, claims); errors.Is(err, ErrLost) {
					cancel(ErrLost)
				}
			}
		}
	}()
	return ctx, func() { cancel(nil); <-over }
}

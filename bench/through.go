// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	talkers     = 64   // connections, each with conversations of its own
	atATime     = 4    // conversations of one connection between which it changes
	wordsOfCase = 20   // until a conversation is over and another begins
	backlogMost = 2000 // words that wait for their place before more are sent
	readBack    = 1500 // cases read at the end; of more, so many by chance
)

// talk is the load: how much was acknowledged, and whether more may be sent.
type talk struct {
	s     *site
	acked atomic.Int64
	full  atomic.Bool
	last  atomic.Int64 // conversations
}

// measureThrough sends as much as the house can place: what is acknowledged and not placed is kept small. Placed is what
// stands in a case, to be seen by an agent. At the end cases are read, and every conversation must be whole and in order.
func measureThrough(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	idle, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	t := &talk{s: s}
	tctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	errs := make([]error, talkers)
	for i := range talkers {
		wg.Go(func() { errs[i] = t.converse(tctx, s) })
	}
	from := time.Now().Add(warmUp)
	rate, cpu, err := t.watch(ctx, from, from.Add(b.duration))
	stop()
	wg.Wait()
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	if err := t.drained(ctx); err != nil {
		return nil, err
	}
	loaded, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	checked, err := t.check(ctx)
	if err != nil {
		return nil, err
	}
	r := result{
		What: "taken through to a case, sustained", Database: database, Value: rate, Unit: "/s", Wall: b.duration.Seconds(), CPU: cpu.Seconds(),
		Note: fmt.Sprintf("order and number verified in %s cases", number(float64(checked))), Target: "≥ 1,500/s", Met: rate >= 1500,
	}
	return []result{
		r,
		{What: "memory of the idle house", Database: database, Value: float64(idle.RSS) / (1 << 20), Unit: "MiB"},
		{What: "memory after this load", Database: database, Value: float64(loaded.RSS) / (1 << 20), Unit: "MiB"},
	}, nil
}

// converse says the next word of one of a few conversations, waits until it is acknowledged, and so on. Its conversations
// are its own, so their words go out in order.
func (t *talk) converse(ctx context.Context, at *site) error {
	c, err := dial(ctx, at)
	if err != nil {
		return err
	}
	defer c.close()
	var threads [atATime]int64
	var said [atATime]int
	for i := 0; ; i++ {
		k := i % atATime
		if said[k]%wordsOfCase == 0 {
			threads[k], said[k] = t.last.Add(1), 0
		}
		thread := fmt.Sprint("t-", threads[k])
		if err := t.mayTalk(ctx); err != nil {
			return nil // it is over; the conversations stay as they are
		}
		if err := c.post(word(fmt.Sprint(thread, "-", said[k]), thread, fmt.Sprintf("[%d]", said[k]))); err != nil {
			return err
		}
		said[k]++
		t.acked.Add(1)
	}
}

func (t *talk) mayTalk(ctx context.Context) error {
	for t.full.Load() {
		if err := wait(ctx, 2*time.Millisecond); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// waiting is how many acknowledged words have no place yet.
func (t *talk) waiting(ctx context.Context) (int64, error) {
	h, err := t.s.agent.Health(ctx)
	if err != nil {
		return 0, err
	}
	for _, q := range h.Queues {
		if q.Kind == "intake" {
			return int64(q.Waiting + q.Running), nil
		}
	}
	return 0, nil
}

// watch keeps the backlog small and tells how many words a second were placed between two times.
func (t *talk) watch(ctx context.Context, from, until time.Time) (rate float64, cpu time.Duration, err error) {
	placed := func() (int64, time.Duration, error) {
		// Read before the queue is: what is acknowledged in between would be counted as placed.
		acked := t.acked.Load()
		waiting, err := t.waiting(ctx)
		if err != nil {
			return 0, 0, err
		}
		t.full.Store(waiting > backlogMost)
		u, err := t.s.house.Use()
		return acked - waiting, u.CPU, err
	}
	var began, ended time.Time
	var first, last int64
	var cpuFirst, cpuLast time.Duration
	for time.Now().Before(until) {
		if err := wait(ctx, 250*time.Millisecond); err != nil {
			return 0, 0, err
		}
		n, used, err := placed()
		if err != nil {
			return 0, 0, err
		}
		if now := time.Now(); began.IsZero() && now.After(from) {
			began, first, cpuFirst = now, n, used
		} else {
			ended, last, cpuLast = now, n, used
		}
	}
	if began.IsZero() || !ended.After(began) {
		return 0, 0, errors.New("too short to see anything")
	}
	return float64(last-first) / ended.Sub(began).Seconds(), cpuLast - cpuFirst, nil
}

func (t *talk) drained(ctx context.Context) error {
	return t.s.agent.Until(ctx, func(ctx context.Context) error {
		n, err := t.waiting(ctx)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d words wait for their place", n)
		}
		return err
	})
}

// check reads cases as an agent does: each conversation is one case, whole, in the order in which it was said.
func (t *talk) check(ctx context.Context) (cases int, err error) {
	rows, err := t.s.agent.AllCases(ctx)
	if err != nil {
		return 0, err
	}
	// A conversation whose first word was not sent any more, because time was up, is no case.
	if begun := t.last.Load(); int64(len(rows)) > begun || int64(len(rows)) < begun-talkers {
		return 0, fmt.Errorf("%d conversations are %d cases", t.last.Load(), len(rows))
	}
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:min(len(rows), readBack)]
	for _, r := range rows {
		c, err := t.s.agent.Case(ctx, r.ID)
		if err != nil {
			return 0, err
		}
		if err := inOrder(c); err != nil {
			return 0, fmt.Errorf("case %d: %w", c.Number, err)
		}
	}
	return len(rows), nil
}

// inOrder holds a case to having each word once, placed in the order in which they were said: ids ascend as places are
// given.
func inOrder(c apptest.Case) error {
	byID := map[string]int{}
	for _, m := range c.Messages {
		var n int
		if _, err := fmt.Sscanf(m.Body[:strings.IndexByte(m.Body, ']')+1], "[%d]", &n); err != nil {
			return err
		}
		byID[m.ID] = n
	}
	last := ""
	for want := range len(c.Messages) {
		id := ""
		for k, n := range byID {
			if n == want {
				id = k
			}
		}
		if id == "" || id < last {
			return fmt.Errorf("word %d is missing or out of order", want)
		}
		last = id
	}
	return nil
}

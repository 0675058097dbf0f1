// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	atDesks    = 20               // agents signed in, each with a live stream
	looksEvery = 10 * time.Second // how often each looks at the inbox and opens a case
	memoryMost = 120_000_000
)

// measureSteady sends 200 webhooks a second for a long time, while twenty agents have the desk open and look into it. It
// looks at how long acknowledgements take, how much memory the house has, and whether that grows: the median of the last
// tenth of the time against that of the second. In the first the agents sign in, and what that needs is given back.
func measureSteady(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	actx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var agents sync.WaitGroup
	defer agents.Wait()
	defer stop(nil)
	for i := range atDesks {
		a, err := s.house.AddAgent(ctx, s.agent, fmt.Sprint("Agent ", i), fmt.Sprintf("agent%d@nordnetz.example", i))
		if err != nil {
			return nil, err
		}
		agents.Go(func() {
			if err := sit(actx, a); err != nil && actx.Err() == nil {
				stop(err)
			}
		})
	}
	began, until := time.Now(), time.Now().Add(b.steady)
	before, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	var memory []int64
	watched := make(chan error, 1)
	go func() { watched <- s.watchMemory(actx, began, until, &memory) }()
	p := &pace{s: s, every: time.Second / perSecond, word: talks}
	if err := p.send(actx, until); err != nil {
		return nil, err
	}
	if err := errors.Join(<-watched, context.Cause(actx)); err != nil {
		return nil, err
	}
	after, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	wall := time.Since(began)
	memory = memory[len(memory)/10:]
	early, late := middle(memory[:len(memory)/9+1]), middle(memory[len(memory)-len(memory)/9-1:])
	most := slices.Max(memory)
	acks := result{
		What: fmt.Sprintf("acknowledgement at %d/s for %s, %d agents signed in", perSecond, b.steady, atDesks), Database: database, Value: p.took.at(0.99), Unit: "ms (p99)",
		P50: p.took.at(0.5), P99: p.took.at(0.99), Wall: wall.Seconds(), CPU: (after.CPU - before.CPU).Seconds(),
		Note: fmt.Sprintf("%s sent", number(float64(p.acked.Load()))), Target: "p99 ≤ 250 ms",
	}
	acks.Met = acks.P99 <= 250 && p.acked.Load() >= int64(b.steady.Seconds()*perSecond*99/100)
	peak := result{What: "most memory from the second tenth of that time on", Database: database, Value: float64(most) / (1 << 20), Unit: "MiB", Target: "≤ 120 MB", Met: most <= memoryMost}
	growth := result{What: "growth of memory from the second tenth of that time to the last", Database: database, Value: 100 * (float64(late)/float64(early) - 1), Unit: "%", Target: "≤ 10 %"}
	growth.Met = growth.Value <= 10
	return []result{acks, peak, growth}, nil
}

// sit is an agent at the desk: the stream is open, and now and then they look at the inbox and into one of its cases.
func sit(ctx context.Context, a *apptest.Agent) error {
	stream := make(chan error, 1)
	go func() { stream <- a.Watch(ctx, func() {}, func(apptest.Change) bool { return true }) }()
	for {
		rest := time.NewTimer(looksEvery/2 + rand.N(looksEvery))
		select {
		case err := <-stream:
			rest.Stop()
			return err
		case <-rest.C:
		}
		page, err := firstPage(ctx, a)
		if err == nil && len(page) > 0 {
			_, err = a.Case(ctx, page[rand.IntN(len(page))].ID)
		}
		if err != nil {
			return err
		}
	}
}

// firstPage is the inbox as an agent sees it first.
func firstPage(ctx context.Context, a *apptest.Agent) ([]apptest.Row, error) {
	var page struct {
		Cases []apptest.Row `json:"cases"`
	}
	err := a.Do(ctx, http.MethodGet, "/api/inbox?view=open", nil, &page)
	return page.Cases, err
}

// watchMemory notes the house's memory, a thousand times in all.
func (s *site) watchMemory(ctx context.Context, began, until time.Time, into *[]int64) error {
	tick := time.NewTicker(max(until.Sub(began)/1000, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if now.After(until) {
				return nil
			}
		}
		u, err := s.house.Use()
		if err != nil {
			return err
		}
		*into = append(*into, u.RSS)
	}
}

func middle(of []int64) int64 {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// measureBurst sends 2,000 webhooks a second for a while, and looks how long an agent waits for the inbox meanwhile, and
// until everything has its place: no longer than three times the burst.
func measureBurst(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	before, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p := &pace{s: s, every: time.Second / burstRate, word: talks}
	rctx, stop := context.WithCancel(ctx)
	defer stop()
	var inbox latencies
	looked := make(chan error, 1)
	go func() {
		for {
			from := time.Now()
			if _, err := firstPage(rctx, s.agent); err != nil {
				if rctx.Err() != nil {
					err = nil
				}
				looked <- err
				return
			}
			inbox = append(inbox, time.Since(from))
			if wait(rctx, 500*time.Millisecond) != nil {
				looked <- nil
				return
			}
		}
	}()
	if err := p.send(ctx, began.Add(b.burst)); err != nil {
		return nil, err
	}
	sent := time.Since(began)
	dctx, cancel := context.WithTimeout(ctx, 6*b.burst+time.Minute)
	defer cancel()
	t := &talk{s: s}
	if err := t.drained(dctx); err != nil {
		return nil, err
	}
	over := time.Since(began)
	stop()
	if err := <-looked; err != nil {
		return nil, err
	}
	after, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	n := p.acked.Load()
	worked := result{
		What: fmt.Sprintf("%s words in a burst of %s: until all have a place", number(float64(n)), b.burst), Database: database, Value: over.Seconds(), Unit: "s", Wall: over.Seconds(),
		CPU: (after.CPU - before.CPU).Seconds(), Note: fmt.Sprintf("acknowledged at %s/s", number(float64(n)/sent.Seconds())), Target: fmt.Sprintf("≤ %s s", number(3*b.burst.Seconds())), Met: over <= 3*b.burst,
	}
	page := result{What: "the inbox meanwhile", Database: database, Value: inbox.at(0.95), Unit: "ms (p95)", P50: inbox.at(0.5), P99: inbox.at(0.99), Target: "p95 ≤ 1,000 ms"}
	page.Met = page.Value <= 1000
	return []result{worked, page}, nil
}

// burstRate is how many words a second come in a burst.
const burstRate = 2000

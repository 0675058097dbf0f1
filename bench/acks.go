// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	inFlight = 64
	warmUp   = time.Second
)

// measureAcks keeps 64 webhooks in flight and counts what is acknowledged, which is only what is durable. The house
// places what it has taken at the same time, as it always does.
func measureAcks(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	from := time.Now().Add(warmUp)
	until := from.Add(b.duration / 4)
	var wg sync.WaitGroup
	took := make([]latencies, inFlight)
	errs := make([]error, inFlight)
	for i := range inFlight {
		wg.Go(func() { took[i], errs[i] = acknowledge(ctx, s, i, from, until) })
	}
	cpu, err := s.cpuBetween(ctx, from, until)
	wg.Wait()
	if err != nil {
		return nil, err
	}
	var all latencies
	for i := range inFlight {
		if errs[i] != nil {
			return nil, errs[i]
		}
		all = append(all, took[i]...)
	}
	wall := until.Sub(from).Seconds()
	r := result{
		What: "durable acknowledgements, 64 in flight, 1 KiB", Database: database, Value: float64(len(all)) / wall, Unit: "/s",
		P50: all.at(0.5), P99: all.at(0.99), Wall: wall, CPU: cpu.Seconds(),
	}
	least := map[string]float64{"sqlite": 10000, "postgres": 3000}[database]
	r.Target, r.Met = fmt.Sprintf("≥ %s/s, p99 ≤ 50 ms", number(least)), r.Value >= least && r.P99 <= 50
	return []result{r}, nil
}

func acknowledge(ctx context.Context, s *site, n int, from, until time.Time) (took latencies, err error) {
	c, err := dial(ctx, s)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for i := 0; ; i++ {
		body := word(fmt.Sprintf("m-%d-%d", n, i), fmt.Sprintf("t-%d-%d", n, i/8), "Hallo")
		began := time.Now()
		if began.After(until) || ctx.Err() != nil {
			return took, ctx.Err()
		}
		if err := c.post(body); err != nil {
			return nil, err
		}
		if end := time.Now(); began.After(from) && end.Before(until) {
			took = append(took, end.Sub(began))
		}
	}
}

// cpuBetween is what the house's process used between two times.
func (s *site) cpuBetween(ctx context.Context, from, until time.Time) (time.Duration, error) {
	var used [2]time.Duration
	for i, at := range []time.Time{from, until} {
		if err := wait(ctx, time.Until(at)); err != nil {
			return 0, err
		}
		u, err := s.house.Use()
		if err != nil {
			return 0, err
		}
		used[i] = u.CPU
	}
	return used[1] - used[0], nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

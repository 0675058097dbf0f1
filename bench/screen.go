// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hilft/hilft/internal/app/apptest"
)

const (
	perSecond = 200
	readers   = 16 // requests of the browser at a time
)

// measureScreen sends 200 webhooks a second and looks at the screen of an agent: from the moment at which a webhook is
// sent until its words have been read by the agent's browser, which was told by the live stream.
func measureScreen(ctx context.Context, b *bench, database string) ([]result, error) {
	s, err := b.open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer s.close()
	second, err := s.house.AddAgent(ctx, s.agent, "Ole Brandt", "ole@nordnetz.example")
	if err != nil {
		return nil, err
	}
	warm := int(warmUp.Seconds() * perSecond) // connections are opened, statements prepared
	n := warm + int((b.duration/4).Seconds()*perSecond)
	w := &screen{agent: second, sent: make([]time.Time, n), seen: make([]time.Time, n)}
	wctx, cancel := context.WithTimeout(ctx, warmUp+b.duration/4+30*time.Second)
	defer cancel()
	began := make(chan struct{})
	watched := make(chan error, 1)
	go func() { watched <- w.watch(wctx, n, began) }()
	select {
	case <-began:
	case err := <-watched:
		return nil, err
	}
	before, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	from := time.Now()
	if err := w.send(wctx, s, n); err != nil {
		return nil, err
	}
	if err := <-watched; err != nil {
		return nil, err
	}
	after, err := s.house.Use()
	if err != nil {
		return nil, err
	}
	var all latencies
	for i := warm; i < n; i++ {
		all = append(all, w.seen[i].Sub(w.sent[i]))
	}
	r := result{
		What: fmt.Sprintf("webhook to another agent's screen at %d/s", perSecond), Database: database, Value: all.at(0.99), Unit: "ms (p99)",
		P50: all.at(0.5), P99: all.at(0.99), Wall: time.Since(from).Seconds(), CPU: (after.CPU - before.CPU).Seconds(), Target: "p99 ≤ 300 ms",
	}
	r.Met = r.P99 <= 300
	return []result{r}, nil
}

type screen struct {
	agent *apptest.Agent
	mu    sync.Mutex
	sent  []time.Time
	seen  []time.Time
}

// send sends at a steady pace, whatever the house does.
func (w *screen) send(ctx context.Context, s *site, n int) error {
	todo := make(chan int, n)
	var wg sync.WaitGroup
	errs := make([]error, readers)
	for k := range readers {
		c, err := dial(ctx, s)
		if err != nil {
			return err
		}
		wg.Go(func() {
			defer c.close()
			for i := range todo {
				thread := fmt.Sprint("t-", i%100)
				if err := c.post(word(fmt.Sprint("m-", i), thread, fmt.Sprintf("[%d]", i))); err != nil {
					errs[k] = err
					return
				}
			}
		})
	}
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	var err error
	for i := 0; i < n && err == nil; i++ {
		select {
		case <-tick.C:
			w.mu.Lock()
			w.sent[i] = time.Now()
			w.mu.Unlock()
			todo <- i
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	close(todo)
	wg.Wait()
	return errors.Join(append(errs, err)...)
}

// watch is the browser: at every word that is heard it reads the case, and notes when it had the words.
func (w *screen) watch(ctx context.Context, n int, began chan struct{}) error {
	jobs := make(chan apptest.Change, n)
	var wg sync.WaitGroup
	errs := make([]error, readers)
	for k := range readers {
		wg.Go(func() {
			for c := range jobs {
				if err := w.read(ctx, c); err != nil {
					errs[k] = err
				}
			}
		})
	}
	heard := 0
	err := w.agent.Watch(ctx, func() { close(began) }, func(c apptest.Change) bool {
		if c.Kind == "message.heard" {
			heard++
			jobs <- c
		}
		return heard < n
	})
	close(jobs)
	wg.Wait()
	return errors.Join(append(errs, err)...)
}

func (w *screen) read(ctx context.Context, change apptest.Change) error {
	c, err := w.agent.Case(ctx, change.CaseID)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, m := range c.Messages {
		if m.ID != change.Subject {
			continue
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(m.Body, "["), "]")
		i, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		w.mu.Lock()
		w.seen[i] = now
		w.mu.Unlock()
		return nil
	}
	return fmt.Errorf("the message of an event is not in its case")
}

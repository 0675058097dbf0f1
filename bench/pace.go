// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// senders are the connections over which a pace is kept.
const senders = 64

// pace sends words at a steady pace, whatever the house does: those that find all connections busy are late, and their
// wait counts. Each connection has conversations of its own.
type pace struct {
	s     *site
	every time.Duration
	word  func(n int64) []byte
	acked atomic.Int64
	mu    sync.Mutex
	took  latencies
}

// send keeps the pace until a time.
func (p *pace) send(ctx context.Context, until time.Time) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type due struct {
		n  int64
		at time.Time
	}
	var wg sync.WaitGroup
	todo := make([]chan due, senders)
	for i := range todo {
		todo[i] = make(chan due, 1024)
		c, err := dial(ctx, p.s)
		if err != nil {
			return err
		}
		wg.Go(func() {
			defer c.close()
			for d := range todo[i] {
				if ctx.Err() != nil {
					continue
				}
				if err := c.post(p.word(d.n)); err != nil {
					stop(err)
					continue
				}
				p.note(time.Since(d.at))
			}
		})
	}
	// The clock of a busy machine ticks late: whatever became due since the last tick is sent at once.
	next, tick := time.Now(), time.NewTicker(max(p.every, 2*time.Millisecond))
	defer tick.Stop()
	for n := int64(0); next.Before(until) && ctx.Err() == nil; {
		<-tick.C
		for now := time.Now(); next.Before(now) && next.Before(until) && ctx.Err() == nil; next = next.Add(p.every) {
			// The words of a conversation take the same connection, so that they arrive in order.
			select {
			case todo[n%senders] <- due{n, next}:
			case <-ctx.Done():
			}
			n++
		}
	}
	for _, c := range todo {
		close(c)
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (p *pace) note(d time.Duration) {
	p.acked.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, d)
}

// talks is the n-th word of as many conversations at a time as there are connections.
func talks(n int64) []byte {
	thread := fmt.Sprintf("t-%d-%d", n/(senders*wordsOfCase), n%senders)
	k := n / senders % wordsOfCase
	return word(fmt.Sprint(thread, "-", k), thread, fmt.Sprintf("[%d]", k))
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"sync"
	"time"

	"github.com/hilft/hilft"
)

// A network that takes a minute for everything must not keep the others' messages waiting: it has some of the senders of a
// node, never all.
const (
	senders     = 16               // of a node
	sendersEach = 6                // of them for one account
	turnFor     = time.Second      // how long a sender waits for a turn
	waitersEach = 4                // of the senders may wait for a turn with one account
	turnLeast   = time.Second / 10 // what a turn is taken to last at least
	slowAfter   = 5 * time.Second  // who is at one message for so long is slow
	restFor     = 30 * time.Second // how long a message waits at most for others of its account
)

// turns are those of one account's messages that are being sent.
type turns struct {
	slots chan struct{}

	mu    sync.Mutex
	began map[*time.Time]struct{}
	waits int           // senders that wait for a turn
	takes time.Duration // what a turn takes; the last count most
	next  time.Time     // when the next who is sent away comes back
}

func newTurns() *turns {
	return &turns{slots: make(chan struct{}, sendersEach), began: map[*time.Time]struct{}{}}
}

func (s *Switchboard) turnOf(id hilft.AccountID) *turns {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.turns[id]
	if !ok {
		t = newTurns()
		s.turns[id] = t
	}
	return t
}

// take waits a moment for a turn, where turns are short; end must be called when there is one. Otherwise it says how long
// the message is to wait, and the sender is free for others'.
func (t *turns) take(ctx context.Context) (end func(), again time.Duration) {
	select {
	case t.slots <- struct{}{}:
		return t.start(), 0
	default:
	}
	if again := t.sendAway(time.Now()); again > 0 {
		return nil, again
	}
	defer func() {
		t.mu.Lock()
		t.waits--
		t.mu.Unlock()
	}()
	wait := time.NewTimer(turnFor)
	defer wait.Stop()
	select {
	case t.slots <- struct{}{}:
		return t.start(), 0
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil, turnFor
}

func (t *turns) start() (end func()) {
	now := time.Now()
	t.mu.Lock()
	t.began[&now] = struct{}{}
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		delete(t.began, &now)
		t.took(time.Since(now))
		t.mu.Unlock()
		<-t.slots
	}
}

func (t *turns) took(one time.Duration) {
	if t.takes == 0 {
		t.takes = one
	}
	t.takes += (one - t.takes) / 4
}

// sendAway returns after what time a message comes back, and 0 where it may wait for its turn. Those who are sent away come
// back one by one, as fast as turns end: together they would find all turns taken again, and none of them soon after.
func (t *turns) sendAway(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.slow(now) {
		return restFor
	}
	if t.takes < turnFor && t.waits < waitersEach {
		t.waits++
		return 0
	}
	if t.next.Before(now) {
		t.next = now
	}
	t.next = t.next.Add(max(t.takes, turnLeast) / sendersEach)
	if latest := now.Add(restFor); t.next.After(latest) {
		t.next = latest
	}
	return t.next.Sub(now)
}

func (t *turns) slow(now time.Time) bool {
	if len(t.began) < sendersEach { // somebody is just about to begin
		return false
	}
	for at := range t.began {
		if now.Sub(*at) < slowAfter {
			return false
		}
	}
	return true
}

// begin lets one worker of this process be at a message at a time. Who comes while another is just ending waits a moment
// for it. The end must be called when it is ok.
func (s *Switchboard) begin(ctx context.Context, id hilft.MessageID) (end func(), ok bool) {
	wait := time.NewTimer(turnFor)
	defer wait.Stop()
	for {
		s.mu.Lock()
		other, busy := s.atIt[id]
		if !busy {
			over := make(chan struct{})
			s.atIt[id] = over
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.atIt, id)
				s.mu.Unlock()
				close(over)
			}, true
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-wait.C:
			return nil, false
		case <-ctx.Done():
			return nil, false
		}
	}
}

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
	senders     = 16 // of a node
	sendersEach = 6  // of them for one account
	turnFor     = time.Second
	slowAfter   = 5 * time.Second // who is at one message for so long is slow
)

// turns are those of one account's messages that are being sent.
type turns struct {
	slots chan struct{}

	mu    sync.Mutex
	began map[*time.Time]struct{}
}

func (s *Switchboard) turnOf(id hilft.AccountID) *turns {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.turns[id]
	if !ok {
		t = &turns{slots: make(chan struct{}, sendersEach), began: map[*time.Time]struct{}{}}
		s.turns[id] = t
	}
	return t
}

// take waits a moment for a turn; where all are slow it does not even do that. The end must be called when there is one.
func (t *turns) take(ctx context.Context) (end func(), ok bool) {
	select {
	case t.slots <- struct{}{}:
		return t.start(), true
	default:
	}
	if t.slow() {
		return nil, false
	}
	wait := time.NewTimer(turnFor)
	defer wait.Stop()
	select {
	case t.slots <- struct{}{}:
		return t.start(), true
	case <-wait.C:
	case <-ctx.Done():
	}
	return nil, false
}

func (t *turns) start() (end func()) {
	now := time.Now()
	t.mu.Lock()
	t.began[&now] = struct{}{}
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		delete(t.began, &now)
		t.mu.Unlock()
		<-t.slots
	}
}

func (t *turns) slow() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at := range t.began {
		if time.Since(*at) < slowAfter {
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

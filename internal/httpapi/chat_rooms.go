// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/switchboard"
)

const (
	chatSweepEvery = time.Second
	chatSweepMost  = 250 // mailboxes looked into at a sweep, so that the net under the wake-ups stays cheap
)

// chatRoom is an account with sockets open on this node.
type chatRoom struct {
	visitors map[string]*chatVisitor
	cancel   func() // ends the subscriptions
}

// chatVisitor is one visitor with sockets open on this node.
type chatVisitor struct {
	sockets map[*chatSocket]struct{}
}

func (v *chatVisitor) wake() {
	for s := range v.sockets {
		s.wake()
	}
}

// enter takes a socket in. False: the visitor or their address has too many, or the house closes. Leave must be called once for a socket
// that was taken in.
func (c *Chat) enter(s *chatSocket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life.Err() != nil || c.from[s.place] >= c.Limits.PlaceSockets {
		return false
	}
	room, ok := c.rooms[s.account]
	if !ok {
		room = &chatRoom{visitors: map[string]*chatVisitor{}}
		c.rooms[s.account] = room
		letters := c.Bus.Subscribe(switchboard.MailboxSubject(s.account), func(_ string, thread []byte) { c.wake(s.account, string(thread)) })
		typing := c.Bus.Subscribe(answeringSubject(s.account), func(_ string, thread []byte) { c.answering(s.account, string(thread)) })
		room.cancel = func() { letters(); typing() }
	}
	v, ok := room.visitors[s.visitor]
	if !ok {
		v = &chatVisitor{sockets: map[*chatSocket]struct{}{}}
		room.visitors[s.visitor] = v
		c.turn = append(c.turn, v)
	}
	if len(v.sockets) >= c.Limits.Sockets {
		return false
	}
	v.sockets[s] = struct{}{}
	c.from[s.place]++
	return true
}

func (c *Chat) leave(s *chatSocket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.from[s.place]--; c.from[s.place] == 0 {
		delete(c.from, s.place)
	}
	room := c.rooms[s.account]
	v := room.visitors[s.visitor]
	if delete(v.sockets, s); len(v.sockets) > 0 {
		return
	}
	if delete(room.visitors, s.visitor); len(room.visitors) > 0 {
		return
	}
	room.cancel()
	delete(c.rooms, s.account)
}

// wake tells a visitor's sockets that their mailbox may have something.
func (c *Chat) wake(id hilft.AccountID, visitor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room, ok := c.rooms[id]; ok {
		if v, ok := room.visitors[visitor]; ok {
			v.wake()
		}
	}
}

// sweep looks into mailboxes without being told, for a wake-up may be lost: every second, a bounded number, in turn.
func (c *Chat) sweep() {
	tick := time.NewTicker(chatSweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.sweepOnce()
		case <-c.life.Done():
			return
		}
	}
}

func (c *Chat) sweepOnce() {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.turn), chatSweepMost)
	now := c.turn[:n:n]
	c.turn = c.turn[n:]
	for _, v := range now {
		if len(v.sockets) > 0 { // who has left is not looked after again
			v.wake()
			c.turn = append(c.turn, v)
		}
	}
}

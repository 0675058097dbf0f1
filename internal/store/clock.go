// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"sync"
	"time"
)

// clock tells the time by the database's clock, so that nodes whose own clocks differ agree on when a lease ends, what
// is due, and what was said first. It is read without asking the database: from what that said last, and how long ago
// this node heard it.
type clock struct {
	wall func() time.Time // this node's own, of which only what passes counts

	mu    sync.RWMutex
	said  time.Time // what the database's clock showed
	heard time.Time // and when, by this node's own
	asked time.Time // when it was last compared
}

// clockFresh is how long the clock is not compared again with the database's.
const clockFresh = time.Second

func (c *clock) now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.heard.IsZero() {
		return c.wall() // before the first word with the database
	}
	return c.at(c.wall())
}

func (c *clock) at(wall time.Time) time.Time { return c.said.Add(wall.Sub(c.heard)) }

// stale tells that it is time to compare.
func (c *clock) stale() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.heard.IsZero() || c.wall().Sub(c.asked) >= clockFresh
}

// compare sets the clock right by what the database's showed at some moment between two of this node's.
func (c *clock) compare(before, after, said time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := said
	if !c.heard.IsZero() {
		now = within(c.at(after), said, said.Add(after.Sub(before)))
	}
	c.said, c.heard, c.asked = now, after, after
}

// within is a time, or the nearest between two others: what is known to be so corrects what was thought, and no more,
// so that a slow answer does not make a good clock worse.
func within(t, earliest, latest time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}

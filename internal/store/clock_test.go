// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClockIsSetRightByWhatIsKnownAndNoMore(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)
	wall := noon.Add(5 * time.Minute) // this node is ahead
	c := &clock{wall: func() time.Time { return wall }}
	require.True(t, c.stale())
	c.compare(wall, wall.Add(20*time.Millisecond), noon)
	wall = wall.Add(20 * time.Millisecond)
	require.Equal(t, noon, c.now())
	require.False(t, c.stale())

	wall = wall.Add(10 * time.Second)
	require.Equal(t, noon.Add(10*time.Second), c.now())
	require.True(t, c.stale())

	// The database's word took two seconds to arrive: our clock may be right, so it stays as it is.
	said := c.now().Add(time.Second)
	before := wall
	wall = wall.Add(2 * time.Second)
	thought := c.now()
	c.compare(before, wall, said)
	require.Equal(t, thought, c.now())

	// This node slept without noticing, or its database is another one by now: the word is later than ours can be.
	said = c.now().Add(time.Hour)
	c.compare(wall, wall, said)
	require.Equal(t, said, c.now())
	said = c.now().Add(-time.Hour)
	before = wall
	wall = wall.Add(time.Second)
	c.compare(before, wall, said)
	require.Equal(t, said.Add(time.Second), c.now(), "no earlier than it must be")
}

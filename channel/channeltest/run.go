// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Patience of the suite: what must happen on loopback happens within soon, and what must not hang is given up after
// brief by the one who asks.
const (
	soon  = 10 * time.Second
	brief = 300 * time.Millisecond
)

// Run holds a connector to the contract. Open is called once for every subtest and returns a network at which nothing
// has been said yet. The subtests run in parallel.
func Run(t *testing.T, open func(t testing.TB) Network) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"describe", describeTests},
		{"check", checkTests},
		{"receive", receiveTests},
		{"hook", hookTests},
		{"poll", pollTests},
		{"stream", streamTests},
		{"translate", translateTests},
		{"send", sendTests},
		{"read back", readBackTests},
		{"look", lookTests},
		{"line", lineTests},
		{"lies", lieTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					test.run(t, setup(t, open))
				})
			}
		})
	}
}

// test is one sentence of the contract.
type test struct {
	name string
	run  func(t *testing.T, b *bench)
}

// bench is what a subtest works at: a network of its own, and the connector that meets it.
type bench struct {
	Network
	con  channel.Connector
	desc channel.Description
	acc  channel.Account
	env  channel.Env
	said int
}

func setup(t *testing.T, open func(t testing.TB) Network) *bench {
	t.Helper()
	n := open(t)
	b := &bench{Network: n, con: n.Connector(), env: n.Env(t), acc: n.Account(t)}
	b.desc = b.con.Describe()
	require.NotEmpty(t, b.acc.ID, "the stand-in's Account has no ID")
	require.NotEmpty(t, b.acc.Key, "the stand-in's Account has no Key")
	require.False(t, b.acc.Since.IsZero(), "the stand-in's Account has no Since")
	return b
}

// connect tells the account who it is, as the house does when an administrator connects it.
func (b *bench) connect(t testing.TB) {
	t.Helper()
	if b.acc.Self != (channel.Self{}) {
		return
	}
	self, err := b.con.Check(within(t, soon), b.acc, b.env)
	require.NoError(t, err, "Check fails with the stand-in's own account")
	b.acc.Self = self
}

// open opens a line that is closed when the test ends. The context of Open has ended when it returns.
func (b *bench) open(t testing.TB) channel.Line {
	t.Helper()
	b.connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	line, err := b.con.Open(ctx, b.acc, b.env)
	cancel()
	require.NoError(t, err, "Open fails with the stand-in's own account")
	t.Cleanup(func() { _ = line.Close() })
	return line
}

// poller opens a line that can be polled, or skips the test.
func (b *bench) poller(t testing.TB) channel.Poller {
	t.Helper()
	if b.desc.Can.Poll == channel.No {
		t.Skip("this network cannot be polled")
	}
	p, ok := b.open(t).(channel.Poller)
	require.True(t, ok, "Can.Poll is set, but the line is no Poller")
	return p
}

// fault makes the network fail, or skips the test where it cannot fail so.
func (b *bench) fault(t testing.TB, f Fault) {
	t.Helper()
	if !b.Fault(t, f) {
		t.Skipf("this network cannot fail so: %s", f)
	}
}

// speech makes up what a customer says in a room. No two are alike.
func (b *bench) speech(from string, in hilft.Visibility) Speech {
	b.said++
	s := Speech{From: from, Visibility: in, Text: fmt.Sprintf("Seit gestern geht hier gar nichts, könnt ihr helfen? Störung Nr. %d", b.said)}
	if b.desc.Limits.Subject {
		s.Subject = fmt.Sprintf("Störung %d", b.said)
	}
	return s
}

// room is the first way to talk on this network.
func (b *bench) room() hilft.Visibility { return b.desc.Rooms[0].Visibility }

// within returns a context of the test that ends after d.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// broken says which sentence of the contract is broken, and by what.
func broken(t testing.TB, sentence, format string, args ...any) {
	t.Helper()
	t.Errorf("the contract says: %s\nbut %s", sentence, fmt.Sprintf(format, args...))
}

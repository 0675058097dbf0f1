// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

const notThere = "ErrNotThere promises that it has not arrived and will not any more; every other error leaves the outcome unknown"

var readBackTests = []test{
	{"finds what went out", readBackFinds},
	{"says what did not go out", readBackMissing},
	{"the same words before", readBackTwins},
	{"network down", readBackDown},
	{"garbage", readBackGarbage},
	{"gives up with its caller", readBackCancelled},
}

// unsure sends a message while the network fails, and returns the line to read it back from.
func (b *bench) unsure(t testing.TB, f Fault) (channel.ReadBacker, channel.Outgoing) {
	t.Helper()
	if b.desc.Can.ReadBack == channel.No {
		t.Skip("this network cannot be read back")
	}
	line, item := b.asked(t, b.room())
	out := b.answer(item, "key-unsure", "Ein Techniker kommt morgen.")
	b.lose(t, line, out, f)
	return reader(t, line), out
}

func (b *bench) lose(t testing.TB, line channel.Line, out channel.Outgoing, f Fault) {
	t.Helper()
	b.fault(t, f)
	_, err := line.Send(within(t, soon), out)
	b.means(t, "Send", err, Open)
	b.Fault(t, NoFault)
}

func reader(t testing.TB, line channel.Line) channel.ReadBacker {
	t.Helper()
	r, ok := line.(channel.ReadBacker)
	require.True(t, ok, "Can.ReadBack is set, but the line is no ReadBacker")
	return r
}

func readBackFinds(t *testing.T, b *bench) {
	r, out := b.unsure(t, LostAnswer)
	receipt, err := r.ReadBack(within(t, soon), out)
	arrived := b.Arrived(t)
	require.Len(t, arrived, 1, "the stand-in keeps what is sent with this fault")
	if err != nil || receipt.ID != arrived[0].ID {
		broken(t, "ReadBack looks for a message that Send was called for", "the network holds %q, and it says %q, %v", arrived[0].ID, receipt.ID, err)
	}
}

func readBackMissing(t *testing.T, b *bench) {
	r, out := b.unsure(t, LostRequest)
	b.missing(t, r, out)
}

// missing holds ReadBack to an honest answer about what never arrived.
func (b *bench) missing(t testing.TB, r channel.ReadBacker, out channel.Outgoing) {
	t.Helper()
	receipt, err := r.ReadBack(within(t, soon), out)
	switch {
	case err == nil:
		broken(t, notThere, "it never arrived, and it is read back as %q", receipt.ID)
	case b.desc.Can.ReadBack == channel.Full && !errors.Is(err, channel.ErrNotThere):
		broken(t, notThere, "it never arrived, Can.ReadBack is full, and it says %v", err)
	}
}

func readBackTwins(t *testing.T, b *bench) {
	if b.desc.Can.ReadBack == channel.No {
		t.Skip("this network cannot be read back")
	}
	line, item := b.asked(t, b.room())
	receipt, err := line.Send(within(t, soon), b.answer(item, "key-before", "Gern geschehen!"))
	require.NoError(t, err, "Send fails though the network is well")
	out := b.answer(item, "key-unsure", "Gern geschehen!")
	out.Refs = append(out.Refs, receipt.ID)
	b.lose(t, line, out, LostRequest)
	b.missing(t, reader(t, line), out)
}

func readBackDown(t *testing.T, b *bench) { b.readBackFails(t, Down) }

func readBackGarbage(t *testing.T, b *bench) { b.readBackFails(t, Garbage) }

// readBackFails holds ReadBack to know nothing while the network fails.
func (b *bench) readBackFails(t *testing.T, f Fault) {
	t.Helper()
	r, out := b.unsure(t, LostAnswer)
	b.fault(t, f)
	if receipt, err := r.ReadBack(within(t, soon), out); err == nil || errors.Is(err, channel.ErrNotThere) {
		broken(t, notThere, "the network fails (%s), and it says %q, %v", f, receipt.ID, err)
	}
}

func readBackCancelled(t *testing.T, b *bench) {
	r, out := b.unsure(t, LostAnswer)
	b.fault(t, Slow)
	quick(t, "ReadBack", func() {
		if receipt, err := r.ReadBack(within(t, brief), out); err == nil || errors.Is(err, channel.ErrNotThere) {
			broken(t, notThere, "the network did not answer, and it says %q, %v", receipt.ID, err)
		}
	})
}

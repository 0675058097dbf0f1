// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

const (
	lookTells  = "Look tells of messages that stand otherwise at the network: edited since, gone, or further spread"
	surelyGone = "gone is only what the network surely has no more"
)

var lookTests = []test{
	{"what was edited unheard", lookEdited},
	{"what is gone unheard", lookGone},
	{"what stands", lookStands},
	{"how far it has come", lookReach},
	{"network down", lookDown},
	{"garbage", lookGarbage},
	{"rate limited", lookRateLimited},
	{"sign-in expired", lookSignIn},
	{"gives up with its caller", lookCancelled},
}

// seen is a line at which two customers have spoken and one was answered, and what the house has of that.
func (b *bench) seen(t testing.TB) (look channel.Looker, have []channel.Standing) {
	t.Helper()
	if b.desc.Can.Look == channel.No {
		t.Skip("this network cannot be asked how messages stand")
	}
	line := b.open(t)
	ears := b.anEar(t, line)
	mira := b.listen(t, ears, b.speech("mira", b.room()))
	jon := b.listen(t, ears, b.speech("jon", b.room()))
	ours := b.lineReply(t, line, mira)
	look, ok := line.(channel.Looker)
	require.True(t, ok, "Can.Look is set, but the line is no Looker")
	return look, []channel.Standing{{ID: mira.ID}, {ID: jon.ID}, {ID: ours.ID}}
}

// looked is what a look tells, by message.
func (b *bench) looked(t testing.TB, look channel.Looker, have []channel.Standing) map[string][]channel.Item {
	t.Helper()
	raws, err := look.Look(within(t, soon), have)
	require.NoError(t, err, "Look fails though the network is well")
	all := map[string][]channel.Item{}
	for _, raw := range raws {
		wholeRaw(t, raw)
		for _, item := range b.translate(t, raw) {
			if whole := wholeItem(item); whole != "" {
				broken(t, "an Item is one thing that a network reports", "a look tells %+v: %s", item, whole)
			}
			all[item.ID] = append(all[item.ID], item)
		}
	}
	return all
}

func of(items []channel.Item, kind channel.ItemKind) (found *channel.Item) {
	for i := range items {
		if items[i].Kind == kind {
			found = &items[i]
		}
	}
	return found
}

func lookEdited(t *testing.T, b *bench) {
	look, have := b.seen(t)
	if b.desc.Can.Edits == channel.No {
		t.Skip("nothing is edited here")
	}
	b.Edit(t, have[0].ID, "Nachtrag: im ganzen Haus")
	now := b.looked(t, look, have)
	edit := of(now[have[0].ID], channel.Edited)
	if edit == nil || edit.Text != "Nachtrag: im ganzen Haus" {
		broken(t, lookTells, "a message was edited, and what is told of it is %+v", now[have[0].ID])
		return
	}
	have[0].Edited = edit.At
	if again := b.looked(t, look, have)[have[0].ID]; len(again) > 0 {
		broken(t, lookTells, "the house has the edit, and is told %+v", again)
	}
}

func lookGone(t *testing.T, b *bench) {
	look, have := b.seen(t)
	if b.desc.Can.Deletions == channel.No {
		t.Skip("nothing is deleted here")
	}
	b.Delete(t, have[0].ID)
	now := b.looked(t, look, have)
	if of(now[have[0].ID], channel.Deleted) == nil {
		broken(t, lookTells, "a message was deleted, and what is told of it is %+v", now[have[0].ID])
	}
	for _, other := range have[1:] {
		if of(now[other.ID], channel.Deleted) != nil {
			broken(t, surelyGone, "%s is still there, and called gone", other.ID)
		}
	}
}

func lookStands(t *testing.T, b *bench) {
	look, have := b.seen(t)
	for id, items := range b.looked(t, look, have) {
		broken(t, lookTells, "%s stands as it was heard, and what is told of it is %+v", id, items)
	}
	raws, err := look.Look(within(t, soon), nil)
	require.NoError(t, err, "Look fails when it is asked about nothing")
	require.Empty(t, raws, "it was asked about nothing")
}

func lookReach(t *testing.T, b *bench) {
	spreading, ok := b.Network.(Spreading)
	if !ok {
		t.Skip("this network does not count")
	}
	look, have := b.seen(t)
	for _, want := range []channel.Reach{{Shared: 3, Liked: 12}, {Shared: 3, Liked: 11}, {}} {
		spreading.Spread(t, have[0].ID, want.Shared, want.Liked)
		got := of(b.looked(t, look, have)[have[0].ID], channel.Reached)
		if got == nil || got.Reach == nil || *got.Reach != want {
			broken(t, lookTells, "it has come as far as %+v, and what is told is %+v", want, got)
		}
		have[0].Reach = want
	}
}

func lookDown(t *testing.T, b *bench)        { b.lookFails(t, Down, Temporary) }
func lookGarbage(t *testing.T, b *bench)     { b.lookFails(t, Garbage, Temporary) }
func lookRateLimited(t *testing.T, b *bench) { b.lookFails(t, RateLimited, Limited) }
func lookSignIn(t *testing.T, b *bench)      { b.lookFails(t, SignInExpired, SignIn) }

// lookFails holds Look to tell nothing while the network fails.
func (b *bench) lookFails(t *testing.T, f Fault, want Meaning) {
	t.Helper()
	look, have := b.seen(t)
	b.fault(t, f)
	raws, err := look.Look(within(t, soon), have)
	b.means(t, "Look", err, want)
	if len(raws) > 0 {
		broken(t, surelyGone, "the network fails (%s), and %d deliveries are told", f, len(raws))
	}
}

func lookCancelled(t *testing.T, b *bench) {
	look, have := b.seen(t)
	b.fault(t, Slow)
	quick(t, "Look", func() {
		if raws, err := look.Look(within(t, brief), have); err == nil || len(raws) > 0 {
			broken(t, surelyGone, "the network did not answer, and it says %d things, %v", len(raws), err)
		}
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

var receiveTests = []test{
	{"what was said", receiveSaid},
	{"warnings", receiveWarnings},
	{"authors are told apart", receiveAuthors},
	{"an answer joins its conversation", receiveReplies},
	{"same key by every way", receiveKeys},
	{"edits", receiveEdits},
	{"deletions", receiveDeletions},
	{"any order ends the same", receiveAnyOrder},
	{"our own word is ours", receiveOurs},
}

func receiveSaid(t *testing.T, b *bench) {
	line := b.open(t)
	for _, e := range b.ears(t, line) {
		for _, room := range b.desc.Rooms {
			s := b.speech("mira", room.Visibility)
			item := b.listen(t, []ear{e}, s)
			if whole := wholeItem(item); whole != "" {
				broken(t, "an Item is one thing that a network reports", "by %s, in the %s room, %s: %+v", e.name, room.Visibility, whole, item)
			}
			if !strings.Contains(item.Text, s.Text) {
				broken(t, "Item.Text is plain text, without what it quotes", "by %s: got %q, want %q in it", e.name, item.Text, s.Text)
			}
			if item.Visibility != room.Visibility {
				broken(t, "Item.Visibility tells who can read it", "by %s: got %q, want %q", e.name, item.Visibility, room.Visibility)
			}
			if item.From.Us || item.Overheard || item.Auto {
				broken(t, "a customer spoke to us", "by %s: Us %t, Overheard %t, Auto %t", e.name, item.From.Us, item.Overheard, item.Auto)
			}
			if item.At.Before(b.acc.Since) {
				broken(t, "Item.At is when it happened, by the network's clock", "by %s: got %s, and it was said after %s", e.name, item.At, b.acc.Since)
			}
			if b.desc.Limits.Subject && !strings.Contains(item.Subject, s.Subject) {
				broken(t, "Limits.Subject: messages have a subject", "by %s: got %q, want %q", e.name, item.Subject, s.Subject)
			}
		}
	}
}

func receiveWarnings(t *testing.T, b *bench) {
	if !b.desc.Limits.Warning {
		t.Skip("nothing is folded behind a warning here")
	}
	line := b.open(t)
	for _, e := range b.ears(t, line) {
		s := b.speech("mira", b.room())
		s.Warning = "Nasser Keller"
		if item := b.listen(t, []ear{e}, s); item.Warning != s.Warning || strings.Contains(item.Text, s.Warning) {
			broken(t, "Item.Warning is what its author wants people to know before they open it", "by %s: got %q before %q", e.name, item.Warning, item.Text)
		}
		if item := b.listen(t, []ear{e}, b.speech("mira", b.room())); item.Warning != "" {
			broken(t, "Item.Warning is empty: it is read at once", "by %s: nobody warned, and it says %q", e.name, item.Warning)
		}
	}
}

func receiveAuthors(t *testing.T, b *bench) {
	line := b.open(t)
	for _, e := range b.ears(t, line) {
		mira := b.listen(t, []ear{e}, b.speech("mira", b.room()))
		jon := b.listen(t, []ear{e}, b.speech("jon", b.room()))
		again := b.listen(t, []ear{e}, b.speech("mira", b.room()))
		if mira.From.ID == jon.From.ID || mira.From.ID != again.From.ID {
			broken(t, "Author.ID is the remote id of who said it", "by %s: mira is %q, jon %q, mira again %q", e.name, mira.From.ID, jon.From.ID, again.From.ID)
		}
		if b.room() == hilft.Private && together(mira, jon) {
			broken(t, "Thread and Refs place an item in its conversation", "by %s: the private words of two customers are in one", e.name)
		}
	}
}

func receiveReplies(t *testing.T, b *bench) {
	line := b.open(t)
	ears := b.ears(t, line)
	for _, room := range b.desc.Rooms {
		first := b.listen(t, ears, b.speech("mira", room.Visibility))
		s := b.speech("mira", room.Visibility)
		s.ReplyTo = first.ID
		if reply := b.listen(t, ears, s); !together(first, reply) {
			broken(t, "Thread or Refs place the item in its conversation", "in the %s room %s answers %s, with the threads %q and %q and the refs %q",
				room.Visibility, reply.ID, first.ID, reply.Thread, first.Thread, reply.Refs)
		}
		if r := b.lineReply(t, line, first); r.ID != "" {
			s := b.speech("mira", room.Visibility)
			s.ReplyTo = r.ID
			back := b.listen(t, ears, s)
			ours := channel.Item{ID: r.ID, Thread: first.Thread}
			if r.Thread != "" {
				ours.Thread = r.Thread
			}
			if !together(first, back) && !together(ours, back) {
				broken(t, "Thread or Refs place the item in its conversation", "in the %s room a customer answers our %s, with the thread %q and the refs %q", room.Visibility, r.ID, back.Thread, back.Refs)
			}
		}
	}
}

// lineReply answers an item.
func (b *bench) lineReply(t testing.TB, line channel.Line, to channel.Item) channel.Receipt {
	t.Helper()
	r, err := line.Send(within(t, soon), b.answer(to, "reply-to-"+to.ID, "Wir sehen nach und melden uns."))
	require.NoError(t, err, "Send fails though the network is well")
	return r
}

func receiveKeys(t *testing.T, b *bench) {
	line := b.open(t)
	ears := b.ears(t, line)
	keys := map[string]string{} // message → key
	ways := map[string]string{} // message → the way by which that key came
	about := map[string]string{}
	for i, who := range []string{"mira", "jon", "mira"} {
		id := b.Say(t, b.speech(who, b.desc.Rooms[i%len(b.desc.Rooms)].Visibility))
		for _, e := range ears {
			told := false
			for _, raw := range e.fetch(t, id) {
				wholeRaw(t, raw)
				for _, item := range b.translate(t, raw) {
					if item.Kind != channel.Said {
						continue
					}
					told = told || item.ID == id
					if key, ok := keys[item.ID]; ok && key != raw.Key {
						broken(t, "Raw.Key is the same when the network delivers the same thing again by whatever way", "%s is %q by %s and %q by %s", item.ID, key, ways[item.ID], raw.Key, e.name)
					}
					if other, ok := about[raw.Key]; ok && other != item.ID {
						broken(t, "Raw.Key is unique in the account", "%q is the key of %s and of %s", raw.Key, other, item.ID)
					}
					keys[item.ID], ways[item.ID], about[raw.Key] = raw.Key, e.name, item.ID
				}
			}
			if !told {
				broken(t, "a connector reports what customers say to us", "%s was said and has not come by %s", id, e.name)
			}
		}
	}
}

func receiveEdits(t *testing.T, b *bench) {
	if b.desc.Can.Edits == channel.No {
		t.Skip("this network does not report edits")
	}
	ears := b.ears(t, b.open(t))
	first := b.listen(t, ears, b.speech("mira", b.room()))
	for _, text := range []string{"Nachtrag: im ganzen Haus", "Nachtrag: nur noch im Keller"} {
		b.Edit(t, first.ID, text)
		reads := func(item channel.Item) bool { return strings.Contains(item.Text, text) }
		if got := b.reported(t, ears, channel.Edited, first.ID, reads); got == nil || !reads(*got) {
			broken(t, "Can.Edits: the network reports edits, with the text as it reads now", "%s now reads %q, and what came is %+v", first.ID, text, got)
		}
	}
}

func receiveDeletions(t *testing.T, b *bench) {
	if b.desc.Can.Deletions == channel.No {
		t.Skip("this network does not report deletions")
	}
	ears := b.ears(t, b.open(t))
	first := b.listen(t, ears, b.speech("mira", b.room()))
	b.Delete(t, first.ID)
	if got := b.reported(t, ears, channel.Deleted, first.ID, func(channel.Item) bool { return true }); got == nil {
		broken(t, "Can.Deletions: the network reports deletions", "%s is deleted, and nothing tells it", first.ID)
	}
}

// asides is how often somebody else speaks after what a story waits for, so that a stream knows how long to wait. Once is
// not enough: a poll that a stream asks for may tell their words before the stream tells what came before them.
const asides = 3

// reported returns the newest item of a kind about a message, as soon as it is the one that is waited for. The newest need
// not come last: a poll may tell of the second edit while the stream still has the first.
func (b *bench) reported(t testing.TB, ears []ear, kind channel.ItemKind, id string, awaited func(channel.Item) bool) (newest *channel.Item) {
	t.Helper()
	for range asides {
		for _, raw := range b.hear(t, ears, b.Say(t, b.speech("jon", b.room()))) {
			for _, item := range b.translate(t, raw) {
				if item.Kind == kind && item.ID == id && (newest == nil || item.At.After(newest.At)) {
					newest = &item
				}
			}
		}
		if newest != nil && awaited(*newest) {
			return newest
		}
	}
	return newest
}

func receiveAnyOrder(t *testing.T, b *bench) {
	ears := b.ears(t, b.open(t))
	for _, room := range b.desc.Rooms {
		tale := b.story(t, ears, room.Visibility)
		translate := func(raw channel.Raw) []channel.Item { return b.translate(t, raw) }
		want := settle(tale.raws, translate)
		for id, text := range tale.stands {
			if got := want[id]; !got.reads(text) {
				broken(t, "Edited: what was said reads differently now", "%s reads %q at the network, and in the end %+v here", id, text, got)
			}
		}
		if got := want[tale.gone]; tale.gone != "" && !got.isGone() {
			broken(t, "Deleted: what was said is gone at the network, so it goes here", "%s is gone there, and in the end %+v here", tale.gone, got)
		}
		orders(tale.raws, func(order []channel.Raw) bool {
			diff := cmp.Diff(want, settle(order, translate))
			if diff != "" {
				broken(t, "items may come in any order", "in another order the end differs (-as it happened +otherwise):\n%s", diff)
			}
			return diff == ""
		})
	}
}

// tale is what was delivered of a story, and how it ended at the network.
type tale struct {
	raws   []channel.Raw
	stands map[string]string // message → its text
	gone   string            // the message that is gone; empty: none
}

// story lets two customers speak, correct themselves and take words back, as far as the network knows such things.
func (b *bench) story(t testing.TB, ears []ear, in hilft.Visibility) tale {
	t.Helper()
	end := tale{stands: map[string]string{}}
	say := func(s Speech) string {
		id := b.Say(t, s)
		end.stands[id] = s.Text
		end.raws = append(end.raws, b.hear(t, ears, id)...)
		return id
	}
	edit := func(id, text string) {
		if b.desc.Can.Edits != channel.No {
			b.Edit(t, id, text)
			end.stands[id] = text
		}
	}
	first := say(b.speech("mira", in))
	edit(first, "Nachtrag: nur im Keller")
	edit(first, "Nachtrag: im ganzen Haus")
	s := b.speech("mira", in)
	s.ReplyTo = first
	second := say(s)
	edit(second, "Das war ein Versehen")
	if b.desc.Can.Deletions != channel.No {
		b.Delete(t, second)
		delete(end.stands, second)
		end.gone = second
	}
	for range asides {
		say(b.speech("jon", in))
		if end.told(func(raw channel.Raw) []channel.Item { return b.translate(t, raw) }) {
			break
		}
	}
	return end
}

// told reports whether the deliveries tell how the story ended.
func (end tale) told(translate func(channel.Raw) []channel.Item) bool {
	got := settle(end.raws, translate)
	for id, text := range end.stands {
		if !got[id].reads(text) {
			return false
		}
	}
	return end.gone == "" || got[end.gone].isGone()
}

func settle(raws []channel.Raw, translate func(channel.Raw) []channel.Item) map[string]message {
	in := newIntake()
	for _, raw := range raws {
		in.take(raw.Key, translate(raw))
		in.take(raw.Key, translate(raw)) // delivered twice
	}
	return in.messages
}

// orders calls try with every order of up to five deliveries, and with two hundred orders of more, until it says stop.
func orders(raws []channel.Raw, try func([]channel.Raw) bool) {
	if len(raws) > 5 {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 200 {
			order := slices.Clone(raws)
			if i == 0 {
				slices.Reverse(order)
			} else {
				random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			if !try(order) {
				return
			}
		}
		return
	}
	var permute func(order []channel.Raw, from int) bool
	permute = func(order []channel.Raw, from int) bool {
		if from == len(order) {
			return try(slices.Clone(order))
		}
		for i := from; i < len(order); i++ {
			order[from], order[i] = order[i], order[from]
			if !permute(order, from+1) {
				return false
			}
			order[from], order[i] = order[i], order[from]
		}
		return true
	}
	permute(slices.Clone(raws), 0)
}

func receiveOurs(t *testing.T, b *bench) {
	line := b.open(t)
	ears := b.ears(t, line)
	for _, room := range b.desc.Rooms {
		first := b.listen(t, ears, b.speech("mira", room.Visibility))
		receipt := b.lineReply(t, line, first)
		for _, raw := range b.hear(t, ears, b.Say(t, b.speech("jon", room.Visibility))) {
			for _, item := range b.translate(t, raw) {
				if item.ID == receipt.ID && item.Kind == channel.Said && !item.From.Us {
					broken(t, "Author.Us is the account itself, by whatever tool", "our own message %s comes back as said by %q", item.ID, item.From.ID)
				}
			}
		}
	}
}

// together tells whether two items are placed in one conversation.
func together(a, b channel.Item) bool {
	return a.Thread != "" && a.Thread == b.Thread || slices.Contains(a.Refs, b.ID) || slices.Contains(b.Refs, a.ID)
}

// wholeItem says what an item lacks; nothing where it is whole.
func wholeItem(item channel.Item) string {
	switch {
	case item.ID == "":
		return "it has no ID"
	case item.At.IsZero():
		return "it has no At"
	case item.Kind != channel.Said && item.Kind != channel.Edited && item.Kind != channel.Deleted && item.Kind != channel.Reached && item.Kind != channel.Shown:
		return "its Kind is unknown"
	case item.Kind == channel.Reached && item.Reach == nil:
		return "it has no Reach"
	case item.Kind != channel.Said:
		return ""
	case item.From.ID == "":
		return "its author has no ID"
	case item.Visibility != hilft.Public && item.Visibility != hilft.Private:
		return "its Visibility is unknown"
	}
	return ""
}

// wholeRaw holds a delivery to what the house can store.
func wholeRaw(t testing.TB, raw channel.Raw) {
	t.Helper()
	if raw.Key == "" {
		broken(t, "Raw.Key is unique in the account", "it is empty")
	}
	if len(raw.Key) > 512 {
		broken(t, "Raw.Key has at most 512 bytes", "it has %d", len(raw.Key))
	}
	for name, s := range map[string]string{"Key": raw.Key, "Kind": raw.Kind, "Lane": raw.Lane} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			broken(t, "Raw can be stored", "its %s is not plain text: %q", name, s)
		}
	}
}

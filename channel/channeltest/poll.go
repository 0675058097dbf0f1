// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package channeltest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/channel"
)

const afterCursor = "Poll returns what came after the cursor, oldest first, and the cursor behind it"

var pollTests = []test{
	{"empty account", pollEmpty},
	{"since", pollSince},
	{"nothing missed, nothing twice", pollBetween},
	{"more than a page", pollMany},
	{"from an old cursor", pollOld},
	{"rate limited", pollRateLimited},
	{"sign-in expired", pollSignIn},
	{"network down", pollDown},
	{"garbage", pollGarbage},
	{"nonsense as cursor", pollNonsense},
	{"gives up with its caller", pollCancelled},
}

func pollEmpty(t *testing.T, b *bench) {
	p := b.poller(t)
	raws, cursor := pollAll(t, p, "")
	again, _ := pollAll(t, p, cursor)
	for _, raw := range append(raws, again...) {
		for _, item := range b.translate(t, raw) {
			broken(t, afterCursor, "nothing was said, and it reports %+v", item)
		}
	}
}

func pollSince(t *testing.T, b *bench) {
	p := b.poller(t)
	old := b.speech("jon", b.room())
	old.At = b.acc.Since.Add(-72 * time.Hour)
	oldID := b.Say(t, old)
	newID := b.Say(t, b.speech("mira", b.room()))
	raws, cursor := pollAll(t, p, "")
	if b.tells(t, raws, oldID) {
		broken(t, "the empty cursor is the account's first read: what is not older than Account.Since", "%s is three days older and is there", oldID)
	}
	if !b.tells(t, raws, newID) {
		broken(t, "the empty cursor is the account's first read: what is not older than Account.Since", "%s is newer and is missing", newID)
	}
	if raws, _ = pollAll(t, p, cursor); b.tells(t, raws, oldID) {
		broken(t, "the empty cursor is the account's first read: what is not older than Account.Since", "%s is three days older and is there at the second read", oldID)
	}
}

func pollBetween(t *testing.T, b *bench) {
	p := b.poller(t)
	cursor := ""
	seen := map[string]bool{}
	var want, got []string
	for range 6 {
		for _, who := range []string{"mira", "jon"}[:1+len(want)%2] {
			want = append(want, b.Say(t, b.speech(who, b.desc.Rooms[len(want)%len(b.desc.Rooms)].Visibility)))
		}
		var raws []channel.Raw
		raws, cursor = pollAll(t, p, cursor)
		for _, raw := range raws {
			wholeRaw(t, raw)
			if seen[raw.Key] {
				broken(t, afterCursor, "%q comes a second time", raw.Key)
			}
			seen[raw.Key] = true
		}
		got = append(got, b.saidIn(t, raws)...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		broken(t, afterCursor, "what was said and what came differ (-said +came):\n%s", diff)
	}
	if raws, _ := pollAll(t, p, cursor); len(raws) > 0 {
		broken(t, afterCursor, "nothing is new, and %d deliveries come", len(raws))
	}
}

func pollMany(t *testing.T, b *bench) {
	p := b.poller(t)
	_, cursor := pollAll(t, p, "")
	for _, from := range []string{"", cursor} {
		var want []string
		if from != "" {
			p = b.poller(t) // the line may forget everything between two calls
		}
		for range 95 {
			want = append(want, b.Say(t, b.speech("mira", b.room())))
		}
		raws, _ := pollAll(t, p, from)
		got := b.saidIn(t, raws)
		if from == cursor && len(got) > len(want) {
			got = got[len(got)-len(want):] // that cursor is older than what was said in the first round
		}
		if diff := cmp.Diff(want, got); diff != "" {
			broken(t, afterCursor, "of 95 messages at once (-said +came):\n%s", diff)
		}
	}
}

func pollOld(t *testing.T, b *bench) {
	p := b.poller(t)
	b.Say(t, b.speech("mira", b.room()))
	_, cursor := pollAll(t, p, "")
	b.Say(t, b.speech("mira", b.room()))
	first, _ := pollAll(t, p, cursor)
	again, _ := pollAll(t, p, cursor)
	require.NotEmpty(t, first, "a customer spoke, and Poll reports nothing")
	if diff := cmp.Diff(keysOf(first), keysOf(again)); diff != "" {
		broken(t, "a cursor that was not stored is used again, and the same Key says what is known", "the second read differs (-first +second):\n%s", diff)
	}
}

// pollFails polls while the network fails, and then holds the connector to have lost nothing by it.
func (b *bench) pollFails(t *testing.T, f Fault, meaning Meaning) {
	t.Helper()
	p := b.poller(t)
	_, cursor := pollAll(t, p, "")
	id := b.Say(t, b.speech("mira", b.room()))
	b.fault(t, f)
	batch, err := p.Poll(within(t, soon), cursor)
	b.means(t, "Poll", err, meaning)
	if len(batch.Raws) > 0 {
		broken(t, "Batch and cursor are stored in one transaction", "there is an error, and a batch of %d", len(batch.Raws))
	}
	b.Fault(t, NoFault)
	if meaning == SignIn {
		p = b.poller(t) // the administrator has signed in again
	}
	if raws, _ := pollAll(t, p, cursor); !b.tells(t, raws, id) {
		broken(t, afterCursor, "%s was said while the network failed (%s), and does not come afterwards", id, f)
	}
}

func pollRateLimited(t *testing.T, b *bench) { b.pollFails(t, RateLimited, Limited) }
func pollSignIn(t *testing.T, b *bench)      { b.pollFails(t, SignInExpired, SignIn) }
func pollDown(t *testing.T, b *bench)        { b.pollFails(t, Down, Temporary) }
func pollGarbage(t *testing.T, b *bench)     { b.pollFails(t, Garbage, Temporary) }

func pollNonsense(t *testing.T, b *bench) {
	p := b.poller(t)
	for _, cursor := range []string{"\x00", "{", "nonsense", "-1", "99999999999999999999", `{"a":[[[`} {
		func() {
			var err error
			defer func() {
				if err != nil {
					broken(t, "a connector does not panic on foreign bytes", "with the cursor %q, %v", cursor, err)
				}
			}()
			defer recovered(&err)
			_, _ = p.Poll(within(t, soon), cursor)
		}()
	}
}

func pollCancelled(t *testing.T, b *bench) {
	p := b.poller(t)
	b.Say(t, b.speech("mira", b.room()))
	b.fault(t, Slow)
	quick(t, "Poll", func() {
		if _, err := p.Poll(within(t, brief), ""); err == nil {
			broken(t, afterCursor, "it succeeds without an answer of the network")
		}
	})
}

// saidIn returns the ids of what deliveries say was said by others, in their order.
func (b *bench) saidIn(t testing.TB, raws []channel.Raw) []string {
	t.Helper()
	var ids []string
	for _, raw := range raws {
		for _, item := range b.translate(t, raw) {
			if item.Kind == channel.Said && !item.From.Us {
				ids = append(ids, item.ID)
			}
		}
	}
	return ids
}

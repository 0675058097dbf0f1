// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/store"
)

func mustJSON(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// story makes what happened in one thread: several people in public, ourselves by other tools, edits, deletions, and
// how one of them goes on in private. Things are in the order in which they happened, a minute apart.
func story(rt *rapid.T, began time.Time) (all []channel.Item) {
	now := func() time.Time { return began.Add(time.Duration(len(all)) * time.Minute) }
	draw := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, what) }
	threaded := rapid.Bool().Draw(rt, "threaded")
	say := func(id, who string, vis hilft.Visibility, refs ...string) {
		it := channel.Item{
			Kind: channel.Said, ID: id, At: now(), Visibility: vis, Refs: refs, Text: "This is " + id,
			From: channel.Author{ID: who, Name: who, Us: who == "us"}, Auto: who != "us" && draw("auto", 8) == 0,
		}
		if threaded {
			it.Thread = string(vis)
		}
		all = append(all, it)
	}
	public := rapid.IntRange(1, 6).Draw(rt, "public")
	for i := range public {
		id := fmt.Sprint("p", i)
		if i == 0 {
			say(id, "mira", hilft.Public)
			continue
		}
		say(id, rapid.SampledFrom([]string{"mira", "mira", "tom", "us", "us"}).Draw(rt, "who"), hilft.Public, fmt.Sprint("p", draw("parent", i)))
	}
	for i := range rapid.IntRange(0, 4).Draw(rt, "private") {
		who, ref := "mira", fmt.Sprint("d", max(0, i-1))
		if i == 0 {
			ref = "p0"
			if rapid.Bool().Draw(rt, "out of the blue") {
				say("d0", who, hilft.Private)
				continue
			}
		} else if draw("ours", 3) == 0 {
			who = "us"
		}
		say(fmt.Sprint("d", i), who, hilft.Private, ref)
	}
	said := slices.Clone(all)
	for range rapid.IntRange(0, 3).Draw(rt, "changes") {
		it := said[draw("of", len(said))]
		ch := channel.Item{Kind: channel.Edited, ID: it.ID, At: now(), Text: fmt.Sprint("Now ", len(all))}
		if draw("delete", 2) == 0 {
			ch = channel.Item{Kind: channel.Deleted, ID: it.ID, At: now()}
		}
		all = append(all, ch)
	}
	return append(all, said[draw("again", len(said))]) // networks say things twice
}

// picture is how the desk looks in the end, without the ids that we made up: a line for every message, with the first
// message of its conversation and of its case, and a line for every case.
func (r *room) picture(b hilft.BrandID) string {
	var lines []string
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		first := map[string]string{}
		all, err := store.All(ctx, tx, messageColumns+`WHERE m.brand_id = ? ORDER BY m.remote_id`, []any{string(b)}, scanMessage)
		if err != nil {
			return err
		}
		for _, m := range all {
			for _, id := range []string{string(m.Conversation), string(m.Case)} {
				if id != "" && first[id] == "" {
					first[id] = m.Remote
				}
			}
			lines = append(lines, fmt.Sprintf("%s: %s %s %q edited %v deleted %v, in %s, about %s", m.Remote, m.Direction, m.Visibility, m.Body,
				m.EditedAt, m.DeletedAt, first[string(m.Conversation)], first[string(m.Case)]))
		}
		cases, err := store.All(ctx, tx, caseColumns+`WHERE c.brand_id = ? AND c.state <> 'merged'`, []any{string(b)}, scanCase)
		for _, c := range cases {
			lines = append(lines, fmt.Sprintf("case %s: %s's, %q, %s, waits %v, due %v, answered %v, trouble %d, last %s %q", first[string(c.ID)], c.PersonName, c.Title,
				c.State, c.WaitsSince, c.DueAt, c.Answered, c.Trouble, c.Visibility, c.Preview))
		}
		return err
	}))
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// In whatever order a network reports what happened in a thread, the desk looks the same in the end.
func TestEveryOrderOfReportsEndsAlike(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		n, orders := 0, 3
		if r.db.Dialect() == store.Postgres { // the same, but slower
			orders = 1
		}
		tell := func(items []channel.Item) string {
			n++
			b := hilft.BrandID(fmt.Sprint("brand", n))
			r.hearAt(b, hilft.AccountID(fmt.Sprint("account", n)), items...)
			return r.picture(b)
		}
		rapid.Check(t, func(rt *rapid.T) {
			items := story(rt, r.clock.Now().Add(-24*hour))
			want := tell(items)
			for range orders {
				order := make([]int, len(items))
				for i := range order {
					order[i] = i
				}
				var mixed []channel.Item
				for _, i := range rapid.Permutation(order).Draw(rt, "order") {
					mixed = append(mixed, items[i])
				}
				if d := cmp.Diff(want, tell(mixed)); d != "" {
					rt.Fatalf("(-as it happened +as it was reported)\n%s\n%s", d, toldAs(mixed))
				}
			}
		})
	})
}

// Words that are heard together end up where they would have, had they been heard one after another.
func TestWordsHeardTogetherEndAlike(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		n := 0
		tell := func(hear func(b hilft.BrandID, acc hilft.AccountID)) string {
			n++
			b := hilft.BrandID(fmt.Sprint("brand", n))
			hear(b, hilft.AccountID(fmt.Sprint("account", n)))
			return r.picture(b)
		}
		rapid.Check(t, func(rt *rapid.T) {
			r.mail = rapid.Bool().Draw(rt, "threads are concerns")
			began := r.clock.Now().Add(-24 * hour)
			items := rapid.Permutation(append(story(rt, began), story(rt, began)...)).Draw(rt, "order")
			want := tell(func(b hilft.BrandID, acc hilft.AccountID) { r.hearAt(b, acc, items...) })
			got := tell(func(b hilft.BrandID, acc hilft.AccountID) {
				for left := items; len(left) > 0; {
					together := rapid.IntRange(1, len(left)).Draw(rt, "together")
					r.hearTogether(b, acc, left[:together]...)
					left = left[together:]
				}
			})
			if d := cmp.Diff(want, got); d != "" {
				rt.Fatalf("(-one by one +together)\n%s\n%s", d, toldAs(items))
			}
		})
	})
}

func toldAs(items []channel.Item) string {
	var b strings.Builder
	for _, it := range items {
		fmt.Fprintf(&b, "%s %s by %s re %v thread %q %v\n", it.Kind, it.ID, it.From.ID, it.Refs, it.Thread, it.At)
	}
	return b.String()
}

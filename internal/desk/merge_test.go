// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// What a case carries that took another is decided without the database.
func TestWhatACaseCarriesThatTookAnother(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time {
		if minute == 0 {
			return time.Time{}
		}
		return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC)
	}
	justBefore := func(minute int) time.Time { return at(minute).Add(-time.Microsecond) }
	now := at(50)
	open, waiting, asleep, solved := Case{State: hilft.Open}, Case{State: hilft.Waiting}, Case{State: hilft.Asleep}, Case{State: hilft.Solved}
	with := func(c Case, change func(*Case)) Case {
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name                 string
		into, from           Case
		intoKeeps, fromKeeps int
		is                   func(t *testing.T, c Case)
	}{
		{"it stays whose it is", with(open, func(c *Case) { c.Agent = ada }), with(open, func(c *Case) { c.Agent = ben }), 1, 1, func(t *testing.T, c Case) { require.Equal(t, ada, c.Agent) }},
		{"what is nobody's becomes the other's", open, with(open, func(c *Case) { c.Agent = ben }), 1, 1, func(t *testing.T, c Case) { require.Equal(t, ben, c.Agent) }},
		{"the more urgent counts", with(open, func(c *Case) { c.Priority = hilft.Low }), with(open, func(c *Case) { c.Priority = hilft.High }), 1, 1, func(t *testing.T, c Case) { require.Equal(t, hilft.High, c.Priority) }},
		{"what is normal is more urgent than what is low", with(open, func(c *Case) { c.Priority = hilft.Low }), with(open, func(c *Case) { c.Priority = hilft.Normal }), 1, 1, func(t *testing.T, c Case) { require.Equal(t, hilft.Normal, c.Priority) }},
		{"it has the tags of both, each once", with(open, func(c *Case) { c.Tags = []hilft.TagID{"a", "b"} }), with(open, func(c *Case) { c.Tags = []hilft.TagID{"b", "c"} }), 1, 1, func(t *testing.T, c Case) {
			require.Equal(t, []hilft.TagID{"a", "b", "c"}, c.Tags)
		}},
		{"a title that somebody gave stays", with(open, func(c *Case) { c.Named, c.Title = true, "ours" }), with(open, func(c *Case) { c.Named, c.Title = true, "theirs" }), 1, 1, func(t *testing.T, c Case) { require.Equal(t, "ours", c.Title) }},
		{"and is kept over one that nobody did", with(open, func(c *Case) { c.Title = "ours" }), with(open, func(c *Case) { c.Named, c.Title = true, "theirs" }), 1, 1, func(t *testing.T, c Case) {
			require.Equal(t, []any{"theirs", true}, []any{c.Title, c.Named})
		}},
		{"solved and solved is solved, since the later", with(solved, func(c *Case) { c.SolvedAt = at(5) }), with(solved, func(c *Case) { c.SolvedAt = at(9) }), 0, 0, func(t *testing.T, c Case) { require.Equal(t, at(9), c.SolvedAt) }},
		{"who waits in the other waits in what was solved before", with(solved, func(c *Case) { c.SolvedAt = at(5) }), open, 0, 7, func(t *testing.T, c Case) { require.Equal(t, at(5), c.SolvedAt) }},
		{"and in what was solved after their word", with(solved, func(c *Case) { c.SolvedAt = at(9) }), open, 0, 7, func(t *testing.T, c Case) { require.Equal(t, justBefore(7), c.SolvedAt) }},
		{"the same the other way round", open, with(solved, func(c *Case) { c.SolvedAt = at(9) }), 7, 0, func(t *testing.T, c Case) { require.Equal(t, justBefore(7), c.SolvedAt) }},
		{"what is open for no word is not solved", with(open, func(c *Case) { c.WokenAt = at(3) }), with(solved, func(c *Case) { c.SolvedAt = at(9) }), 0, 0, func(t *testing.T, c Case) {
			require.Equal(t, []any{time.Time{}, at(3)}, []any{c.SolvedAt, c.WokenAt})
		}},
		{"what is open wakes what sleeps", with(asleep, func(c *Case) { c.WakesAt = at(55) }), open, 1, 2, func(t *testing.T, c Case) { require.True(t, c.WakesAt.IsZero()) }},
		{"what waits for the customer sleeps on", with(asleep, func(c *Case) { c.WakesAt = at(55) }), waiting, 1, 2, func(t *testing.T, c Case) {
			require.Equal(t, []any{at(55), now}, []any{c.WakesAt, c.sleptAt})
		}},
		{"what sleeps puts aside what waits for the customer", waiting, with(asleep, func(c *Case) { c.WakesAt = at(55) }), 1, 2, func(t *testing.T, c Case) { require.Equal(t, at(55), c.WakesAt) }},
		{"of two that sleep, until the earlier", with(asleep, func(c *Case) { c.WakesAt = at(57) }), with(asleep, func(c *Case) { c.WakesAt = at(55) }), 1, 2, func(t *testing.T, c Case) { require.Equal(t, at(55), c.WakesAt) }},
		{"what was told of who waits longest is not told again", with(open, func(c *Case) { c.WaitsSince = at(5) }), with(open, func(c *Case) { c.WaitsSince, c.Late, c.toldAt = at(2), Late, at(20) }), 1, 1, func(t *testing.T, c Case) {
			require.Equal(t, []any{Late, at(20)}, []any{c.Late, c.toldAt})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.is(t, combine(tt.into, tt.from, at(tt.intoKeeps), at(tt.fromKeeps), now))
		})
	}
}

// merges lets the case of one message go on in that of another.
func (r *room) merges(remote, into string) Acted {
	r.t.Helper()
	r.clock.Forward(time.Second)
	done, err := r.desk.Merge(r.t.Context(), as(ada), r.message(remote).Case, r.message(into).Case, false)
	require.NoError(r.t, err)
	return done
}

func (r *room) undo(done Acted) {
	r.t.Helper()
	r.clock.Forward(time.Second)
	_, err := r.desk.Undo(r.t.Context(), as(ada), done.ID, done.Act)
	require.NoError(r.t, err)
}

func TestOneCaseGoesOnInAnother(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "No telephone"))
		r.replied("1", "We look at it")
		one, two := r.caseOf("1").Case, r.caseOf("2").Case
		require.NotEqual(t, one.ID, two.ID)
		_, err := r.desk.Tag(ctx, as(ada), two.ID, []string{"line"}, nil)
		require.NoError(t, err)
		_, err = r.desk.Note(ctx, as(ben), two.ID, "See the other one", "", "")
		require.NoError(t, err)
		before := r.picture(brand)

		done := r.merges("2", "1")
		require.Equal(t, one.ID, done.ID)
		require.Equal(t, []string{"No internet", "We look at it", "No telephone", "See the other one"}, inOrder(bodies(r.caseOf("1").Messages)))
		require.Equal(t, []string{"line"}, r.tags("1"))
		require.Len(t, r.caseOf("1").Conversations, 2)
		gone, err := r.desk.Case(ctx, as(ada), two.ID)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Merged, one.ID, 0}, []any{gone.Case.State, gone.Links.Into.ID, len(gone.Messages)})
		require.Equal(t, two.ID, r.caseOf("1").Links.Took[0].ID)
		found, err := r.desk.Numbered(ctx, as(ada), brand, two.Number)
		require.NoError(t, err)
		require.Equal(t, one.ID, found.ID, "its number leads to the one that took it")
		require.Empty(t, r.caseOf("1").Earlier, "it is no other case of hers any more")
		for _, v := range Views {
			require.NotContains(t, r.titles(v, ada), "No telephone", v)
		}
		require.Equal(t, 1, r.events(hilft.EventCaseMerged))

		// What is said next in its conversations is about the one that stays.
		r.hear(r.says("mira", "3", "Hello?", refs("2")))
		require.Equal(t, one.ID, r.message("3").Case)
		r.stands("3", hilft.Open, r.message("3").At)

		// Taken back, everything is where it was, and what came since where it belongs.
		r.undo(done)
		require.Equal(t, two.ID, r.message("3").Case)
		r.stands("1", hilft.Waiting, time.Time{})
		r.stands("2", hilft.Open, r.message("2").At)
		require.Empty(t, r.tags("1"))
		require.Equal(t, []string{"line"}, r.tags("2"))
		_, err = r.desk.Undo(ctx, as(ada), done.ID, done.Act)
		r.is(err, hilft.Conflict)
		r.hear(channel.Item{Kind: channel.Deleted, ID: "3", At: r.clock.Now()})
		require.Equal(t, before, withoutLast(r.picture(brand), "3:"))
	})
}

func inOrder(all []string) []string {
	order := []string{"No internet", "We look at it", "No telephone", "See the other one"}
	slices.SortFunc(all, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return all
}

// A reply that is written where a case was goes out from where it is now, and so do those that were under way.
func TestRepliesGoOutWhereverTheirCaseHasGone(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.holds()
		r.hear(r.says("mira", "1", "No internet", private, thread("a")), r.says("mira", "2", "No telephone"), r.says("mira", "3", "No power"))
		three := r.caseOf("3").Case
		held := r.replied("3", "Since when?")
		seen := r.caseOf("3").Messages
		done := r.merges("3", "2")
		late, err := r.desk.Reply(ctx, as(ada), Reply{Case: three.ID, Conversation: held.Conversation, Text: "And where?", Seen: r.caseOf("2").Messages[len(r.caseOf("2").Messages)-1].ID, Anyway: true})
		require.NoError(t, err)
		require.Equal(t, done.ID, late.Case, "it stands in the case that took its own")
		require.NotEmpty(t, seen)
		note, err := r.desk.Note(ctx, as(ben), three.ID, "Called her", "", "")
		require.NoError(t, err)
		require.Equal(t, done.ID, note.Case)
		r.clock.Forward(time.Minute)
		require.NoError(t, r.release(held))
		require.NoError(t, r.release(late))
		require.Len(t, r.dispatched(), 2)
		r.told(report(r.now(held), hilft.Sending), report(r.now(held), hilft.Sent, receipt("h1")))
		require.Equal(t, hilft.Sent, r.now(held).Delivery)
		_, err = r.desk.Assign(ctx, as(ada), three.ID, as(ada))
		r.is(err, hilft.Conflict)
		r.undo(done)
		require.Equal(t, three.ID, r.now(held).Case)
		require.Equal(t, three.ID, r.now(late).Case, "it answers her word there")
	})
}

// Two persons stay two; what each says goes on in the one case.
func TestCasesOfTwoPersonsBecomeOneOnlyKnowingly(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"), r.says("tom", "2", "Same here", refs("1")), r.says("tom", "p", "My number is 7", private, thread("t"), refs("2")))
		mine, toms := r.message("1").Case, r.message("2").Case
		_, err := r.desk.Merge(ctx, as(ada), toms, mine, false)
		r.is(err, hilft.Conflict)
		done, err := r.desk.Merge(ctx, as(ada), toms, mine, true)
		require.NoError(t, err)
		r.hear(r.says("tom", "3", "Hello?", refs("2")), r.says("tom", "q", "Hello??", private, thread("t")), r.says("mira", "4", "Well?", refs("1")), r.says("jo", "5", "Here too", refs("1")))
		require.Equal(t, []hilft.CaseID{mine, mine, mine}, []hilft.CaseID{r.message("3").Case, r.message("q").Case, r.message("4").Case})
		require.NotEqual(t, mine, r.message("5").Case, "whoever else speaks there has a concern of their own")
		require.NotEqual(t, r.message("1").Identity, r.message("2").Identity)
		r.undo(done)
		require.Equal(t, []hilft.CaseID{toms, toms, mine}, []hilft.CaseID{r.message("3").Case, r.message("q").Case, r.message("4").Case})
	})
}

func TestNothingIsMergedThatCannotBe(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "No telephone"), r.says("mira", "3", "No power"))
		r.hearAt("other", "@other", r.says("mira", "x", "Elsewhere"))
		one, two, three, foreign := r.message("1").Case, r.message("2").Case, r.message("3").Case, r.message("x").Case
		merge := func(see access.Sight, id, into hilft.CaseID) error {
			_, err := r.desk.Merge(ctx, see, id, into, true)
			return err
		}
		both := access.Agent{ID: ada, Role: access.RoleMember, Roles: map[hilft.BrandID]access.Role{brand: access.RoleAgent, "other": access.RoleAgent}}.Sight()
		r.is(merge(as(ada), one, one), hilft.Invalid)
		r.is(merge(as(ada), one, foreign), hilft.NotFound)
		r.is(merge(as(ada), foreign, one), hilft.NotFound)
		r.is(merge(both, one, foreign), hilft.Invalid)
		r.is(merge(as(ada), one, "nothing\u202E"), hilft.NotFound)
		r.is(merge(being(access.RoleReviewer, brand, ada), one, two), hilft.Forbidden)
		require.NoError(t, merge(as(ada), one, two))
		r.is(merge(as(ada), one, two), hilft.Conflict) // it has gone there already
		r.is(merge(as(ada), three, one), hilft.Conflict)

		// One that took another goes on: all numbers lead to the end, and each is taken back by itself, the last first.
		first, err := r.desk.Merge(ctx, as(ada), two, three, true)
		require.NoError(t, err)
		gone, err := r.desk.Case(ctx, as(ada), one)
		require.NoError(t, err)
		require.Equal(t, three, gone.Links.Into.ID)
		r.is(merge(as(ada), one, three), hilft.Conflict)
		r.undo(first)
		gone, err = r.desk.Case(ctx, as(ada), one)
		require.NoError(t, err)
		require.Equal(t, two, gone.Links.Into.ID)

		// Too late, or somebody else's.
		last, err := r.desk.Merge(ctx, as(ada), three, two, true)
		require.NoError(t, err)
		_, err = r.desk.Undo(ctx, as(ben), two, last.Act)
		r.is(err, hilft.NotFound)
		r.clock.Forward(undoFor + time.Second)
		_, err = r.desk.Undo(ctx, as(ada), two, last.Act)
		r.is(err, hilft.Conflict)
	})
}

// Of two who merge two cases into each other at once, one does, while their customer goes on.
func TestTwoWhoMergeAtOnce(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		for i := range 5 {
			a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
			r.hear(r.says("mira", a, "No internet"), r.says("mira", b, "No telephone"))
			one, two := r.message(a).Case, r.message(b).Case
			var all sync.WaitGroup
			errs := make([]error, 2)
			all.Go(func() { _, errs[0] = r.desk.Merge(ctx, as(ada), one, two, false) })
			all.Go(func() { _, errs[1] = r.desk.Merge(ctx, as(ben), two, one, false) })
			r.hear(r.says("mira", "n"+a, "Hello?", refs(a)))
			all.Wait()
			if errs[0] == nil {
				r.is(errs[1], hilft.Conflict)
			} else {
				r.is(errs[0], hilft.Conflict)
				require.NoError(t, errs[1])
			}
			require.Equal(t, r.message(a).Case, r.message(b).Case)
			require.Equal(t, r.message(a).Case, r.message("n"+a).Case, "her next word is there, too")
			require.Equal(t, hilft.Open, r.caseOf(a).Case.State)
			_, err := r.solve(r.message(a).Case)
			require.NoError(t, err)
		}
	})
}

// However much was said in a case, it goes on in another at once, and comes back.
func TestACaseOfManyWordsIsMerged(t *testing.T) {
	t.Parallel()
	const many = 20_000
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "No telephone"))
		m := r.message("2")
		require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range many / 1000 {
				var all []Message
				for j := range 1000 {
					n := m
					n.ID, n.Remote = hilft.MessageID(hilft.NewID()), "m"+strconv.Itoa(i*1000+j)
					n.At = m.At.Add(-time.Duration(i*1000+j) * time.Second)
					all = append(all, n)
				}
				if err := insertMessages(ctx, tx, all...); err != nil {
					return err
				}
			}
			return nil
		}))
		began := time.Now()
		done := r.merges("2", "1")
		took := time.Since(began)
		require.Equal(t, many+2, r.count(`SELECT COUNT(*) FROM message WHERE case_id = ?`, string(done.ID)))
		began = time.Now()
		r.undo(done)
		t.Logf("%d messages: merged in %v, taken back in %v", many, took, time.Since(began))
		require.Equal(t, many+1, r.count(`SELECT COUNT(*) FROM message WHERE case_id = ?`, string(m.Case)))
	})
}

// splits makes a case of its own of messages.
func (r *room) splits(title string, remotes ...string) Parted {
	r.t.Helper()
	r.clock.Forward(time.Second)
	var ids []hilft.MessageID
	for _, m := range remotes {
		ids = append(ids, r.message(m).ID)
	}
	p, err := r.desk.Split(r.t.Context(), as(ada), r.message(remotes[0]).Case, ids, title)
	require.NoError(r.t, err)
	return p
}

func TestSomeWordsOfACaseBecomeOneOfTheirOwn(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "And my bill is wrong", refs("1")))
		r.replied("1", "We look at it")
		r.hear(r.says("mira", "3", "Thanks", refs("1")))
		before := r.picture(brand)
		p := r.splits("The bill", "2")
		require.Equal(t, []any{"The bill", r.message("1").Case, hilft.Open}, []any{p.New.Title, p.ID, p.New.State})
		require.Equal(t, r.message("2").At, p.New.WaitsSince, "what we said was said in the other")
		require.Equal(t, []string{"No internet", "We look at it", "Thanks"}, bodies(r.caseOf("1").Messages))
		require.Equal(t, []string{"The bill"}, r.listed(List{View: ViewMine}, 5)[:1])
		r.hear(r.says("mira", "4", "Well?", refs("1")))
		require.Equal(t, p.ID, r.message("4").Case, "in public it goes on in the case of her last word")
		r.hear(channel.Item{Kind: channel.Deleted, ID: "4", At: r.clock.Now()})
		r.undo(p.Acted)
		require.Equal(t, before, withoutLast(r.picture(brand), "4:"))
		found, err := r.desk.Numbered(t.Context(), as(ada), brand, p.New.Number)
		require.NoError(t, err)
		require.Equal(t, p.ID, found.ID, "and its number leads back")
		_, err = r.desk.Undo(t.Context(), as(ada), p.ID, p.Act)
		r.is(err, hilft.Conflict)

		// In private the conversation goes on where its last word is.
		r.hear(r.says("tom", "p1", "No power", private, thread("t")), r.says("tom", "p2", "And no water", private, thread("t")))
		p = r.splits("", "p2")
		require.Equal(t, "And no water", p.New.Title)
		r.hear(r.says("tom", "p3", "Still none", private, thread("t")))
		require.Equal(t, p.New.ID, r.message("p3").Case)
		r.hear(r.says("tom", "p4", "Nor heat", private, thread("t")))
		p = r.splits("", "p3")
		r.hear(r.says("tom", "p5", "Hello?", private, thread("t")))
		require.Equal(t, p.ID, r.message("p5").Case, "what went was not the last")
		m := r.replied("p3", "Which one?")
		require.Equal(t, []any{p.New.ID, "p3"}, []any{m.Case, m.InReplyTo})
	})
}

// withoutLast is a picture without the line that begins so.
func withoutLast(picture, begins string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(picture, "\n"), func(line string) bool { return strings.HasPrefix(line, begins) }), "\n")
}

func TestNothingIsSplitThatCannotBe(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "No telephone", refs("1")), r.says("jo", "9", "No water"))
		r.hearAt("other", "@other", r.says("mira", "x", "Elsewhere"))
		m := r.replied("1", "We look at it")
		c, one, two := r.message("1").Case, r.message("1").ID, r.message("2").ID
		split := func(see access.Sight, title string, ids ...hilft.MessageID) error {
			_, err := r.desk.Split(ctx, see, c, ids, title)
			return err
		}
		r.is(split(as(ada), ""), hilft.Invalid)
		r.is(split(as(ada), "", m.ID), hilft.Invalid) // nothing of hers
		r.is(split(as(ada), "", one, two, m.ID), hilft.Invalid)
		r.is(split(as(ada), "", one, r.message("9").ID), hilft.NotFound)
		r.is(split(as(ada), "", r.message("x").ID), hilft.NotFound)
		r.is(split(as(ada), "", "👩🏽‍💻"), hilft.NotFound)
		r.is(split(as(ada), string(make([]byte, 10_000)), one), hilft.Invalid)
		r.is(split(as(ada), "\u202E\u200F", one), hilft.Invalid)
		r.is(split(at("other", ada), "", one), hilft.NotFound)
		r.is(split(being(access.RoleReader, brand, ada), "", one), hilft.Forbidden)
		r.is(split(as(ada), "", slices.Repeat([]hilft.MessageID{"m"}, 10)...), hilft.NotFound)
		require.NoError(t, split(as(ada), "", two, two))
		r.is(split(as(ada), "", two), hilft.NotFound) // it has gone
		require.Equal(t, 3, r.count(`SELECT COUNT(*) FROM cases WHERE brand_id = ?`, string(brand)))
	})
}

// Intake makes one case of two where words show that they are one, but never of what people here have parted.
func TestWhatPeoplePartedStaysParted(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "And my bill is wrong", refs("1")))
		p := r.splits("", "2")
		r.hear(r.says("mira", "d", "About the bill", private, thread("d"), refs("2")), r.says("mira", "e", "About both", private, thread("d"), refs("1")))
		require.Equal(t, p.New.ID, r.message("2").Case)
		require.Equal(t, p.ID, r.message("1").Case)
	})
}

func TestACaseContinuesAnother(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet", private, thread("m")))
		c := r.message("1").Case
		_, err := r.solve(c)
		require.NoError(t, err)
		r.clock.Forward(time.Second)
		p, err := r.desk.Continue(ctx, as(ada), c, "  Does it last?\u202E ")
		require.NoError(t, err)
		require.Equal(t, []any{"Does it last?", ada, hilft.Open, c}, []any{p.New.Title, p.New.Agent, p.New.State, p.New.After})
		next, err := r.desk.Case(ctx, as(ada), p.New.ID)
		require.NoError(t, err)
		require.Equal(t, c, next.Links.Last.ID)
		require.Equal(t, p.New.ID, r.caseOf("1").Links.Next[0].ID)
		require.Equal(t, []string{"Does it last?"}, r.titles(ViewMine, ada))

		// Its person can be answered from there, and what they say next is about it.
		v := next.Conversations[0]
		require.Equal(t, "1", next.Heard[v.ID].Remote)
		m, err := r.desk.Reply(ctx, as(ada), Reply{Case: p.New.ID, Conversation: v.ID, Text: "Is it still well?"})
		require.NoError(t, err)
		require.Equal(t, "1", m.InReplyTo)
		r.hear(r.says("mira", "2", "Yes", private, thread("m")))
		require.Equal(t, p.New.ID, r.message("2").Case)
		require.Equal(t, hilft.Solved, r.caseOf("1").Case.State)
		r.undo(p.Acted)
		require.Equal(t, c, r.message("2").Case, "taken back, all is in the one case")
		require.Equal(t, hilft.Open, r.caseOf("1").Case.State)

		// In public, too; but not when somebody else has worked on it since.
		r.hear(r.says("tom", "7", "No power"))
		p, err = r.desk.Continue(ctx, as(ada), r.message("7").Case, "")
		require.NoError(t, err)
		require.Equal(t, "No power", p.New.Title)
		_, err = r.desk.Note(ctx, as(ben), p.New.ID, "I am on it", "", "")
		require.NoError(t, err)
		_, err = r.desk.Undo(ctx, as(ada), p.ID, p.Act)
		r.is(err, hilft.Conflict)
		_, err = r.desk.Reply(ctx, as(ada), Reply{Case: p.New.ID, Conversation: r.message("7").Conversation, Text: "And now?", Anyway: true})
		require.NoError(t, err)
		r.hear(r.says("tom", "8", "Fine", refs("7")))
		require.Equal(t, p.New.ID, r.message("8").Case, "we had spoken about it last")
		_, err = r.desk.Continue(ctx, at("other", ada), p.ID, "")
		r.is(err, hilft.NotFound)
	})
}

func TestACaseIsHandedOverWithANote(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"))
		c := r.message("1").Case
		done, err := r.desk.HandOver(ctx, as(ada), c, as(ben), " She calls at noon \x00 ")
		require.NoError(t, err)
		require.Equal(t, ben, done.Agent)
		require.Equal(t, []string{"No internet", "She calls at noon"}, bodies(r.caseOf("1").Messages))
		r.undo(done)
		after := r.caseOf("1")
		require.Empty(t, after.Case.Agent)
		require.Equal(t, []any{"", false}, []any{after.Messages[1].Body, after.Messages[1].DeletedAt.IsZero()}, "the note went with it")
		_, err = r.desk.HandOver(ctx, as(ada), c, at("other", ben), "Hm")
		r.is(err, hilft.Invalid)
		require.Len(t, r.caseOf("1").Messages, 2, "and nothing of it was written")
	})
}

// What is being written in a case that goes into another is written there, and the queue keeps it for nobody.
func TestWhatIsBegunGoesAlong(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet", private, thread("a")), r.says("tom", "2", "No telephone", private, thread("b")))
		into, from := r.message("1").Case, r.message("2").Case
		for agent, id := range map[hilft.AgentID][]hilft.CaseID{ada: {into, from}, ben: {from}} {
			for _, in := range id {
				_, err := r.desk.KeepDraft(ctx, as(agent), in, DraftReply, "", Written{Text: "Of " + string(agent)})
				require.NoError(t, err)
			}
		}
		_, err := r.desk.Serve(ctx, as(ada), brand, List{View: ViewOpen}, Asking{Tab: "t", Current: into})
		require.NoError(t, err)
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM reservation`))
		_, err = r.desk.Merge(ctx, as(ada), from, into, true)
		require.NoError(t, err)
		require.Equal(t, []string{"ada reply: Of ada", "ben reply: Of ben"}, r.drafts("1"))
		require.Zero(t, r.count(`SELECT COUNT(*) FROM reservation`))
	})
}

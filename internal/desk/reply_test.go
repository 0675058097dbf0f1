// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

func TestAReplyAndItsDeliveryAreOneThing(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet", thread("t")), r.says("us", "2", "Which town?", refs("1"), thread("t")), r.says("mira", "3", "Kiel", refs("2"), thread("t")))
		m := r.replied("3", "  We are on it.\x00 ")
		require.Equal(t, []any{"We are on it.", hilft.Queued, hilft.Outbound, "3", ada}, []any{m.Body, m.Delivery, m.Direction, m.InReplyTo, m.Agent})
		sent := r.dispatched()
		require.Len(t, sent, 1)
		require.Equal(t, channel.Dispatch{Brand: brand, Account: account, Message: m.ID, Out: channel.Outgoing{
			Key: string(m.ID), Thread: "t", Visibility: hilft.Public,
			InReplyTo: "3", Refs: []string{"1", "2", "3"}, To: channel.Author{ID: "mira", Name: "mira"}, Text: "We are on it.",
		}}, sent[0])
		c := r.caseOf("1").Case
		require.Equal(t, []any{hilft.Waiting, ada}, []any{c.State, c.Agent}, "who answers takes it")
		require.Contains(t, r.happened(), hilft.EventCaseAssigned)

		_, err := r.reply("3", " \n\x00")
		r.is(err, hilft.Invalid)
		require.Len(t, r.dispatched(), 1)
	})
}

func TestAReplyIsStoppedBySomethingNew(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		seen := func(id hilft.MessageID) func(*Reply) { return func(say *Reply) { say.Seen = id } }
		first := r.message("1").ID
		r.hear(r.says("mira", "2", "It works again!", refs("1")))
		_, err := r.reply("1", "We send somebody.", seen(first))
		r.is(err, hilft.Conflict)
		require.Empty(t, r.dispatched(), "a reply that was stopped is not delivered")
		_, err = r.reply("1", "We send somebody.", seen(""))
		r.is(err, hilft.Conflict)
		r.replied("1", "We send somebody.", seen(first), func(say *Reply) { say.Anyway = true })

		// A colleague's answer is something new as well; one's own and a note are not.
		last := r.message("2").ID
		r.replied("1", "And again.", seen(last))
		_, err = r.reply("1", "Me too.", seen(last), func(say *Reply) { say.Agent = ben })
		r.is(err, hilft.Conflict)
		note, err := r.desk.Note(t.Context(), brand, r.message("1").Case, ada, "Ask Tom", "")
		require.NoError(t, err)
		r.replied("1", "Me too.", seen(note.ID), func(say *Reply) { say.Agent = ben })

		// What came after is new, whatever clocks say.
		it := r.says("mira", "3", "Stop!", refs("1"))
		all := r.caseOf("1").Messages
		r.clock.Forward(-time.Hour) // the other node's clock is slow
		r.hear(it)
		_, err = r.reply("1", "Bye.", func(say *Reply) { say.Agent, say.Seen = ben, all[len(all)-1].ID })
		r.is(err, hilft.Conflict)
	})
}

func TestOneRequestWritesOnce(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		one := func(say *Reply) { say.Request, say.Seen = "click-1", r.message("1").ID }
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				say := Reply{Brand: brand, Case: r.message("1").Case, Conversation: r.message("1").Conversation, Agent: ada, Text: "On it."}
				one(&say)
				if _, err := r.desk.Reply(t.Context(), say); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Len(t, r.dispatched(), 1)
	})
}

func TestGoingOnInPrivate(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		inPrivate := func(say *Reply) { say.Visibility = hilft.Private }
		m := r.replied("1", "What is your number?", inPrivate)
		require.NotEqual(t, r.message("1").Conversation, m.Conversation)
		d := r.dispatched()[0].Out
		require.Equal(t, []any{hilft.Private, "1", "mira", ""}, []any{d.Visibility, d.InReplyTo, d.To.ID, d.Thread})
		r.told(channel.Report{Message: m.ID, Delivery: hilft.Sending}, channel.Report{Message: m.ID, Delivery: hilft.Sent, Receipt: channel.Receipt{ID: "dm", Thread: "dms"}})
		again := r.replied("1", "Are you there?", inPrivate)
		require.Equal(t, m.Conversation, again.Conversation, "one private conversation a case")
		require.Equal(t, "dms", r.dispatched()[1].Out.Thread)
		r.hear(r.says("mira", "2", "4711", private, thread("dms")))
		require.Equal(t, []any{m.Conversation, m.Case}, []any{r.message("2").Conversation, r.message("2").Case})
		require.Len(t, r.caseOf("1").Conversations, 2)
		_, err := r.reply("2", "Thank you!", func(say *Reply) { say.Visibility = hilft.Public })
		r.is(err, hilft.Invalid)
	})
}

func TestThereMustBeSomebodyToAnswer(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), channel.Item{Kind: channel.Deleted, ID: "1", At: r.clock.Now()})
		_, err := r.reply("1", "We are on it.")
		r.is(err, hilft.Invalid)
		r.hear(r.says("tom", "2", "Same"))
		_, err = r.reply("2", "We are on it.", func(say *Reply) { say.Conversation = r.message("1").Conversation })
		r.is(err, hilft.Invalid)
		require.Empty(t, r.dispatched())
		_, err = r.desk.Note(t.Context(), brand, r.message("2").Case, ada, " ", "")
		r.is(err, hilft.Invalid)
	})
}

func TestReplyAndSolve(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "Hello?", refs("1")))
		m := r.replied("2", "Repaired.", func(say *Reply) { say.Solve = true })
		r.stands("1", hilft.Solved, time.Time{})
		// It did not arrive: who waited for it waits again.
		r.told(channel.Report{Message: m.ID, Delivery: hilft.Sending}, channel.Report{Message: m.ID, Delivery: hilft.Failed, Reason: channel.ReasonBlocked, Detail: "blocked you"})
		r.stands("1", hilft.Open, r.message("1").At)
		require.Equal(t, 1, r.caseOf("1").Case.Trouble)
	})
}

func TestBrandsAreWalls(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		r.hearAt("other", "@other", r.says("mira", "1o", "No water"))
		c, m := r.message("1").Case, r.replied("1", "On it.")
		r.told(channel.Report{Message: m.ID, Delivery: hilft.Failed})
		ctx := t.Context()
		for verb, f := range map[string]func() error{
			"reply": func() error {
				_, err := r.desk.Reply(ctx, Reply{Brand: "other", Case: c, Conversation: m.Conversation, Agent: ada, Text: "x", Anyway: true})
				return err
			},
			"note":    func() error { _, err := r.desk.Note(ctx, "other", c, ada, "x", ""); return err },
			"assign":  func() error { _, err := r.desk.Assign(ctx, "other", c, ben, ada); return err },
			"solve":   func() error { _, err := r.desk.Solve(ctx, "other", c, m.ID, ada); return err },
			"reopen":  func() error { _, err := r.desk.Reopen(ctx, "other", c, ada); return err },
			"case":    func() error { _, err := r.desk.Case(ctx, "other", c); return err },
			"row":     func() error { _, err := r.desk.Row(ctx, "other", c); return err },
			"message": func() error { _, err := r.desk.Message(ctx, "other", m.ID); return err },
			"retry":   func() error { _, err := r.desk.Retry(ctx, "other", m.ID, ada); return err },
			"arrived": func() error { _, err := r.desk.Arrived(ctx, "other", m.ID, ada); return err },
			"person":  func() error { _, _, err := r.desk.Person(ctx, "other", r.caseOf("1").Case.Person); return err },
		} {
			require.Equal(t, hilft.NotFound, hilft.KindOf(f()), verb)
		}
		other := r.message("1o")
		_, err := r.reply("1", "x", func(say *Reply) { say.Conversation, say.Anyway = other.Conversation, true })
		r.is(err, hilft.Invalid)
		_, err = r.reply("1", "x", func(say *Reply) { say.Seen = other.ID })
		r.is(err, hilft.Conflict)
		page, err := r.desk.Inbox(ctx, "other", ada, ViewOpen, "", 10)
		require.NoError(t, err)
		require.Len(t, page.Cases, 1)
		require.Equal(t, "No water", page.Cases[0].Preview)
		all, err := r.desk.Undecided(ctx, "other", 10)
		require.NoError(t, err)
		require.Empty(t, all)
		require.NotContains(t, r.picture("other"), "internet")
	})
}

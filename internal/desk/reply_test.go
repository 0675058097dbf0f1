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
	"github.com/hilft/hilft/internal/access"
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
		r.by = ben
		_, err = r.reply("1", "Me too.", seen(last))
		r.is(err, hilft.Conflict)
		note, err := r.desk.Note(t.Context(), as(ada), r.message("1").Case, "Ask Tom", "", "")
		require.NoError(t, err)
		r.replied("1", "Me too.", seen(note.ID))

		// What came after is new, whatever clocks say.
		it := r.says("mira", "3", "Stop!", refs("1"))
		all := r.caseOf("1").Messages
		r.clock.Forward(-time.Hour) // the other node's clock is slow
		r.hear(it)
		_, err = r.reply("1", "Bye.", func(say *Reply) { say.Seen = all[len(all)-1].ID })
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
				say := Reply{Case: r.message("1").Case, Conversation: r.message("1").Conversation, Text: "On it."}
				one(&say)
				if _, err := r.desk.Reply(t.Context(), as(ada), say); err != nil {
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
		_, err = r.desk.Note(t.Context(), as(ada), r.message("2").Case, " ", "", "")
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

func TestBrandsAreWallsAndRolesAreRights(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		r.hearAt("other", "@other", r.says("mira", "1o", "No water"))
		c, m := r.message("1").Case, r.replied("1", "On it.")
		r.told(channel.Report{Message: m.ID, Delivery: hilft.Failed})
		ctx, mira := t.Context(), r.caseOf("1").Case.Person
		nobodyAsks := func(hilft.AccountID) (time.Time, bool) { return time.Time{}, false }
		type verb struct {
			needs access.Right
			do    func(see access.Sight) error
		}
		verbs := map[string]verb{
			"reply": {access.Work, func(see access.Sight) error {
				_, err := r.desk.Reply(ctx, see, Reply{Case: c, Conversation: m.Conversation, Text: "x", Anyway: true})
				return err
			}},
			"note":    {access.Note, func(see access.Sight) error { _, err := r.desk.Note(ctx, see, c, "x", "", ""); return err }},
			"assign":  {access.Work, func(see access.Sight) error { _, err := r.desk.Assign(ctx, see, c, as(ben)); return err }},
			"solve":   {access.Work, func(see access.Sight) error { _, err := r.desk.Solve(ctx, see, c, m.ID); return err }},
			"reopen":  {access.Work, func(see access.Sight) error { _, err := r.desk.Reopen(ctx, see, c); return err }},
			"look":    {access.Read, func(see access.Sight) error { return r.desk.Look(ctx, see, c, nobodyAsks) }},
			"case":    {access.Read, func(see access.Sight) error { _, err := r.desk.Case(ctx, see, c); return err }},
			"row":     {access.Read, func(see access.Sight) error { _, err := r.desk.Row(ctx, see, c); return err }},
			"message": {access.Read, func(see access.Sight) error { _, err := r.desk.Message(ctx, see, m.ID); return err }},
			"thread":  {access.Work, func(see access.Sight) error { _, _, err := r.desk.ThreadOf(ctx, see, c, m.Conversation); return err }},
			"retry":   {access.Work, func(see access.Sight) error { _, err := r.desk.Retry(ctx, see, m.ID); return err }},
			"arrived": {access.Work, func(see access.Sight) error { _, err := r.desk.Arrived(ctx, see, m.ID); return err }},
			"let go":  {access.Work, func(see access.Sight) error { _, err := r.desk.LetGo(ctx, see, m.ID); return err }},
			"take up": {access.Work, func(see access.Sight) error { _, err := r.desk.TakeUp(ctx, see, m.ID); return err }},
			"person":  {access.Read, func(see access.Sight) error { _, _, err := r.desk.Person(ctx, see, mira); return err }},
			"inbox": {access.Read, func(see access.Sight) error {
				_, err := r.desk.Inbox(ctx, see, brand, List{View: ViewOpen}, "", 9)
				return err
			}},
			"counts":  {access.Read, func(see access.Sight) error { _, err := r.desk.Counts(ctx, see, brand); return err }},
			"service": {access.Lead, func(see access.Sight) error { _, err := r.desk.Service(ctx, see, brand); return err }},
			"set":     {access.Lead, func(see access.Sight) error { return r.desk.SetService(ctx, see, brand, Service{}) }},
			"outlook": {access.Lead, func(see access.Sight) error { _, err := r.desk.Outlook(ctx, see, brand, Service{}); return err }},
			"number":  {access.Read, func(see access.Sight) error { _, err := r.desk.Numbered(ctx, see, brand, 1001); return err }},
			"undo":    {access.Work, func(see access.Sight) error { _, err := r.desk.Undo(ctx, see, c, 1); return err }},
			"unknown": {access.Read, func(see access.Sight) error { _, err := r.desk.Undecided(ctx, see, brand, 9); return err }},
		}
		before := r.picture(brand)
		for name, v := range verbs {
			r.is(v.do(at("other", ada)), hilft.NotFound)
			r.is(v.do(access.Sight{Agent: ada}), hilft.NotFound)
			for _, role := range access.BrandRoles {
				see := being(role, brand, ada)
				switch {
				case !see.May(brand, v.needs):
					r.is(v.do(see), hilft.Forbidden)
				case v.needs == access.Read:
					require.NoError(t, v.do(see), "%s: %s", role, name)
				}
			}
		}
		require.Equal(t, before, r.picture(brand), "who may not has changed nothing")
		_, err := r.desk.Talk(ctx, at("other", ada), m.Conversation)
		r.is(err, hilft.Invalid)
		_, err = r.desk.Assign(ctx, as(ada), c, at("other", ben))
		r.is(err, hilft.Invalid)
		_, err = r.desk.Assign(ctx, as(ada), c, being(access.RoleReader, brand, ben))
		r.is(err, hilft.Invalid)
		other := r.message("1o")
		_, err = r.reply("1", "x", func(say *Reply) { say.Conversation, say.Anyway = other.Conversation, true })
		r.is(err, hilft.Invalid)
		_, err = r.reply("1", "x", func(say *Reply) { say.Seen = other.ID })
		r.is(err, hilft.Conflict)
		page, err := r.desk.Inbox(ctx, at("other", ada), "other", List{View: ViewOpen}, "", 10)
		require.NoError(t, err)
		require.Len(t, page.Cases, 1)
		require.Equal(t, "No water", page.Cases[0].Preview)
		all, err := r.desk.Undecided(ctx, at("other", ada), "other", 10)
		require.NoError(t, err)
		require.Empty(t, all)
		require.NotContains(t, r.picture("other"), "internet")
	})
}

func TestASignStandsBehindATextOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Moin":       "Moin ^LM",
		" Moin ^LM ": "Moin ^LM", // it was taken back, and is sent again
		"Moin^LM":    "Moin^LM ^LM",
		"Zeile\n^LM": "Zeile\n^LM",
		"":           "^LM", // files alone
		"^LM":        "^LM",
	} {
		require.Equal(t, want, Signed(text, "^LM"), "%q", text)
		require.Equal(t, want, Signed(want, "^LM"), "once: %q", text)
	}
	require.Equal(t, "Moin", Signed("Moin", ""))
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "Hallo"))
		m := r.replied("1", "Morgen.", func(r *Reply) { r.Sign = "^LM" })
		require.Equal(t, "Morgen. ^LM", m.Body)
		require.Equal(t, "Morgen. ^LM", r.dispatched()[0].Out.Text, "what is kept is what goes out")
	})
}

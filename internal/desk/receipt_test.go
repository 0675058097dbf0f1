// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// letters is what the brand and ada put around their letters.
func (r *room) letters(signature, adas, de, en string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO brand (id, name, language, answer_in, made_at, signature, receipt_de, receipt_en) VALUES (?, 'Nordnetz', 'de', 60, 0, ?, ?, ?)`,
			string(brand), signature, de, en); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO agent (id, email, name, initials, role, language, scheme, password, made_at, closed_at, signature)
			VALUES (?, 'ada@nordnetz.example', 'Ada Ahrens', 'AA', 'agent', 'de', 'auto', '', 0, 0, ?)`, string(ada), adas)
		return err
	}))
}

// post lets mails come in together.
func (r *room) post(items ...channel.Item) {
	r.t.Helper()
	r.mail = true
	r.clock.Forward(time.Second)
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var words []Heard
		for _, it := range items {
			who, err := people.Recognise(ctx, tx, brand, network, it.From)
			if err != nil {
				return err
			}
			words = append(words, Heard{Brand: brand, Account: account, Network: network, ThreadIsConcern: true, SenderIDs: true, Receipts: true, Item: it, Identity: who})
		}
		return r.desk.Hear(ctx, tx, words...)
	}))
}

func (r *room) mailFrom(who, id string, more ...func(*channel.Item)) channel.Item {
	return r.says(who, id, "No internet", append([]func(*channel.Item){private, thread("m-" + id), genuine(channel.Confirmed)}, more...)...)
}

func genuine(g channel.Genuine) func(*channel.Item) {
	return func(it *channel.Item) { it.Genuine = g }
}

func TestWhoeverWritesFirstIsToldThatItArrivedOnceADay(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("", "", "Ihr Anliegen bei {brand} hat die Nummer {number}.", "Your case is {number}.")
		r.post(r.mailFrom("mira", "1"), r.mailFrom("mira", "2"), r.mailFrom("tom", "3", func(it *channel.Item) { it.Language = "en" }))
		all := r.dispatched()
		require.Len(t, all, 2)
		require.Equal(t, []any{"mira", "Ihr Anliegen bei Nordnetz hat die Nummer 1001.", true, "1"}, []any{all[0].Out.To.ID, all[0].Out.Text, all[0].Out.Auto, all[0].Out.InReplyTo})
		require.Equal(t, []string{"tom", "Your case is 1003."}, []string{all[1].Out.To.ID, all[1].Out.Text})
		require.Nil(t, all[0].Out.Answered)

		// It is no answer: the customer waits, the list shows their words, and the agent is not stopped by it.
		c := r.caseOf("1")
		require.Len(t, c.Messages, 2)
		require.Equal(t, []any{hilft.Open, false, "No internet", 0}, []any{c.Case.State, c.Case.Answered, c.Case.Preview, c.Case.Trouble})
		first := r.message("1")
		_, err := r.desk.Reply(t.Context(), as(ada), Reply{Case: first.Case, Conversation: first.Conversation, Text: "We are on it.", Seen: first.ID})
		require.NoError(t, err)

		// Nor does it make trouble when it does not arrive.
		r.told(report(c.Messages[1], hilft.Sending), report(c.Messages[1], hilft.Failed))
		require.Zero(t, r.caseOf("1").Case.Trouble)

		r.clock.Forward(receiptEvery - time.Minute)
		r.post(r.mailFrom("mira", "4"))
		require.Len(t, r.dispatched(), 3, "the agent's answer, and no further receipt")
		r.clock.Forward(2 * time.Minute)
		r.post(r.mailFrom("mira", "5"))
		require.Len(t, r.dispatched(), 4)
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM receipt`), "what is over is forgotten")
	})
}

func TestNoReceiptGoesToWhomItWouldNotHelp(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("", "", "Ist da.", "")
		r.post(
			r.mailFrom("machine", "1", byMachine),
			r.mailFrom("unknown", "2", genuine("")),
			r.mailFrom("forged", "3", genuine(channel.Doubtful), proven),
			r.mailFrom("unchecked", "4", genuine(channel.NotSaid)),
			r.mailFrom("early", "5", saidAt(r.clock.Now().Add(-2*time.Hour))),
			r.mailFrom("quiet", "q", func(it *channel.Item) { it.Unanswered = true }),
			r.mailFrom("public", "6", func(it *channel.Item) { it.Visibility = hilft.Public }),
		)
		r.post(r.mailFrom("us", "7", genuine(channel.Confirmed)))
		require.Empty(t, r.dispatched())
		r.post(r.mailFrom("mira", "8"))
		r.post(r.mailFrom("mira", "9", thread("m-8"), func(it *channel.Item) { it.Refs = []string{"8"} }))
		require.Len(t, r.dispatched(), 1, "what goes on is no first word")
	})
}

// A scanner gives all its mails one name and one text: what is in them tells them apart.
func TestMailsOfOneNameWithOtherFilesAreSeveral(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		scan := func(hashes ...string) {
			r.clock.Forward(time.Second)
			require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				var words []Heard
				for _, hash := range hashes {
					it := r.mailFrom("scanner", "scan")
					who, err := people.Recognise(ctx, tx, brand, network, it.From)
					if err != nil {
						return err
					}
					words = append(words, Heard{Brand: brand, Account: account, Network: network, ThreadIsConcern: true, SenderIDs: true, Item: it, Identity: who, Files: []File{{Name: "scan.pdf", Hash: hash}}})
				}
				return r.desk.Hear(ctx, tx, words...)
			}))
		}
		scan("a")
		scan("b")
		scan("a", "c")
		scan("b", "c")
		require.Equal(t, 3, r.count(`SELECT COUNT(*) FROM message`))
	})
}

// A house that was restored may hear again what its original has given a receipt for.
func TestWhatWasSaidBeforeTheHouseWasRestoredGetsNoReceipt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("", "", "Ist da.", "")
		before := r.clock.Now()
		r.clock.Forward(10 * time.Minute)
		require.NoError(t, r.db.Write(t.Context(), WithholdReceipts))
		r.post(r.mailFrom("mira", "1", saidAt(before)))
		require.Empty(t, r.dispatched())
		r.clock.Forward(time.Minute)
		r.post(r.mailFrom("mira", "2"))
		require.Len(t, r.dispatched(), 1)
		r.clock.Forward(receiptEvery + time.Hour)
		r.post(r.mailFrom("tom", "3"))
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM receipt`), "what is over is forgotten")
	})
}

func TestAHouseThatWantsNoReceiptsSendsNone(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("", "", "", "")
		r.post(r.mailFrom("mira", "1"))
		require.Empty(t, r.dispatched())
		require.Zero(t, r.count(`SELECT COUNT(*) FROM receipt`))
	})
}

func TestAnAnswerWearsTheSignatureOfItsAuthorAndBrand(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("{agent}\n{brand} Kundendienst", "Freundliche Grüße", "", "")
		r.post(r.mailFrom("mira", "1", func(it *channel.Item) { it.Addressed = "vertrieb@nordnetz.example" }))
		r.replied("1", "We are on it.")
		out := r.dispatched()[0].Out
		require.Equal(t, []string{"Freundliche Grüße\nAda Ahrens\nNordnetz Kundendienst", "de", "vertrieb@nordnetz.example"}, []string{out.Signature, out.Language, out.Addressed})
		require.Equal(t, "No internet", out.Answered.Text)
		require.Equal(t, "mira", out.Answered.By.ID)
	})
}

// What somebody wrote in private is not quoted anywhere else, and what was said in public needs no quoting.
func TestOnlyWhatWasSaidThereIsQuoted(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		r.replied("1", "We are on it.")
		r.replied("1", "Your number?", func(say *Reply) { say.Visibility = hilft.Private })
		for _, d := range r.dispatched() {
			require.Nil(t, d.Out.Answered)
		}
	})
}

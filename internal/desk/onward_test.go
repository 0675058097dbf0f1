// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const letterbox = hilft.AccountID("letterbox")

// visitor is somebody in a chat, who has left an address or not.
func (r *room) visitor(id, text, address string) {
	r.t.Helper()
	r.hear(r.says("visitor", id, text, private, thread("t-visitor"), proven, func(it *channel.Item) { it.Mail, it.Language = address, "de" }))
}

// inChat answers the visitor, and the answer lies in their mailbox.
func (r *room) inChat(to, text, remote string, more ...func(*Reply)) Message {
	r.t.Helper()
	m := r.replied(to, text, more...)
	sent := report(m, hilft.Sent)
	sent.Receipt.ID, sent.Onward = remote, &channel.Onward{Account: letterbox, Network: "mail", After: 2 * time.Minute}
	r.told(report(m, hilft.Sending), sent)
	return m
}

func (r *room) sees(remotes ...string) {
	r.t.Helper()
	for _, id := range remotes {
		r.hear(channel.Item{Kind: channel.Shown, ID: id, At: r.clock.Now()})
	}
}

// later lets the time pass after which answers go on, and those that wait do so; what of them is not theirs to do stays.
func (r *room) later(change ...func(*channel.OnwardArgs)) {
	r.t.Helper()
	r.clock.Forward(2 * time.Minute)
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		all, err := store.All(ctx, tx, `DELETE FROM job WHERE kind = 'onward' AND run_at <= ? RETURNING args`, []any{store.Micros(tx.Now())}, func(scan func(into ...any) error, a *channel.OnwardArgs) error {
			var s string
			if err := scan(&s); err != nil {
				return err
			}
			return json.Unmarshal([]byte(s), a)
		})
		for _, a := range all {
			for _, f := range change {
				f(&a)
			}
			// Twice: a worker that was given up may do it as well.
			for range 2 {
				if err == nil {
					err = r.desk.goesOn(ctx, tx, jobs.Job{Args: mustJSON(r.t, a)})
				}
			}
		}
		return err
	}))
}

// goneOn are the deliveries over the account for letters.
func (r *room) goneOn() (all []channel.Dispatch) {
	r.t.Helper()
	for _, d := range r.dispatched() {
		if d.Account == letterbox {
			all = append(all, d)
		}
	}
	return all
}

func TestAnswersThatNobodySeesGoOnInOneLetter(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.letters("", "", "", "")
		r.visitor("1", "Buy cheap pills at pills.example", "mira@example.org")
		first := r.inChat("1", "Das klären wir.", "11")
		r.inChat("1", "Der Techniker kommt morgen.", "12")
		_, err := r.desk.Note(t.Context(), as(ada), first.Case, "Sie klingt verärgert.", "", "")
		require.NoError(t, err)
		require.Empty(t, r.goneOn(), "not before the time")
		r.later()
		all := r.goneOn()
		require.Len(t, all, 1)
		out := all[0].Out
		require.Equal(t, []any{"mira@example.org", "", true, "", "Nordnetz: unsere Antwort aus dem Chat"}, []any{out.To.Handle, out.To.ID, out.Auto, out.InReplyTo, out.Subject})
		require.Contains(t, out.Text, "\n\nDas klären wir.\n\nDer Techniker kommt morgen.\n\n")
		require.NotContains(t, out.Text, "pills", "what a visitor writes does not go to an address that they claim")
		require.NotContains(t, out.Text, "verärgert")
		require.Nil(t, out.Answered)
		c := r.caseOf("1")
		require.Equal(t, []any{hilft.Waiting, true, 0}, []any{c.Case.State, c.Case.Answered, c.Case.Trouble})
		require.Equal(t, []any{"mira@example.org", all[0].Message}, []any{r.message("11").LetterTo, r.message("12").Letter})

		// What is said later goes into the same conversation; what has gone on does not go again.
		r.inChat("1", "Noch etwas: bitte den Keller aufschließen.", "13")
		r.later()
		all = r.goneOn()
		require.Len(t, all, 2)
		require.NotContains(t, all[1].Out.Text, "Techniker")
		require.Equal(t, r.letterOf(all[0]).Conversation, r.letterOf(all[1]).Conversation)
		r.later()
		require.Len(t, r.goneOn(), 2)
	})
}

func TestManyAnswersGoOnInSeveralLetters(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		for i := range carriedMost + 1 {
			r.inChat("1", fmt.Sprintf("Answer %d.", i), fmt.Sprint(11+i))
		}
		r.later()
		all := r.goneOn()
		require.Len(t, all, 2)
		require.Contains(t, all[0].Out.Text, "Answer 0.")
		require.NotContains(t, all[0].Out.Text, fmt.Sprintf("Answer %d.", carriedMost))
		require.Contains(t, all[1].Out.Text, fmt.Sprintf("Answer %d.", carriedMost))
		require.Equal(t, r.letterOf(all[0]).Conversation, r.letterOf(all[1]).Conversation)
		require.True(t, r.letterOf(all[0]).MadeAt.Before(r.letterOf(all[1]).MadeAt))
		r.later()
		require.Len(t, r.goneOn(), 2)
	})
}

// An answer that was added just before the letter is due has its time to be seen, and then goes on with the others.
func TestALetterWaitsForTheLastAnswerInIt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		first := r.inChat("1", "It is.", "11")
		r.clock.Forward(2*time.Minute - 4*time.Second)
		second := r.inChat("1", "Until noon.", "12")
		goesOn := func() error {
			args := channel.OnwardArgs{Message: first.ID, Onward: channel.Onward{Account: letterbox, Network: "mail", After: 2 * time.Minute}}
			return r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return r.desk.goesOn(ctx, tx, jobs.Job{Args: mustJSON(t, args)})
			})
		}
		r.clock.Forward(2 * time.Second)
		require.ErrorIs(t, goesOn(), errStillSpeaking)
		require.Empty(t, r.goneOn())
		r.clock.Forward(2 * time.Minute)
		require.NoError(t, goesOn())
		require.Len(t, r.goneOn(), 1)
		for _, m := range []Message{first, second} {
			require.Contains(t, r.goneOn()[0].Out.Text, m.Body)
		}
	})
}

func TestNoLetterGoesToWhoIsThereOrLeftNoAddress(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		r.inChat("1", "It is.", "11")
		r.inChat("1", "Until noon.", "12")
		r.sees("11", "12")
		require.NotZero(t, r.message("11").ShownAt)
		r.later()
		require.Empty(t, r.goneOn(), "they saw it")

		// The browser may tell it before we know the answer by its id.
		r.sees("13")
		r.inChat("1", "It works again.", "13")
		r.later()
		require.Empty(t, r.goneOn())

		// Who writes has the conversation before them.
		r.inChat("1", "Does it?", "14")
		r.visitor("2", "It does, thanks", "mira@example.org")
		r.later()
		require.Empty(t, r.goneOn())

		r.hear(r.says("stranger", "3", "Hello?", private, thread("t-stranger"), proven))
		r.inChat("3", "Hello!", "15")
		r.later()
		require.Empty(t, r.goneOn(), "nobody knows where to")
		require.Zero(t, r.count(`SELECT COUNT(*) FROM onward`))
	})
}

func TestTheAnswerToALetterComesIntoTheSameCase(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		r.inChat("1", "It is. Until noon.", "11")
		r.later()
		letter := r.goneOn()[0]
		m := r.letterOf(letter)
		r.told(report(m, hilft.Sending), channel.Report{Message: m.ID, Delivery: hilft.Sent, Receipt: channel.Receipt{ID: "letter-1", Thread: "m-letter"}})
		require.Zero(t, r.count(`SELECT COUNT(*) FROM job WHERE kind = 'onward'`), "a letter goes on nowhere")

		// Somebody who only claims to answer it begins a case of their own; who proves it comes in.
		r.hearAt(brand, letterbox, r.says("mira@example.org", "mail-1", "Thank you!", private, thread("m-letter"), refs("letter-1"), proven))
		require.Equal(t, 1, r.cases())
		answer := r.message("mail-1")
		require.Equal(t, []any{m.Case, m.Conversation}, []any{answer.Case, answer.Conversation})
		r.stands("1", hilft.Open, answer.At)
		r.hearAt(brand, letterbox, r.says("mallory@example.org", "mail-2", "Me too", private, refs("letter-1")))
		require.Equal(t, 2, r.cases())
	})
}

func TestALetterThatComesBackIsShownAndSentAgainByAPersonOnly(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		r.inChat("1", "It is.", "11")
		r.later()
		m := r.letterOf(r.goneOn()[0])
		r.told(report(m, hilft.Sending), channel.Report{Message: m.ID, Delivery: hilft.Failed, Reason: channel.ReasonNoRecipient})
		require.Equal(t, []any{hilft.Waiting, 1}, []any{r.caseOf("1").Case.State, r.caseOf("1").Case.Trouble}, "they have not read the answer")
		r.later()
		require.Len(t, r.goneOn(), 1, "no loop")
		_, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Zero(t, r.caseOf("1").Case.Trouble)
		all := r.goneOn()
		require.Len(t, all, 2)
		require.Equal(t, "mira@example.org", all[1].Out.To.Handle)
	})
}

func TestInARestoredHouseAPersonDecidesAboutTheLetter(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.visitor("1", "Is it broken?", "mira@example.org")
		r.inChat("1", "It is.", "11")
		r.later(func(a *channel.OnwardArgs) { a.Restored = true })
		require.Empty(t, r.goneOn())
		id := r.message("11").Letter
		m, err := r.desk.Message(t.Context(), as(ada), id)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Unknown, channel.ReasonRestored}, []any{m.Delivery, m.Reason})
		require.Equal(t, 1, r.caseOf("1").Case.Trouble)
		_, err = r.desk.Retry(t.Context(), as(ada), id)
		require.NoError(t, err)
		require.Len(t, r.goneOn(), 1)
	})
}

func (r *room) letterOf(d channel.Dispatch) Message {
	r.t.Helper()
	m, err := r.desk.Message(r.t.Context(), as(ada), d.Message)
	require.NoError(r.t, err)
	return m
}

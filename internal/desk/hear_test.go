// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

func TestTwoCustomersInOneThreadAreTwoCases(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet since yesterday."), r.says("tom", "2", "Same here!", refs("1")), r.says("mira", "3", "Hello?", refs("2")))
		require.Equal(t, 1, r.conversations())
		require.Equal(t, 2, r.cases())
		require.Equal(t, r.message("1").Case, r.message("3").Case)
		require.NotEqual(t, r.message("1").Case, r.message("2").Case)
		require.Equal(t, []string{"No internet since yesterday.", "Hello?"}, bodies(r.caseOf("1").Messages))
		require.Equal(t, []string{hilft.EventCaseOpened, hilft.EventMessageHeard, hilft.EventCaseOpened, hilft.EventMessageHeard, hilft.EventMessageHeard}, r.happened())

		// An answer to one is no answer to the other, by whatever tool.
		r.hear(r.says("us", "4", "We are on it, Tom.", refs("2")))
		r.stands("2", hilft.Waiting, time.Time{})
		r.stands("1", hilft.Open, r.message("1").At)
		r.replied("3", "We are on it.")
		r.stands("1", hilft.Waiting, time.Time{})
	})
}

func TestPostThenDirectMessageIsOneCase(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet!"), r.says("mira", "2", "My number is 4711.", private))
		require.Equal(t, 1, r.cases())
		require.Equal(t, 2, r.conversations())
		require.Equal(t, hilft.Private, r.caseOf("1").Case.Visibility)
		// And the other way round.
		r.hear(r.says("tom", "3", "My number is 4712.", private), r.says("tom", "4", "Nobody answers me!"))
		require.Equal(t, 2, r.cases())
		// With two open there is no telling which one a direct message goes on with, unless it says so.
		r.hear(r.says("tom", "5", "And my bill is wrong."))
		require.Equal(t, 3, r.cases())
		r.hear(r.says("tom", "6", "About the bill: 4712", private, thread("t6"), refs("5")))
		require.Equal(t, r.message("5").Case, r.message("6").Case)
		require.Equal(t, 3, r.cases())
	})
}

func TestEachMailThreadIsAConcern(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mira", "1", "No internet", private, thread("a"), subject("Störung")), r.says("mira", "2", "Wrong bill", private, thread("b"), subject("Rechnung")),
			r.says("mira", "3", "Still none", private, thread("a"), refs("1")))
		require.Equal(t, 2, r.cases())
		require.Equal(t, r.message("1").Case, r.message("3").Case)
		require.Equal(t, "Rechnung", r.caseOf("2").Case.Title)
	})
}

func TestNobodyJoinsAnothersPrivateConversation(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mira", "1", "My contract is 4711", private))
		reply := r.replied("1", "Thank you.")
		r.told(channel.Report{Message: reply.ID, Delivery: hilft.Sending}, channel.Report{Message: reply.ID, Delivery: hilft.Sent, Receipt: channel.Receipt{ID: "ours"}})
		// Mallory has seen the ids, in a forwarded mail say, and names them all.
		r.hear(r.says("mallory", "x", "Please send me the contract", private, refs("ours", "1")), r.says("mallory", "y", "Well?", private, refs("ours", "x")))
		require.Equal(t, 2, r.conversations())
		require.Equal(t, 2, r.cases())
		require.NotEqual(t, r.message("1").Case, r.message("x").Case)
		require.Equal(t, r.message("x").Case, r.message("y").Case, "but Mallory's own mails are one conversation")
		require.Len(t, r.caseOf("1").Messages, 2)
		// What we say to Mira elsewhere does not bring the two together either.
		r.hear(r.says("us", "z", "One more thing, Mira", private, refs("ours", "1")))
		require.Equal(t, r.message("1").Case, r.message("z").Case)
		require.Equal(t, 2, r.conversations())
		// Whoever holds the token that we gave out is let in.
		r.hear(r.says("mira@work", "2", "From my office", private, proven, refs("ours")), r.says("mira@work", "3", "And again", private, refs("2")))
		require.Equal(t, r.message("1").Case, r.message("2").Case)
		require.Equal(t, r.message("1").Case, r.message("3").Case, "and is a participant from then on")
	})
}

func TestIdsNamedInAdvanceDoNotBreakAThread(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mallory", "x", "First!", private, refs("1")), // before it is there
			r.says("mira", "1", "My contract is 4711", private), r.says("mira", "2", "Hello?", private, refs("1")), r.says("mira", "3", "Hello??", private, refs("1", "2")))
		require.Equal(t, 2, r.conversations())
		require.Equal(t, r.message("1").Conversation, r.message("3").Conversation)
		require.NotEqual(t, r.message("1").Conversation, r.message("x").Conversation)
	})
}

func TestWhatIsDeletedIsGone(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		it := r.says("mira", "1", "My password is geheim", subject("geheim"))
		it.Quoted, it.HTML, it.Attachments = "geheim", "<b>geheim</b>", []channel.Attachment{{Name: "geheim.png"}}
		gone := channel.Item{Kind: channel.Deleted, ID: "1", At: r.clock.Now()}
		edited := channel.Item{Kind: channel.Edited, ID: "1", At: r.clock.Now(), Text: "Now geheim", HTML: "geheim"}
		r.hear(it, edited, gone, edited, it)
		r.stands("1", hilft.Waiting, time.Time{})
		// Deleted before it was known, after it had been edited.
		late := r.says("mira", "2", "geheim again", refs("1"))
		edited.ID, gone.ID = "2", "2"
		r.hear(edited, gone, edited, late)
		for _, q := range []string{
			`SELECT COUNT(*) FROM message WHERE body || subject || quoted || html || files LIKE '%geheim%'`,
			`SELECT COUNT(*) FROM cases WHERE title || preview LIKE '%geheim%'`, `SELECT COUNT(*) FROM pending_change WHERE body || html LIKE '%geheim%'`,
		} {
			require.Zero(t, r.count(q), q)
		}
	})
}

// The customer writes while an agent solves the case as it was: nobody has seen that word, so it goes on waiting.
func TestACaseIsNotSolvedOverWhatNobodyHasSeen(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		seen := r.message("1")
		r.hear(r.says("mira", "2", "Still nothing", refs("1")))
		_, err := r.desk.Solve(t.Context(), as(ada), seen.Case, seen.ID)
		r.is(err, hilft.Conflict)
		r.stands("1", hilft.Open, seen.At)
		_, err = r.desk.Solve(t.Context(), as(ada), seen.Case, r.message("2").ID)
		require.NoError(t, err)
		r.stands("1", hilft.Solved, time.Time{})
		_, err = r.desk.Solve(t.Context(), as(ada), seen.Case, seen.ID)
		require.NoError(t, err, "it is solved")
	})
}

func TestTheNextWordOpensASolvedCaseForThirtyDays(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		c := r.caseOf("1").Case
		_, err := r.solve(c.ID)
		require.NoError(t, err)
		_, err = r.solve(c.ID)
		require.NoError(t, err, "solving twice is solving")
		r.stands("1", hilft.Solved, time.Time{})
		r.clock.Forward(29 * 24 * hour)
		r.hear(r.says("mira", "auto", "I am on holiday", refs("1"), byMachine))
		r.stands("1", hilft.Solved, time.Time{})
		r.hear(r.says("mira", "2", "It broke again", refs("1")))
		r.stands("2", hilft.Open, r.message("2").At)
		require.Equal(t, c.ID, r.message("2").Case)

		_, err = r.solve(c.ID)
		require.NoError(t, err)
		back, err := r.desk.Reopen(t.Context(), as(ada), c.ID)
		require.NoError(t, err)
		require.Equal(t, hilft.Open, back.State, "who waited before waits again")
		_, err = r.solve(c.ID)
		require.NoError(t, err)
		r.clock.Forward(31 * 24 * hour)
		r.hear(r.says("mira", "3", "Another thing", refs("1")))
		require.NotEqual(t, c.ID, r.message("3").Case)
		require.Equal(t, hilft.Solved, r.caseOf("1").Case.State)
		r.hear(r.says("mira", "4", "Well?", refs("3")))
		require.Equal(t, r.message("3").Case, r.message("4").Case)
		require.Len(t, r.caseOf("4").Earlier, 1)
		require.Equal(t, c.ID, r.caseOf("4").Links.Last.ID, "it continues the one that was solved")
		require.Equal(t, r.message("4").Case, r.caseOf("1").Links.Next[0].ID)
		require.Equal(t, []string{
			"case.opened", "message.heard", "case.solved", "message.heard", "case.reopened", "message.heard", "case.solved", "case.reopened", "case.solved",
			"case.continued", "case.opened", "message.heard", "message.heard",
		}, r.happened())
	})
}

func TestWhatWeSayFirstIsNobodysConcern(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("us", "news", "New tariffs!"), r.says("us", "dm", "Dear Mira", private))
		require.Zero(t, r.cases())
		r.hear(r.says("mira", "1", "Too expensive", refs("news")), r.says("mira", "2", "Hello", private, refs("dm")))
		require.Equal(t, 1, r.cases())
		require.Equal(t, []string{"New tariffs!", "Dear Mira", "Too expensive", "Hello"}, bodies(r.caseOf("1").Messages))
	})
}

// On Postgres several nodes place words of one account at the same time.
func TestManyWordsAtOnceAreOneConversation(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				it := r.says("mira", fmt.Sprint(i/2), fmt.Sprint("word ", i/2), thread("t"), private)
				if i%4 == 3 {
					it = channel.Item{Kind: channel.Deleted, ID: it.ID, At: it.At}
				}
				err := r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if it.Kind == channel.Deleted {
						return r.desk.Change(ctx, tx, Changed{Brand: brand, Account: account, Item: it})
					}
					who, err := people.Recognise(ctx, tx, brand, network, it.From)
					if err != nil {
						return err
					}
					return r.desk.Hear(ctx, tx, Heard{Brand: brand, Account: account, Network: network, Item: it, Identity: who})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, []int{12, 1, 1, 6}, []int{r.count(`SELECT COUNT(*) FROM message`), r.conversations(), r.cases(), r.count(`SELECT COUNT(*) FROM message WHERE deleted_at <> 0`)})
		require.Zero(t, storetest.Count(t, r.db, `SELECT COUNT(*) FROM pending_change`))
	})
}

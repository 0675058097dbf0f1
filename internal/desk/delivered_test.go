// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// report is the switchboard's word about a message.
func report(m Message, d hilft.Delivery, more ...func(*channel.Report)) channel.Report {
	rep := channel.Report{Message: m.ID, Delivery: d}
	for _, f := range more {
		f(&rep)
	}
	return rep
}

func receipt(id string) func(*channel.Report) {
	return func(r *channel.Report) { r.Receipt = channel.Receipt{ID: id, URL: "https://plaza.example/" + id} }
}

func (r *room) asked() Message {
	r.t.Helper()
	r.hear(r.says("mira", "1", "No internet"))
	return r.replied("1", "We are on it.")
}

func (r *room) now(m Message) Message {
	r.t.Helper()
	m, err := r.desk.Message(r.t.Context(), as(ada), m.ID)
	require.NoError(r.t, err)
	return m
}

func TestAMessageIsSentWhenTheNetworkHasNamedIt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		r.told(report(m, hilft.Sending))
		require.Equal(t, hilft.Sending, r.now(m).Delivery)
		r.told(report(m, hilft.Queued, func(p *channel.Report) { p.Reason, p.RetryAt = channel.ReasonRateLimit, r.clock.Now().Add(time.Hour) }))
		require.Equal(t, []any{hilft.Queued, channel.ReasonRateLimit}, []any{r.now(m).Delivery, r.now(m).Reason})
		r.told(report(m, hilft.Sending), report(m, hilft.Sent, receipt("2")))
		got := r.now(m)
		require.Equal(t, []any{hilft.Sent, "2", "https://plaza.example/2", "", true}, []any{got.Delivery, got.Remote, got.URL, got.Reason, got.RetryAt.IsZero()})
		// Late and repeated words change nothing any more, and the network's echo is known.
		r.told(report(m, hilft.Sending), report(m, hilft.Failed), report(m, hilft.Unknown), report(m, hilft.Queued), report(m, hilft.Sent, receipt("2")))
		r.hear(r.says("us", "2", "We are on it.", refs("1")))
		require.Equal(t, hilft.Sent, r.now(m).Delivery)
		require.Len(t, r.caseOf("1").Messages, 2)
		r.hear(r.says("mira", "3", "Thanks", refs("2")))
		require.Equal(t, r.message("1").Case, r.message("3").Case)
	})
}

func TestTheEchoMayComeBeforeTheReceipt(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		r.told(report(m, hilft.Sending))
		r.hear(r.says("us", "2", "We are on it.", refs("1")), channel.Item{Kind: channel.Edited, ID: "2", At: r.clock.Now(), Text: "We are on it!"})
		r.told(report(m, hilft.Sent, receipt("2")))
		require.Equal(t, []string{"No internet", "We are on it!"}, bodies(r.caseOf("1").Messages))
		require.Equal(t, m.ID, r.message("2").ID)
		require.Equal(t, ada, r.message("2").Agent)
		r.stands("1", hilft.Waiting, time.Time{})
		r.hear(r.says("mira", "3", "Thanks", refs("2")))
		require.Equal(t, m.Case, r.message("3").Case)
	})
}

func TestTheEchoOfAPrivateWordFindsItsConversation(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"))
		m := r.replied("1", "Your number?", func(say *Reply) { say.Visibility = hilft.Private })
		r.told(report(m, hilft.Sending))
		r.hear(r.says("us", "dm", "Your number?", private, thread("dms"))) // it has nothing to do with anything known
		r.told(report(m, hilft.Sent, receipt("dm")))
		require.Equal(t, 2, r.conversations())
		r.hear(r.says("mira", "2", "4711", private, thread("dms")))
		require.Equal(t, []any{m.Case, m.Conversation}, []any{r.message("2").Case, r.message("2").Conversation})
		require.Equal(t, 1, r.cases())
		require.Len(t, r.caseOf("1").Messages, 3)
	})
}

func TestAFailureIsAPersonsToDecide(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		_, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)
		r.told(report(m, hilft.Sending), report(m, hilft.Failed, func(p *channel.Report) { p.Reason, p.Detail = channel.ReasonTooLong, "too long" }))
		r.stands("1", hilft.Open, r.message("1").At)
		page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewTrouble}, "", 9)
		require.NoError(t, err)
		require.Len(t, page.Cases, 1)
		_, err = r.desk.Arrived(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)

		again, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Queued, ""}, []any{again.Delivery, again.Reason})
		all := r.dispatched()
		require.Len(t, all, 2)
		require.True(t, all[1].Again)
		require.Equal(t, all[0].Out.Key, all[1].Out.Key)
		r.stands("1", hilft.Waiting, time.Time{})
		_, err = r.desk.Retry(t.Context(), as(ada), r.message("1").ID)
		r.is(err, hilft.Conflict)
	})
}

// Whoever has told the customer in another way leaves it at that: the list of what did not arrive is for what is to be done.
func TestAFailureIsLetGo(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		_, err := r.desk.LetGo(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)
		r.told(report(m, hilft.Sending), report(m, hilft.Failed, func(p *channel.Report) { p.Reason = channel.ReasonBlocked }))
		troubles := func() int {
			page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewTrouble}, "", 9)
			require.NoError(t, err)
			return len(page.Cases)
		}
		require.Equal(t, 1, troubles())
		let, err := r.desk.LetGo(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Failed, channel.ReasonBlocked, r.clock.Now()}, []any{let.Delivery, let.Reason, let.LetGoAt})
		require.Zero(t, troubles())
		r.stands("1", hilft.Open, r.message("1").At)
		lately := func() jobs.Event {
			all := r.caseOf("1").Events
			return all[len(all)-1]
		}
		require.Equal(t, ada, lately().Agent)
		require.JSONEq(t, `{"delivery": "failed", "reason": "blocked", "let_go": "true"}`, string(lately().Raw))

		_, err = r.desk.TakeUp(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.JSONEq(t, `{"delivery": "failed", "reason": "blocked"}`, string(lately().Raw))
		require.Equal(t, 1, troubles())
		_, err = r.desk.TakeUp(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)
		_, err = r.solve(m.Case)
		require.NoError(t, err)
		_, err = r.desk.LetGo(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		_, err = r.desk.TakeUp(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		r.stands("1", hilft.Solved, time.Time{})
		require.Equal(t, 1, troubles())

		// Sent again it may fail again, and then it is to be seen to again.
		again, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Zero(t, again.LetGoAt)
		r.told(report(m, hilft.Sending), report(m, hilft.Failed, func(p *channel.Report) { p.Reason = channel.ReasonBlocked }))
		require.Equal(t, 1, troubles())
	})
}

// Sent again, a reply goes to whom it was written, whoever has spoken since.
func TestWhatIsSentAgainGoesToWhomItWasWritten(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mira", "1", "No internet", private, thread("m")))
		m := r.replied("1", "Your contract ends in May.")
		r.told(report(m, hilft.Sending), report(m, hilft.Failed, func(p *channel.Report) { p.Reason = channel.ReasonMailboxFull }))
		r.hear(r.says("jon", "2", "She passed this on to me", private, thread("m"), proven, refs("1")))
		require.Equal(t, m.Case, r.message("2").Case)
		_, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		all := r.dispatched()
		require.Equal(t, "mira", all[len(all)-1].Out.To.ID)
	})
}

// A report that cannot be written down is discarded: the message still stands where it said.
func TestADiscardedReportLeavesItsMessageWhereItSaid(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		discarded := func(rep channel.Report) {
			b := mustJSON(t, rep)
			require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return r.desk.neverTold(ctx, tx, jobs.Job{Args: b})
			}))
		}
		discarded(report(m, hilft.Sending))
		require.Equal(t, hilft.Queued, r.now(m).Delivery)
		r.told(report(m, hilft.Unknown, func(p *channel.Report) { p.Reason = channel.ReasonUnknown }))
		require.Equal(t, hilft.Unknown, r.now(m).Delivery, "that it was being sent need not have been told")
		_, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		r.told(report(m, hilft.Sending))
		discarded(report(m, hilft.Failed, func(p *channel.Report) { p.Reason = channel.ReasonBlocked }))
		require.Equal(t, []any{hilft.Failed, channel.ReasonBlocked}, []any{r.now(m).Delivery, r.now(m).Reason})
		require.Equal(t, 1, r.caseOf("1").Case.Trouble)
		discarded(report(m, hilft.Unknown))
		require.Equal(t, hilft.Failed, r.now(m).Delivery, "it stands somewhere already")
		discarded(channel.Report{Message: "gone", Delivery: hilft.Failed})
	})
}

func TestAnUnknownOutcomeIsAPersonsToDecide(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		unknown := []channel.Report{report(m, hilft.Sending), report(m, hilft.Unknown, func(p *channel.Report) { p.Reason = channel.ReasonUnknown })}
		r.told(unknown...)
		all, err := r.desk.Undecided(t.Context(), as(ada), brand, 9)
		require.NoError(t, err)
		require.Len(t, all, 1)
		// Many click at the same time: one decision counts, and it is sent once.
		for round := range 4 {
			var wg sync.WaitGroup
			var won atomic.Int32
			for range 8 {
				wg.Go(func() {
					if _, err := r.desk.Retry(t.Context(), as(ada), m.ID); err == nil {
						won.Add(1)
					} else if hilft.KindOf(err) != hilft.Conflict {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, won.Load())
			require.Len(t, r.dispatched(), 2+round)
			r.told(unknown...)
		}
		arrived, err := r.desk.Arrived(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Equal(t, hilft.Sent, arrived.Delivery)
		r.stands("1", hilft.Waiting, time.Time{})
		_, err = r.desk.Arrived(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)
		all, err = r.desk.Undecided(t.Context(), as(ada), brand, 9)
		require.NoError(t, err)
		require.Empty(t, all)
		// A receipt that turns up after all gives it its name.
		r.told(report(m, hilft.Sent, receipt("2")))
		require.Equal(t, "2", r.now(m).Remote)
	})
}

func TestReportsOfNothingChangeNothing(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.told(channel.Report{Message: "gone", Delivery: hilft.Sent, Receipt: channel.Receipt{ID: "9"}})
		require.Empty(t, r.happened())
	})
}

func TestAReceiptThatNamesAnothersMessageTakesNothingAway(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.asked()
		r.told(report(m, hilft.Sending), report(m, hilft.Sent, receipt("1"))) // the id of what was answered
		n := r.replied("1", "It works again.")
		r.told(report(n, hilft.Sending), report(n, hilft.Sent, receipt("ok")))
		o := r.replied("1", "Does it for you?")
		r.told(report(o, hilft.Sending), report(o, hilft.Sent, receipt("ok"))) // the id of everything
		require.Equal(t, []string{"No internet", "We are on it.", "It works again.", "Does it for you?"}, bodies(r.caseOf("1").Messages))
		for _, m := range []Message{m, n, o} {
			require.Equal(t, hilft.Sent, r.now(m).Delivery)
		}
		r.told(report(o, hilft.Sent, receipt("ok"))) // told twice
		require.Len(t, r.caseOf("1").Messages, 4)
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// bounce is what a mail server says of a mail of ours.
func (r *room) bounce(id, of string) channel.Item {
	return r.says("mailer-daemon", id, "Undeliverable", private, thread("m"), proven, byMachine, func(it *channel.Item) {
		it.Returned = &channel.Returned{ID: of, Reason: channel.ReasonMailboxFull, Detail: "552 over quota"}
	})
}

// mailed is a mail answered by a mail that went out.
func (r *room) mailed() Message {
	r.t.Helper()
	r.mail = true
	r.hear(r.says("mira", "1", "No internet", private, thread("m")))
	m := r.replied("1", "We are on it.")
	r.told(report(m, hilft.Sending), report(m, hilft.Sent, receipt("2")))
	return m
}

func TestAMessageThatComesBackHasFailedAndItsCaseWaitsAgain(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.mailed()
		asked := r.message("1").At
		_, err := r.solve(m.Case)
		require.NoError(t, err)
		r.hear(r.bounce("3", "2"), r.bounce("3", "2"), r.bounce("4", "2")) // some servers say it twice
		got := r.now(m)
		require.Equal(t, []any{hilft.Failed, channel.ReasonMailboxFull, "552 over quota"}, []any{got.Delivery, got.Reason, got.Detail})
		r.stands("1", hilft.Open, asked)
		require.Equal(t, []any{1, 1}, []any{r.cases(), r.caseOf("1").Case.Trouble})
		r.told(report(m, hilft.Sent, receipt("2"))) // told twice
		require.Equal(t, hilft.Failed, r.now(m).Delivery)

		// Who is answered next is the customer, not the server that sent it back.
		r.replied("1", "Can you read this?")
		all := r.dispatched()
		require.Equal(t, "mira", all[len(all)-1].Out.To.ID)
	})
}

func TestWhatCameBackGoesOutAgainUnderAnotherKey(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		m := r.mailed()
		r.hear(r.bounce("3", "2"))
		_, err := r.desk.Retry(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		all := r.dispatched()
		first, again := all[0], all[len(all)-1]
		require.Equal(t, []any{false, true, m.ID}, []any{first.Anew, again.Anew, again.Message})
		require.NotEqual(t, first.Out.Key, again.Out.Key)
		r.told(report(m, hilft.Sending))
		r.hear(r.bounce("5", "2")) // once more about the first
		require.Equal(t, hilft.Sending, r.now(m).Delivery)
		r.told(report(m, hilft.Sent, receipt("6")))
		require.Equal(t, []any{hilft.Sent, "6"}, []any{r.now(m).Delivery, r.now(m).Remote})
		r.stands("1", hilft.Waiting, time.Time{})
	})
}

func TestAMessageMayComeBackBeforeItHasAName(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mira", "1", "No internet", private, thread("m")))
		m := r.replied("1", "We are on it.")
		r.told(report(m, hilft.Sending))
		r.hear(r.bounce("3", "2"))
		require.Equal(t, hilft.Sending, r.now(m).Delivery)
		r.told(report(m, hilft.Sent, receipt("2")))
		require.Equal(t, []any{hilft.Failed, channel.ReasonMailboxFull}, []any{r.now(m).Delivery, r.now(m).Reason})
		require.Zero(t, r.count(`SELECT COUNT(*) FROM returned`))
	})
}

func TestWhatCameBackOfNothingWeKnowIsShownAndNobodyWaits(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.mail = true
		r.hear(r.says("mailer-daemon", "9", "Undeliverable", private, thread("other"), byMachine))
		r.stands("9", hilft.Waiting, time.Time{})
	})
}

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
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// holds has the account hold replies for ten seconds.
func (r *room) holds() {
	r.t.Helper()
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO account (id, brand_id, network, name, self, settings, sealed, limits, since, cursor, state, reason, state_at, heard_at, polled_at, sent_at,
				refused, line_node, line_until, line_fence, made_at, removed_at, hold_s) VALUES (?, ?, ?, '', '{}', '{}', ?, '{}', 0, '', 'ok', '', 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 10)`,
			string(account), string(brand), network, []byte{})
		return err
	}))
}

// release does the job that lets a reply go, where its time has come. The job is gone when that is done.
func (r *room) release(m Message) error {
	r.t.Helper()
	return r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		due, err := store.All(ctx, tx, `SELECT args FROM job WHERE kind = 'release' AND key = ? AND run_at <= ?`, []any{string(m.ID), store.Micros(tx.Now())},
			func(scan func(into ...any) error, args *string) error { return scan(args) })
		if err != nil || len(due) == 0 {
			return err
		}
		if err := r.desk.release(ctx, tx, jobs.Job{Args: []byte(due[0])}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM job WHERE kind = 'release' AND key = ?`, string(m.ID))
		return err
	})
}

func TestAReplyThatIsHeldCanBeTakenBack(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.holds()
		r.hear(r.says("mira", "1", "No internet"))
		waits := r.message("1").At
		m := r.replied("1", "It works again, doesn't it?", func(say *Reply) { say.Solve = true })
		require.Equal(t, []any{hilft.Held, r.clock.Now().Add(10 * time.Second)}, []any{m.Delivery, m.RetryAt})
		require.Equal(t, hilft.Solved, r.caseOf("1").Case.State)

		r.clock.Forward(9 * time.Second)
		require.NoError(t, r.release(m))
		require.Empty(t, r.dispatched(), "its time has not come")
		_, err := r.desk.Withdraw(t.Context(), at("another", ben), m.ID)
		r.is(err, hilft.NotFound)

		was, err := r.desk.Withdraw(t.Context(), as(ada), m.ID)
		require.NoError(t, err)
		require.Equal(t, "It works again, doesn't it?", was.Body, "its words go on as a draft")
		r.stands("1", hilft.Open, waits)
		now := r.now(m)
		require.Equal(t, []any{hilft.Withdrawn, ""}, []any{now.Delivery, now.Body}, "nobody else reads it")
		require.False(t, now.DeletedAt.IsZero())
		require.Zero(t, r.count(`SELECT COUNT(*) FROM job WHERE kind = 'release'`))

		r.clock.Forward(hour)
		require.NoError(t, r.release(m))
		require.Empty(t, r.dispatched())
		_, err = r.desk.Withdraw(t.Context(), as(ada), m.ID)
		r.is(err, hilft.Conflict)

		r.by = ben
		_, err = r.reply("1", "Ben has looked.", func(say *Reply) { say.Seen = r.message("1").ID })
		require.NoError(t, err, "what was taken back was not said")
	})
}

func TestAReplyThatWasHeldGoesOut(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.holds()
		r.hear(r.says("mira", "1", "No internet", thread("t")))
		first := r.replied("1", "Which town?")
		r.hear(r.says("mira", "2", "Kiel", refs("1"), thread("t")))
		second := r.replied("2", "We send somebody.")
		r.clock.Forward(time.Minute)

		require.Error(t, r.release(second), "the one before it is held")
		require.NoError(t, r.release(first))
		require.NoError(t, r.release(second))
		var said [][]string
		for _, d := range r.dispatched() {
			said = append(said, []string{d.Out.InReplyTo, d.Out.Text})
		}
		require.Equal(t, [][]string{{"1", "Which town?"}, {"2", "We send somebody."}}, said, "in the order in which they were written, to the words that they answer")
		require.Equal(t, hilft.Queued, r.now(first).Delivery)
		_, err := r.desk.Withdraw(t.Context(), as(ada), first.ID)
		r.is(err, hilft.Conflict)
		r.told(report(first, hilft.Sending), report(first, hilft.Sent, receipt("3")))
		require.Equal(t, hilft.Sent, r.now(first).Delivery)
	})
}

func TestAReplyThatWasHeldWhenTheBackupWasMadeIsAPersonsToDecide(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.holds()
		r.hear(r.says("mira", "1", "No internet"))
		m := r.replied("1", "We look into it.")
		r.told(report(m, hilft.Unknown, func(p *channel.Report) { p.Reason = channel.ReasonRestored }))
		now := r.now(m)
		require.Equal(t, []any{hilft.Unknown, channel.ReasonRestored}, []any{now.Delivery, now.Reason})
		require.Equal(t, 1, r.caseOf("1").Case.Trouble)
	})
}

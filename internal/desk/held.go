// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// A reply over an account that holds its replies waits for so many seconds before anybody asks its network to take it. As
// long as it waits, it can be taken back, by a colleague as well, who may have seen what its author has not. Nobody outside
// has read it.

// holdOf is for how long replies over an account wait; 0: they go out at once.
func holdOf(ctx context.Context, tx *store.Tx, account hilft.AccountID) (time.Duration, error) {
	var seconds int64
	err := tx.Row(ctx, `SELECT hold_s FROM account WHERE id = ?`, []any{string(account)}, &seconds)
	if store.IsNoRows(err) {
		return 0, nil
	}
	return time.Duration(seconds) * time.Second, err
}

// send lets a new reply out, or holds it where its account does so.
func (d *Desk) send(ctx context.Context, tx *store.Tx, v Conversation, last Message, m *Message) error {
	hold, err := holdOf(ctx, tx, m.Account)
	if err != nil {
		return fmt.Errorf("desk: hold: %w", err)
	}
	if hold > 0 {
		m.Delivery, m.RetryAt = hilft.Held, tx.Now().Add(hold)
	}
	if err := insertMessages(ctx, tx, *m); err != nil {
		return err
	}
	if hold > 0 {
		return d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobRelease, Key: string(m.ID), Args: channel.Release{Message: m.ID}, RunAt: m.RetryAt})
	}
	return d.dispatch(ctx, tx, v, last, *m, false)
}

// release lets a reply go out that was held: after those held before it in its conversation.
func (d *Desk) release(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r channel.Release
	if err := j.Read(&r); err != nil {
		return err
	}
	m, found, err := d.ours(ctx, tx, r.Message)
	if err != nil || !found || m.Delivery != hilft.Held { // else it was taken back
		return err
	}
	var before int64
	if err := tx.Row(ctx, `SELECT COALESCE(MAX(retry_at), 0) FROM message WHERE case_id = ? AND conversation_id = ? AND delivery = ? AND made_at < ?`,
		[]any{string(m.Case), string(m.Conversation), string(hilft.Held), store.Micros(m.MadeAt)}, &before); err != nil {
		return fmt.Errorf("desk: release: %w", err)
	}
	if before > 0 {
		at := latest(store.Time(before), tx.Now()).Add(time.Second)
		return jobs.Later(at, fmt.Errorf("desk: release: an earlier reply is held"))
	}
	c, err := caseForUpdate(ctx, tx, m.Case)
	if err != nil {
		return err
	}
	v, err := conversationOf(ctx, tx, m)
	if err != nil {
		return err
	}
	last, err := answeredBy(ctx, tx, c, v, m)
	if hilft.KindOf(err) == hilft.Invalid { // whom it answers is gone
		m.becomes(hilft.Failed)
		m.Reason = channel.ReasonGone
		return d.moved(ctx, tx, m, "")
	}
	if err != nil {
		return err
	}
	if err := d.dispatch(ctx, tx, v, last, m, false); err != nil {
		return err
	}
	m.becomes(hilft.Queued)
	return d.moved(ctx, tx, m, "")
}

// neverReleased says of a reply whose release was given up that it did not go out.
func (d *Desk) neverReleased(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r channel.Release
	if err := j.Read(&r); err != nil {
		return nil //nolint:nilerr // it names no message
	}
	m, found, err := d.ours(ctx, tx, r.Message)
	if err != nil || !found || m.Delivery != hilft.Held {
		return err
	}
	m.becomes(hilft.Failed)
	m.Reason = channel.ReasonGaveUp
	return d.moved(ctx, tx, m, "")
}

// Withdraw takes a reply back that is still held, and returns it as it was written: its words go on as a draft. What the
// case was solved or put aside by is no answer then, so it is as open as it was. Conflict (message.gone_out): it is not held any more.
func (d *Desk) Withdraw(ctx context.Context, see access.Sight, id hilft.MessageID) (Message, error) {
	var was Message
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if was, err = messageFor(ctx, tx, see, access.Work, id); err != nil {
			return err
		}
		if was, err = d.hold(ctx, tx, was); err != nil {
			return err
		}
		if was.Delivery != hilft.Held {
			return hilft.Fail(hilft.Conflict, "message.gone_out", nil)
		}
		if _, err := d.jobs.Cancel(ctx, tx, hilft.JobRelease, string(id)); err != nil {
			return err
		}
		// Nobody else reads what nobody was to read.
		if _, err := tx.Exec(ctx, `UPDATE message SET body = '', subject = '', warning = '', files = '[]', deleted_at = ? WHERE id = ?`, store.Micros(tx.Now()), string(id)); err != nil {
			return fmt.Errorf("desk: withdraw: %w", err)
		}
		c, err := caseForUpdate(ctx, tx, was.Case)
		if err != nil {
			return err
		}
		if c.State == hilft.Solved && c.SolvedAt.Equal(was.MadeAt) {
			if err := d.jobs.Record(ctx, tx, c.reopen(see.Agent)); err != nil {
				return err
			}
			if err := saveCases(ctx, tx, c); err != nil {
				return err
			}
		}
		if c.State == hilft.Asleep && c.sleptAt.Equal(was.MadeAt) {
			from := c.nap()
			c.napAgain("")
			if err := d.jobs.Record(ctx, tx, c.act(hilft.EventCaseWoken, see.Agent, map[string]string{"from": from, "to": c.nap()})); err != nil {
				return err
			}
			if err := saveCases(ctx, tx, c); err != nil {
				return err
			}
		}
		if err := audit.Write(ctx, tx, audit.Entry{Brand: was.Brand, Who: see.Agent, What: audit.ReplyWithdrawn, About: string(id), Detail: audit.Detail{"case": string(was.Case), "by": string(was.Agent)}}); err != nil {
			return err
		}
		m := was
		m.becomes(hilft.Withdrawn)
		return d.moved(ctx, tx, m, see.Agent)
	})
	if err != nil {
		return Message{}, fmt.Errorf("desk: withdraw: %w", err)
	}
	return was, nil
}

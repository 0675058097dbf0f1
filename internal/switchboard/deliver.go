// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	sendFor   = time.Minute // one call of a Send
	lockedFor = time.Minute // how long a message waits before it looks again whether its account works
	giveUp    = 24 * time.Hour
)

// readBackAfter is when a message of which nobody knows whether it went out is looked for at the network. After the
// last time a person is asked.
var readBackAfter = []time.Duration{0, 5 * time.Second, 30 * time.Second, 2 * time.Minute}

// sendLine is a line used for sending from this node. Unlike for listening, every node may have one.
type sendLine struct {
	line  channel.Line
	stamp string
	pace  *rate.Limiter
}

// deliver hands one message to its network, or finds out what became of it.
func (s *Switchboard) deliver(ctx context.Context, c *jobs.Claim) error {
	faults.Point(faults.DeliverClaimed)
	var d channel.Dispatch
	if err := c.Read(&d); err != nil {
		return err
	}
	out := &delivery{s: s, c: c, d: d}
	a, err := s.Account(ctx, d.Account)
	switch {
	case hilft.KindOf(err) == hilft.NotFound:
		return out.end(ctx, hilft.Failed, channel.ReasonRemoved, "", channel.Receipt{})
	case err != nil:
		return err
	case a.State == hilft.AccountPaused:
		return out.wait(ctx, s.DB.Now().Add(lockedFor), channel.ReasonPaused, errors.New("the account is paused"))
	case a.State == hilft.AccountSignIn:
		return out.wait(ctx, s.DB.Now().Add(lockedFor), channel.ReasonSignIn, channel.ErrSignIn)
	}
	if out.l, err = s.sendLine(ctx, a); err != nil {
		return out.temporary(ctx, err)
	}
	if err := out.load(ctx); err != nil {
		return err
	}
	switch out.state {
	case hilft.Sent:
		return out.end(ctx, hilft.Sent, "", "", channel.Receipt{ID: out.remote})
	case hilft.Sending, hilft.Unknown:
		return out.readBack(ctx)
	case hilft.Queued, hilft.Failed:
	}
	return out.send(ctx)
}

// sendLine opens a line for sending, or returns the one that is open.
func (s *Switchboard) sendLine(ctx context.Context, a Account) (*sendLine, error) {
	stamp := stampOf(a)
	s.mu.Lock()
	l, ok := s.sending[a.ID]
	s.mu.Unlock()
	if ok && l.stamp == stamp {
		return l, nil
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return nil, err
	}
	open, err := con.Open(ctx, s.channel(a), s.env(a))
	if err != nil {
		return nil, err
	}
	l = &sendLine{line: open, stamp: stamp, pace: rate.NewLimiter(rate.Inf, 1)}
	if n := a.Limits.SendMinute; n > 0 {
		l.pace = rate.NewLimiter(rate.Limit(float64(n)/60), max(1, n/10))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other, ok := s.sending[a.ID]; ok && other.stamp == stamp {
		_ = open.Close()
		return other, nil
	}
	s.sending[a.ID] = l
	return l, nil
}

func (s *Switchboard) saveLimits(ctx context.Context, id hilft.AccountID, l channel.Limits) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET limits = ? WHERE id = ?`, string(text), string(id))
		return err
	})
	if err == nil {
		s.mu.Lock()
		delete(s.accounts, id)
		s.mu.Unlock()
	}
	return err
}

// delivery is one message on its way out.
type delivery struct {
	s      *Switchboard
	c      *jobs.Claim
	d      channel.Dispatch
	l      *sendLine
	state  hilft.Delivery // as written down; Queued where nothing is
	reads  int
	remote string
	first  time.Time
}

// load reads what is written down of the message. What a person decided to send again begins anew.
func (o *delivery) load(ctx context.Context) error {
	var first, job int64
	err := o.s.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT job_id, state, reads, remote_id, first_at FROM delivery WHERE message_id = ?`, []any{string(o.d.Message)}, &job, &o.state, &o.reads, &o.remote, &first)
	})
	if store.IsNoRows(err) {
		o.state, err = hilft.Queued, nil
	}
	if o.d.Again && job != o.c.ID && o.state != hilft.Sent {
		o.state, o.reads, first = hilft.Queued, 0, 0
	}
	o.first = store.Time(first)
	return err
}

// send writes down that the network is about to be called, calls it, and writes down what it said.
func (o *delivery) send(ctx context.Context) error {
	if r := o.l.pace.Reserve(); r.Delay() > 0 {
		wait := r.Delay()
		r.Cancel()
		return o.wait(ctx, o.s.DB.Now().Add(wait), channel.ReasonRateLimit, errors.New("our own pace"))
	}
	if err := o.mark(ctx); err != nil {
		return err
	}
	faults.Point(faults.DeliverMarked)
	o.d.Out.First = o.first
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendFor) // what is begun is not broken off half-way
	receipt, err := o.l.line.Send(sctx, o.d.Out)
	cancel()
	if err == nil && receipt.ID == "" {
		err = fmt.Errorf("%w: the network gave it no id", channel.ErrUnknownOutcome)
	}
	if err == nil {
		faults.Point(faults.DeliverSent)
		return o.end(ctx, hilft.Sent, "", "", receipt)
	}
	return o.failed(ctx, err)
}

// failed says what an error of Send means for the message.
func (o *delivery) failed(ctx context.Context, err error) error {
	var limited *channel.RateLimited
	var rejected *channel.Rejected
	switch {
	case errors.Is(err, channel.ErrUnknownOutcome):
		o.s.Log.Warn("a message may have gone out", "account_id", string(o.d.Account), "message_id", string(o.d.Message), "err", err)
		return o.later(ctx, hilft.Sending, readBackAfter[1], channel.ReasonUnknown, err)
	case errors.As(err, &limited):
		return o.wait(ctx, limited.Until, channel.ReasonRateLimit, err)
	case errors.As(err, &rejected):
		return o.end(ctx, hilft.Failed, rejected.Reason, rejected.Detail, channel.Receipt{})
	case errors.Is(err, channel.ErrGone):
		return o.end(ctx, hilft.Failed, channel.ReasonGone, "", channel.Receipt{})
	case errors.Is(err, channel.ErrSignIn):
		o.s.setState(ctx, o.d.Account, hilft.AccountSignIn, channel.ReasonSignIn)
		return o.wait(ctx, o.s.DB.Now().Add(lockedFor), channel.ReasonSignIn, err)
	}
	return o.temporary(ctx, err)
}

// temporary tries again, later and later, until it makes no sense any more.
func (o *delivery) temporary(ctx context.Context, err error) error {
	if o.s.DB.Now().Sub(o.c.MadeAt) > giveUp {
		return o.end(ctx, hilft.Failed, channel.ReasonGaveUp, clipWhy(err), channel.Receipt{})
	}
	next := jobs.Backoff(o.c.Attempt, 2*time.Second, 5*time.Minute)
	if e := o.note(ctx, hilft.Queued, channel.ReasonTemporary, clipWhy(err), o.s.DB.Now().Add(next)); e != nil {
		return e
	}
	return err
}

// wait puts the message off to a time that the world gave us.
func (o *delivery) wait(ctx context.Context, until time.Time, reason string, why error) error {
	if o.s.DB.Now().Sub(o.c.MadeAt) > giveUp {
		return o.end(ctx, hilft.Failed, channel.ReasonGaveUp, reason, channel.Receipt{})
	}
	if err := o.note(ctx, hilft.Queued, reason, "", until); err != nil {
		return err
	}
	return jobs.Later(until, why)
}

// readBack finds out whether a message of an earlier attempt went out.
func (o *delivery) readBack(ctx context.Context) error {
	rb, can := o.l.line.(channel.ReadBacker)
	if !can {
		return o.end(ctx, hilft.Unknown, channel.ReasonUnknown, "", channel.Receipt{})
	}
	o.d.Out.First = o.first
	rctx, cancel := context.WithTimeout(ctx, sendFor)
	receipt, err := rb.ReadBack(rctx, o.d.Out)
	cancel()
	switch {
	case err == nil:
		return o.end(ctx, hilft.Sent, "", "", receipt)
	case errors.Is(err, channel.ErrNotThere):
		if err := o.note(ctx, hilft.Queued, channel.ReasonTemporary, "", time.Time{}); err != nil {
			return err
		}
		o.state = hilft.Queued
		return o.send(ctx)
	case o.reads+1 >= len(readBackAfter):
		return o.end(ctx, hilft.Unknown, channel.ReasonUnknown, clipWhy(err), channel.Receipt{})
	}
	return o.later(ctx, hilft.Sending, readBackAfter[o.reads+1], channel.ReasonUnknown, err)
}

// later looks at the message again after a while, without calling it another attempt.
func (o *delivery) later(ctx context.Context, state hilft.Delivery, after time.Duration, reason string, why error) error {
	o.reads++
	if _, can := o.l.line.(channel.ReadBacker); !can {
		return o.end(ctx, hilft.Unknown, reason, clipWhy(why), channel.Receipt{})
	}
	at := o.s.DB.Now().Add(after)
	if err := o.note(ctx, state, reason, "", at); err != nil {
		return err
	}
	return jobs.Later(at, why)
}

// mark writes down, before the network is called, that it is going to be.
func (o *delivery) mark(ctx context.Context) error {
	err := o.s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := o.c.Held(ctx, tx); err != nil {
			return err
		}
		if o.first.IsZero() {
			o.first = tx.Now()
		}
		return o.save(ctx, tx, hilft.Sending, "", "", channel.Receipt{}, time.Time{}, 1)
	})
	if err != nil {
		return fmt.Errorf("switchboard: deliver: %w", err)
	}
	return nil
}

// note writes down where the message stands while its job goes on.
func (o *delivery) note(ctx context.Context, state hilft.Delivery, reason, detail string, retry time.Time) error {
	err := o.s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := o.c.Held(ctx, tx); err != nil {
			return err
		}
		return o.save(ctx, tx, state, reason, detail, channel.Receipt{}, retry, 0)
	})
	if err != nil {
		return fmt.Errorf("switchboard: deliver: %w", err)
	}
	return nil
}

// end writes down what became of the message, and ends its job.
func (o *delivery) end(ctx context.Context, state hilft.Delivery, reason, detail string, r channel.Receipt) error {
	err := o.s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := o.c.Done(ctx, tx); err != nil {
			return err
		}
		if state == hilft.Sent {
			if _, err := tx.Exec(ctx, `UPDATE account SET sent_at = ? WHERE id = ?`, store.Micros(tx.Now()), string(o.d.Account)); err != nil {
				return err
			}
		}
		return o.save(ctx, tx, state, reason, detail, r, time.Time{}, 0)
	})
	if err != nil {
		return fmt.Errorf("switchboard: deliver: %w", err)
	}
	faults.Point(faults.DeliverDurable)
	return nil
}

// save writes the delivery's row and tells the desk, in one transaction.
func (o *delivery) save(ctx context.Context, tx *store.Tx, state hilft.Delivery, reason, detail string, r channel.Receipt, retry time.Time, call int) error {
	detail = cleanWhy(detail)
	_, err := tx.Exec(ctx, `INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO UPDATE SET job_id = excluded.job_id, state = excluded.state, attempt = delivery.attempt + excluded.attempt,
			reads = excluded.reads, reason = excluded.reason, detail = excluded.detail, remote_id = excluded.remote_id, first_at = excluded.first_at, changed_at = excluded.changed_at`,
		string(o.d.Message), string(o.d.Account), o.c.ID, string(state), call, o.reads, reason, detail, r.ID, store.Micros(o.first), store.Micros(tx.Now()))
	if err != nil {
		return err
	}
	return o.s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDelivery, Lane: "told:" + string(o.d.Message), Args: channel.Report{
		Message: o.d.Message, Delivery: state, Reason: reason, Detail: detail, RetryAt: retry, Receipt: r,
	}})
}

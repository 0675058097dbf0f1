// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	sendFor   = time.Minute // one call of a Send, and a second more for every slowLine bytes of files
	slowLine  = 64 << 10    // what a line takes in a second that somebody would still call one
	sendMost  = 30 * time.Minute
	lockedFor = time.Minute   // how long a message waits before it looks again whether its account works
	busyFor   = time.Minute   // after what time people are told that a message waits for others of its account
	limitMost = 6 * time.Hour // how long a rate limit is believed

	giveUpAfter = 24 * time.Hour

	// trustAfter is how long after its last call a network's word that it does not have a message is not yet believed.
	// A slow network may still finish a request for which we, or a process of ours that died, no longer wait: what is
	// not there now may be there in a moment, and sent again it would be there twice. That it is there is believed at
	// any time.
	trustAfter = time.Minute
)

// readBackAfter is when a message of which nobody knows whether it went out is looked for at the network. After the
// last time a person is asked.
var readBackAfter = []time.Duration{0, 5 * time.Second, 30 * time.Second, 2 * time.Minute}

var (
	errAtIt = errors.New("this process is still at it")
	errBusy = errors.New("its network is busy with others")
)

// deliver hands one message to its network, or finds out what became of it.
func (s *Switchboard) deliver(ctx context.Context, c *jobs.Claim) (err error) {
	faults.Point(faults.DeliverClaimed)
	var d channel.Dispatch
	if err := c.Read(&d); err != nil {
		return err
	}
	ctx, span := s.Tracer.Start(ctx, "deliver", trace.WithAttributes(
		attribute.String("account_id", string(d.Account)), attribute.String("message_id", string(d.Message)), attribute.Int("attempt", c.Attempt),
	))
	defer func() { endSpan(span, err) }()
	over, ok := s.begin(ctx, d.Message)
	if !ok { // the clock has jumped over the lease of an attempt that is under way
		return cmp.Or(ctx.Err(), jobs.Later(s.DB.Now().Add(lockedFor), errAtIt))
	}
	defer over()
	out := &delivery{s: s, c: c, d: d}
	if err := out.load(ctx); err != nil { // first: whatever stands in the way, what may have gone out is not forgotten
		return err
	}
	if out.state == hilft.Sent { // and what the network has, it has
		return out.end(ctx, hilft.Sent, "", "", channel.Receipt{ID: out.remote})
	}
	a, err := s.Account(ctx, d.Account)
	out.a = a
	switch {
	case hilft.KindOf(err) == hilft.NotFound:
		return out.giveUp(ctx, channel.ReasonRemoved, "")
	case err != nil:
		return err
	case a.State == hilft.AccountPaused:
		return out.wait(ctx, s.DB.Now().Add(lockedFor), channel.ReasonPaused)
	case a.State == hilft.AccountSignIn:
		return out.wait(ctx, s.DB.Now().Add(lockedFor), channel.ReasonSignIn)
	}
	end, again := s.turnOf(a.ID).take(ctx)
	if again > 0 {
		return out.busy(ctx, again)
	}
	defer end()
	if out.l, err = s.sendLine(ctx, a); err != nil {
		return out.barred(ctx, err)
	}
	defer s.doneWith(out.l)
	if out.mayBeOut() {
		return out.readBack(ctx)
	}
	return out.send(ctx)
}

// sendLine is a line used for sending from this node. Unlike for listening, every node may have one.
type sendLine struct {
	line  channel.Line
	stamp string

	// Under Switchboard.mu.
	minute int // messages a minute
	pace   *rate.Limiter
	users  int
	old    bool // it is not wanted any more: whoever uses it last closes it
}

// pace is how fast an account may send.
func pace(l channel.Limits) *rate.Limiter {
	if l.SendMinute <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(float64(l.SendMinute)/60), max(1, l.SendMinute/10))
}

// sendLine opens a line for sending, or returns the one that is open. doneWith gives it back.
func (s *Switchboard) sendLine(ctx context.Context, a Account) (*sendLine, error) {
	stamp := stampOf(a)
	take := func() *sendLine {
		s.mu.Lock()
		defer s.mu.Unlock()
		l, ok := s.sending[a.ID]
		if !ok || l.stamp != stamp {
			return nil
		}
		if l.minute != a.Limits.SendMinute { // the network changed its mind
			l.minute, l.pace = a.Limits.SendMinute, pace(a.Limits)
		}
		l.users++
		return l
	}
	if l := take(); l != nil {
		return l, nil
	}
	con, err := s.connector(a.Network)
	if err != nil {
		return nil, err
	}
	l := &sendLine{stamp: stamp, minute: a.Limits.SendMinute, pace: pace(a.Limits), users: 1}
	if err := s.guard(a, "Open", func() (err error) {
		l.line, err = con.Open(ctx, s.channel(a), s.env(a))
		return err
	}); err != nil {
		return nil, err
	}
	if other := take(); other != nil { // somebody was quicker
		_ = l.line.Close()
		return other, nil
	}
	s.mu.Lock()
	old := s.sending[a.ID]
	s.sending[a.ID] = l
	idle := old != nil && old.users == 0
	if old != nil {
		old.old = true
	}
	s.mu.Unlock()
	if idle {
		_ = old.line.Close()
	}
	return l, nil
}

func (s *Switchboard) doneWith(l *sendLine) {
	s.mu.Lock()
	l.users--
	last := l.old && l.users == 0
	s.mu.Unlock()
	if last {
		_ = l.line.Close()
	}
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
	a      Account
	l      *sendLine
	state  hilft.Delivery // as written down; Queued where nothing is
	calls  int            // how often the network was called
	reads  int
	reason string // as written down
	remote string
	first  time.Time
	called time.Time // until when a call of ours may be under way
}

// load reads what is written down of the message. What a person decided to send again begins anew; what the network has,
// only where it has sent it back.
func (o *delivery) load(ctx context.Context) error {
	var first, called, job int64
	err := o.s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT job_id, state, attempt, reads, reason, remote_id, first_at, called_at FROM delivery WHERE message_id = ?`, []any{string(o.d.Message)},
			&job, &o.state, &o.calls, &o.reads, &o.reason, &o.remote, &first, &called)
	})
	if store.IsNoRows(err) || err == nil && o.state == hilft.Failed {
		o.state, err = hilft.Queued, nil
	}
	if o.d.Again && job != o.c.ID && (o.state != hilft.Sent || o.d.Anew) {
		o.state, o.reads, first, o.reason, o.remote = hilft.Queued, 0, 0, "", ""
	}
	o.first, o.called = store.Time(first), store.Time(called)
	return err
}

// mayBeOut tells whether the message may have gone out in an earlier attempt.
func (o *delivery) mayBeOut() bool { return o.state == hilft.Sending || o.state == hilft.Unknown }

// send writes down that the network is about to be called, calls it, and writes down what it said.
func (o *delivery) send(ctx context.Context) error {
	now := o.s.DB.Now()
	o.s.mu.Lock()
	own := o.l.pace
	o.s.mu.Unlock()
	if r := own.ReserveN(now, 1); r.DelayFrom(now) > 0 {
		at := now.Add(r.DelayFrom(now))
		r.CancelAt(now)
		return o.wait(ctx, at, channel.ReasonRateLimit)
	}
	switch err := o.loadFiles(ctx); {
	case hilft.KindOf(err) == hilft.NotFound, err != nil && ctx.Err() == nil:
		o.s.Log.Error("a file of a message cannot be read", "account_id", string(o.d.Account), "message_id", string(o.d.Message), "err", err)
		return o.end(ctx, hilft.Failed, channel.ReasonFileLost, "", channel.Receipt{})
	case err != nil:
		return err
	}
	// What is begun is not broken off half-way. The time begins before the mark: a process that slept between the two
	// until the job was somebody else's comes too late to call.
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTime(o.d.Out))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), jobs.ErrLost) { // it is another node's, which may have begun anew
			cancel()
		}
	})()
	if err := o.mark(ctx); err != nil {
		return err
	}
	faults.Point(faults.DeliverMarked)
	if err := sctx.Err(); err != nil {
		return o.failed(ctx, err)
	}
	o.d.Out.First = o.first
	var receipt channel.Receipt
	sent := false // until it says so itself, it may have gone out
	err := o.s.guard(o.a, "Send", func() (err error) {
		receipt, err = o.l.line.Send(sctx, o.d.Out)
		sent = true
		return err
	})
	switch {
	case !sent:
		err = fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err)
	case err == nil && receipt.ID == "":
		err = fmt.Errorf("%w: the network gave it no id", channel.ErrUnknownOutcome)
	case err == nil:
		faults.Point(faults.DeliverSent)
		return o.end(ctx, hilft.Sent, "", "", receipt)
	}
	return o.failed(ctx, err)
}

// sendTime is how long one call of a Send may take: what is large takes longer, and broken off half-way nobody would know
// whether it went out.
func sendTime(out channel.Outgoing) time.Duration {
	var size int64
	for _, f := range out.Files {
		size += f.Size
	}
	return min(sendFor+time.Duration(size/slowLine)*time.Second, sendMost)
}

// loadFiles reads the files of the message from where the house keeps them.
func (o *delivery) loadFiles(ctx context.Context) error {
	for i := range o.d.Out.Files {
		f := &o.d.Out.Files[i]
		var err error
		if f.Data, err = o.s.blob(ctx, f.Hash); err != nil {
			return err
		}
	}
	return nil
}

// failed says what an error of Send means for the message.
func (o *delivery) failed(ctx context.Context, err error) error {
	if errors.Is(err, channel.ErrUnknownOutcome) {
		o.s.Log.Warn("a message may have gone out", "account_id", string(o.d.Account), "message_id", string(o.d.Message), "err", err)
		o.called = o.s.DB.Now() // the network may be at it from now on, without us
		return o.look(ctx, readBackAfter[1], err)
	}
	o.state = hilft.Queued // every other error promises that it did not go out
	if rejected, ok := errors.AsType[*channel.Rejected](err); ok {
		return o.end(ctx, hilft.Failed, rejected.Reason, rejected.Detail, channel.Receipt{})
	}
	if errors.Is(err, channel.ErrGone) {
		return o.end(ctx, hilft.Failed, channel.ReasonGone, "", channel.Receipt{})
	}
	return o.barred(ctx, err)
}

// barred tries again later: when the network says, when somebody has signed in, or later and later, until it makes no
// sense any more. What is written down of the message stays.
func (o *delivery) barred(ctx context.Context, err error) error {
	now := o.s.DB.Now()
	if errors.Is(err, channel.ErrSignIn) {
		o.s.setState(ctx, o.a, hilft.AccountSignIn, channel.ReasonSignIn)
		return o.wait(ctx, now.Add(lockedFor), channel.ReasonSignIn)
	}
	if limited, ok := errors.AsType[*channel.RateLimited](err); ok {
		least := now.Add(jobs.Backoff(o.calls, backoffLeast, backoffMost)) // some say that there is a limit, but not when it ends
		until := limited.Until
		if until.Before(least) {
			until = least
		}
		if most := now.Add(limitMost); until.After(most) {
			until = most
		}
		return o.wait(ctx, until, channel.ReasonRateLimit)
	}
	if now.Sub(o.c.MadeAt) > giveUpAfter {
		return o.giveUp(ctx, channel.ReasonGaveUp, clipWhy(err))
	}
	next := now.Add(jobs.Backoff(max(o.calls, o.c.Attempt), 2*time.Second, 5*time.Minute))
	if e := o.note(ctx, o.state, channel.ReasonTemporary, clipWhy(err), next); e != nil {
		return e
	}
	return err
}

// busy puts the message off until others of its account had their turn. When that takes long, it is said.
func (o *delivery) busy(ctx context.Context, again time.Duration) error {
	at := o.s.DB.Now().Add(again)
	if ctx.Err() != nil || o.s.DB.Now().Sub(o.c.MadeAt) < busyFor {
		return cmp.Or(ctx.Err(), jobs.Later(at, errBusy))
	}
	return o.wait(ctx, at, channel.ReasonBusy)
}

// wait puts the message off to a time that the world gave us.
func (o *delivery) wait(ctx context.Context, until time.Time, reason string) error {
	if o.s.DB.Now().Sub(o.c.MadeAt) > giveUpAfter {
		return o.giveUp(ctx, channel.ReasonGaveUp, reason)
	}
	err := o.s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		at := until
		if waitsForPeople(reason) && !o.a.unreadable {
			// Asked under the account's lock, so that who lets it work again either is seen here, or sees who waits.
			barred, err := isBarred(ctx, tx, o.d.Account)
			if err != nil {
				return err
			}
			if !barred { // not any more: what was known of it is old
				at = tx.Now().Add(backoffLeast)
				tx.After(func() { o.s.dropped(o.d.Account) })
			}
		}
		if err := o.c.PutOff(ctx, tx, at); err != nil {
			return err
		}
		if !waitsOpen(reason) {
			return o.save(ctx, tx, o.state, reason, "", channel.Receipt{}, at, 0)
		}
		if reason == o.reason {
			return nil // as everybody knows, and for as long as it takes
		}
		return o.save(ctx, tx, o.state, reason, "", channel.Receipt{}, time.Time{}, 0)
	})
	if err != nil {
		return fmt.Errorf("switchboard: deliver: %w", err)
	}
	return nil
}

// waitsOpen tells whether nobody can say how long a wait will be: the next look is no news.
func waitsOpen(reason string) bool { return waitsForPeople(reason) || reason == channel.ReasonBusy }

// waitsForPeople tells whether it is an administrator who ends a wait.
func waitsForPeople(reason string) bool {
	return reason == channel.ReasonPaused || reason == channel.ReasonSignIn
}

func isBarred(ctx context.Context, tx *store.Tx, id hilft.AccountID) (bool, error) {
	var state hilft.AccountState
	var removed int64
	err := tx.Row(ctx, `SELECT state, removed_at FROM account WHERE id = ?`+tx.Lock(), []any{string(id)}, &state, &removed)
	return removed == 0 && (state == hilft.AccountPaused || state == hilft.AccountSignIn), err
}

// Queues tells how the house's queues are doing. A message that is put off until others of its account had their turn is
// due all the while.
func (s *Switchboard) Queues(ctx context.Context) ([]jobs.State, error) {
	all, err := s.Jobs.States(ctx)
	if err != nil {
		return nil, err
	}
	var since int64
	err = s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT COALESCE(MIN(changed_at), 0) FROM delivery WHERE reason = 'busy' AND state <> 'sent' AND state <> 'failed'`, nil, &since)
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: queues: %w", err)
	}
	for i := range all {
		if all[i].Kind == hilft.JobDeliver && since > 0 {
			all[i].Oldest = max(all[i].Oldest, s.DB.Now().Sub(store.Time(since)))
		}
	}
	return all, nil
}

// hurry lets what waits for an account go out, in the transaction that lets it work again.
func (s *Switchboard) hurry(ctx context.Context, tx *store.Tx, id hilft.AccountID) error {
	// The reasons are written out, as in the index that answers this.
	ids, err := store.All(ctx, tx, `SELECT job_id FROM delivery WHERE account_id = ? AND reason IN ('paused', 'sign_in') AND state <> 'sent' AND state <> 'failed'`,
		[]any{string(id)}, func(scan func(into ...any) error, id *int64) error { return scan(id) })
	if err != nil {
		return err
	}
	return s.Jobs.Hurry(ctx, tx, ids...)
}

// giveUp ends what cannot be delivered. What may have gone out has not failed: a person decides.
func (o *delivery) giveUp(ctx context.Context, reason, detail string) error {
	if o.mayBeOut() {
		return o.end(ctx, hilft.Unknown, reason, detail, channel.Receipt{})
	}
	return o.end(ctx, hilft.Failed, reason, detail, channel.Receipt{})
}

// undelivered says of a message whose delivery was discarded what giveUp says.
func (s *Switchboard) undelivered(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	o := &delivery{s: s, c: &jobs.Claim{Job: j}, state: hilft.Queued}
	if err := j.Read(&o.d); err != nil {
		return nil //nolint:nilerr // it names no message
	}
	err := tx.Row(ctx, `SELECT state FROM delivery WHERE message_id = ?`, []any{string(o.d.Message)}, &o.state)
	if err != nil && !store.IsNoRows(err) {
		return err
	}
	switch {
	case o.state == hilft.Sent:
		return nil
	case o.mayBeOut():
		return o.save(ctx, tx, hilft.Unknown, channel.ReasonGaveUp, "", channel.Receipt{}, time.Time{}, 0)
	}
	return o.save(ctx, tx, hilft.Failed, channel.ReasonGaveUp, "", channel.Receipt{}, time.Time{}, 0)
}

// readBack finds out whether a message of an earlier attempt went out.
func (o *delivery) readBack(ctx context.Context) error {
	rb, can := o.l.line.(channel.ReadBacker)
	if !can {
		return o.end(ctx, hilft.Unknown, channel.ReasonUnknown, "", channel.Receipt{})
	}
	o.d.Out.First = o.first
	rctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	var receipt channel.Receipt
	err := o.s.guard(o.a, "ReadBack", func() (err error) {
		receipt, err = rb.ReadBack(rctx, o.d.Out)
		return err
	})
	_, limited := errors.AsType[*channel.RateLimited](err)
	switch {
	case err == nil && receipt.ID != "":
		return o.end(ctx, hilft.Sent, "", "", receipt)
	case err == nil:
		err = errors.New("the network gave it no id")
	case errors.Is(err, channel.ErrNotThere):
		now := o.s.DB.Now()
		if o.called.After(now.Add(sendMost)) { // the clock was wrong then
			o.called = now
		}
		if sure := o.called.Add(trustAfter); now.Before(sure) {
			return o.wait(ctx, sure, channel.ReasonUnknown)
		}
		o.state = hilft.Queued
		if err := o.note(ctx, hilft.Queued, channel.ReasonTemporary, "", time.Time{}); err != nil {
			return err
		}
		return o.send(ctx)
	case limited, errors.Is(err, channel.ErrSignIn): // that was no look at all
		return o.barred(ctx, err)
	}
	if o.reads+1 >= len(readBackAfter) {
		return o.end(ctx, hilft.Unknown, channel.ReasonUnknown, clipWhy(err), channel.Receipt{})
	}
	return o.look(ctx, readBackAfter[o.reads+1], err)
}

// look lets the message be looked for at the network after a while, without calling that another attempt. Where it
// cannot be looked for, a person is asked.
func (o *delivery) look(ctx context.Context, after time.Duration, why error) error {
	if _, can := o.l.line.(channel.ReadBacker); !can {
		return o.end(ctx, hilft.Unknown, channel.ReasonUnknown, clipWhy(why), channel.Receipt{})
	}
	o.reads++
	at := o.s.DB.Now().Add(after)
	if err := o.note(ctx, hilft.Sending, channel.ReasonUnknown, "", at); err != nil {
		return err
	}
	return jobs.Later(at, why)
}

// mark writes down, before the network is called, that it is going to be. What has begun to be written is written: it
// would be there although nobody was called.
func (o *delivery) mark(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := o.s.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err := o.c.Held(ctx, tx); err != nil {
			return err
		}
		if o.first.IsZero() {
			o.first = tx.Now()
		}
		o.reads, o.reason, o.called = 0, "", tx.Now()
		if tx.Dialect() == store.Postgres { // who takes it over there does not know that this process is dead
			o.called = o.called.Add(sendTime(o.d.Out))
		}
		return o.save(ctx, tx, hilft.Sending, "", "", channel.Receipt{}, time.Time{}, 1)
	})
	if err != nil {
		return fmt.Errorf("switchboard: deliver: %w", err)
	}
	o.state = hilft.Sending
	o.calls++
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
	o.s.ended[state].Add(1)
	return nil
}

// save writes the delivery's row and tells the desk, in one transaction.
func (o *delivery) save(ctx context.Context, tx *store.Tx, state hilft.Delivery, reason, detail string, r channel.Receipt, retry time.Time, call int) error {
	detail = cleanWhy(detail)
	r.ID, r.Thread, r.URL = cleanWhy(r.ID), cleanWhy(r.Thread), cleanWhy(r.URL)
	_, err := tx.Exec(ctx, `INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, called_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO UPDATE SET job_id = excluded.job_id, state = excluded.state, attempt = delivery.attempt + excluded.attempt,
			reads = excluded.reads, reason = excluded.reason, detail = excluded.detail, remote_id = excluded.remote_id, first_at = excluded.first_at, called_at = excluded.called_at,
			changed_at = excluded.changed_at`,
		string(o.d.Message), string(o.d.Account), o.c.ID, string(state), call, o.reads, reason, detail, r.ID, store.Micros(o.first), store.Micros(o.called), store.Micros(tx.Now()))
	if err != nil {
		return err
	}
	report := channel.Report{Message: o.d.Message, Delivery: state, Reason: reason, Detail: detail, RetryAt: retry, Receipt: r}
	if state == hilft.Sent && !o.d.Out.Auto {
		if report.Onward, err = o.s.onward(ctx, tx, o.d.Brand, o.d.Account); err != nil {
			return err
		}
	}
	return o.s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDelivery, Lane: told(o.d.Message), Args: report})
}

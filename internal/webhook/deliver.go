// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	workers = 8
	// Of those, an endpoint has so many at a time; one that fails, a single one. So whoever hangs holds up itself.
	mostAtOnce = 3
	answerIn   = 10 * time.Second
	answerMost = 4 << 10 // bytes that are read of an answer
	excerpt    = 300     // and that are kept

	baseWait = 5 * time.Second
	mostWait = time.Hour
	// triedFor is how long a delivery is tried; offAfter, how long an endpoint may take nothing: a little less, so that it is
	// off when its first delivery is given up.
	triedFor = 72 * time.Hour
	offAfter = triedFor - mostWait
	// noMatterHowOften: it is the time that counts.
	noMatterHowOften = 1 << 30
)

type errand struct {
	Delivery string `json:"delivery"`
}

// State is where a delivery stands.
type State string

const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Failed    State = "failed" // given up
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID       string
	Type     Type
	Case     string
	State    State
	Attempts int
	Status   int           // of the last answer; 0: there was none
	Took     time.Duration // of the last attempt
	Answer   string        // how the last answer began
	Error    string        // why the last attempt failed
	MadeAt   time.Time
	TriedAt  time.Time // the last time; zero: not yet

	webhook string
	body    string
	asked   time.Time // since when it is tried
}

const deliveryColumns = `SELECT id, webhook_id, type, case_id, body, state, attempts, status, took_ms, answer, error, made_at, asked_at, tried_at FROM webhook_delivery `

func scanDelivery(scan func(into ...any) error, d *Delivery) error {
	var took, made, asked, tried int64
	err := scan(&d.ID, &d.webhook, &d.Type, &d.Case, &d.body, &d.State, &d.Attempts, &d.Status, &took, &d.Answer, &d.Error, &made, &asked, &tried)
	d.Took, d.MadeAt, d.asked, d.TriedAt = time.Duration(took)*time.Millisecond, store.Time(made), store.Time(asked), store.Time(tried)
	return err
}

// deliver posts one delivery, or says when that is to be tried.
func (w *Webhooks) deliver(ctx context.Context, c *jobs.Claim) error {
	var args errand
	if err := c.Read(&args); err != nil {
		return err
	}
	d, to, err := w.read(ctx, args.Delivery)
	if err != nil || d.State != Waiting { // its endpoint was removed, or somebody has done it
		return err
	}
	now := w.DB.Now()
	switch {
	case !to.OffAt.IsZero():
		d.State, d.Error = Failed, "the endpoint is switched off"
		return w.settle(ctx, c, d, to, outcome{})
	case to.RetryAt.After(now):
		return jobs.Later(apart(to.RetryAt), errWaits)
	case !w.enter(to):
		return jobs.Later(apart(now.Add(time.Second)), errWaits)
	}
	got := w.try(ctx, d, to)
	w.leave(to)
	if got.err != nil && ctx.Err() != nil {
		return got.err // the house is closing: that says nothing about the endpoint
	}
	return w.settle(context.WithoutCancel(ctx), c, d, to, got)
}

var errWaits = errors.New("its endpoint takes nothing just now")

// apart is somewhat after a time, so that not all that waits for it comes at once.
func apart(at time.Time) time.Time { return at.Add(rand.N(2 * time.Second)) }

func (w *Webhooks) read(ctx context.Context, id string) (d Delivery, to Endpoint, err error) {
	err = w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := store.All(ctx, tx, deliveryColumns+`WHERE id = ?`, []any{id}, scanDelivery)
		if err != nil || len(all) == 0 {
			return err
		}
		d = all[0]
		ends, err := store.All(ctx, tx, endpointColumns+`WHERE id = ?`, []any{d.webhook}, scanEndpoint)
		if err != nil || len(ends) == 0 {
			d = Delivery{}
			return err
		}
		to = ends[0]
		return nil
	})
	if err != nil {
		return d, to, fmt.Errorf("webhook: deliver: %w", err)
	}
	return d, to, nil
}

// enter takes one of the places that an endpoint has here.
func (w *Webhooks) enter(to Endpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	most := mostAtOnce
	if to.failures > 0 {
		most = 1
	}
	if w.busy[to.ID] >= most {
		return false
	}
	w.busy[to.ID]++
	return true
}

func (w *Webhooks) leave(to Endpoint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[to.ID]--; w.busy[to.ID] <= 0 {
		delete(w.busy, to.ID)
	}
}

// outcome is what came of an attempt.
type outcome struct {
	tried  bool
	status int
	answer string
	took   time.Duration
	err    error
}

// itself tells whether it is the endpoint that does not do, whatever is posted to it. Another refusal is about what was
// posted.
func (o outcome) itself() bool {
	return o.err != nil && (o.status == 0 || o.status >= 500 || o.status/100 == 3 || o.status == http.StatusTooManyRequests || o.status == http.StatusRequestTimeout ||
		o.status == http.StatusUnauthorized || o.status == http.StatusForbidden || o.status == http.StatusNotFound || o.status == http.StatusGone)
}

// try posts a delivery once.
func (w *Webhooks) try(ctx context.Context, d Delivery, to Endpoint) (o outcome) {
	o.tried = true
	s, err := w.open(to)
	if err != nil {
		o.err = err
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, strings.NewReader(d.body))
	if err != nil {
		o.err = errors.New("the address cannot be read")
		return o
	}
	at, id := w.DB.Now(), "msg_"+d.ID
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "hilft")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", s.sign(id, at, d.body))
	began := time.Now()
	res, err := w.client.Do(req)
	if err == nil {
		var text []byte
		text, err = io.ReadAll(io.LimitReader(res.Body, answerMost))
		_ = res.Body.Close()
		o.status, o.answer = res.StatusCode, plain(string(text))
		if res.StatusCode/100 != 2 {
			err = fmt.Errorf("answered %d", res.StatusCode)
		} else if err != nil {
			err = nil // it has taken it, and said so; what else it says is its business
		}
	} else if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the address may have a token in it, and errors are logged
	}
	o.took, o.err = time.Since(began), err
	return o
}

// plain is a text as people are shown it: its beginning, in one line.
func plain(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(s); len(r) > excerpt {
		s = string(r[:excerpt]) + "…"
	}
	return s
}

// settle writes down what came of an attempt, and what that says about the endpoint.
func (w *Webhooks) settle(ctx context.Context, c *jobs.Claim, d Delivery, to Endpoint, o outcome) error {
	if o.tried {
		d.Attempts++
		d.TriedAt, d.Status, d.Answer, d.Took, d.Error = w.DB.Now(), o.status, o.answer, o.took, ""
		switch {
		case o.err == nil:
			d.State = Delivered
		case d.TriedAt.Sub(d.asked) >= triedFor:
			d.State = Failed
			fallthrough
		default:
			d.Error = plain(o.err.Error())
		}
	}
	again := time.Time{}
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if d.State == Waiting {
			if err := c.Held(ctx, tx); err != nil {
				return err
			}
		} else if err := c.Done(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = ?, attempts = ?, status = ?, took_ms = ?, answer = ?, error = ?, tried_at = ? WHERE id = ?`,
			string(d.State), d.Attempts, d.Status, d.Took.Milliseconds(), d.Answer, d.Error, store.Micros(d.TriedAt), d.ID); err != nil {
			return err
		}
		var err error
		again, err = w.judge(ctx, tx, to, o)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("webhook: deliver: %w", err)
	case d.State != Waiting:
		return nil
	case !again.IsZero():
		return jobs.Later(apart(again), o.err)
	}
	return fmt.Errorf("webhook: deliver: %w", o.err)
}

// judge writes down how an endpoint does after an attempt, and tells when it is tried again, where that is for the
// endpoint to say.
func (w *Webhooks) judge(ctx context.Context, tx *store.Tx, to Endpoint, o outcome) (again time.Time, err error) {
	if !o.tried || !o.itself() && to.failures == 0 {
		return time.Time{}, nil
	}
	now, err := one(ctx, tx, to.Brand, to.ID, tx.Lock())
	if err != nil || !now.OffAt.IsZero() || now.URL != to.URL {
		return time.Time{}, err
	}
	if !o.itself() {
		now.failures, now.FailingSince, now.RetryAt = 0, time.Time{}, time.Time{}
		return time.Time{}, keep(ctx, tx, now)
	}
	if now.failures == 0 {
		now.FailingSince = tx.Now()
	}
	if now.RetryAt.After(tx.Now()) { // one that went out together with this one has said so already
		return now.RetryAt, nil
	}
	now.failures++
	now.RetryAt = tx.Now().Add(jobs.Backoff(now.failures, baseWait, mostWait))
	switch {
	case o.status == http.StatusGone:
		now.OffAt, now.OffWhy = tx.Now(), Gone
	case tx.Now().Sub(now.FailingSince) >= offAfter:
		now.OffAt, now.OffWhy = tx.Now(), Failing
	}
	return now.RetryAt, keep(ctx, tx, now)
}

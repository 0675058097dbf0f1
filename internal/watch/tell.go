// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// tried is a message that an administrator asked for to see that it arrives.
const tried step = "test"

const (
	tellFor   = time.Minute
	answerMax = 64 << 10
)

// notice is what a webhook gets.
type notice struct {
	ID        string    `json:"id"`   // the same when it comes again
	Kind      step      `json:"kind"` // raised, reminded, resolved, test
	Alert     string    `json:"alert,omitempty"`
	Condition Condition `json:"condition,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	Finding
	RaisedAt time.Time `json:"raised_at,omitzero"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	URL      string    `json:"url"`
}

// tell tells one target of one change.
func (w *Watch) tell(ctx context.Context, c *jobs.Claim) error {
	var m word
	if err := c.Read(&m); err != nil {
		return err
	}
	if since(c.MadeAt, w.DB.Now()) >= remindAfter {
		return nil // of what is open, people have been told anew
	}
	n, t, err := w.notice(ctx, m)
	if err != nil || t.ID == "" { // it was removed meanwhile
		return err
	}
	tctx, cancel := context.WithTimeout(ctx, tellFor)
	defer cancel()
	if t.Kind == Email {
		err = w.mail(tctx, t, n)
	} else {
		err = w.webhook(tctx, t, n)
	}
	why := ""
	if err != nil {
		why = shortly(err)
	}
	if e := w.DB.Write(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		if err != nil {
			_, e := tx.Exec(ctx, `UPDATE alert_target SET error = ? WHERE id = ?`, why, t.ID)
			return e
		}
		if e := c.Done(ctx, tx); e != nil {
			return e
		}
		_, e := tx.Exec(ctx, `UPDATE alert_target SET error = '', told_at = ? WHERE id = ?`, store.Micros(tx.Now()), t.ID)
		return e
	}); e != nil {
		return fmt.Errorf("watch: tell: %w", e)
	}
	if err != nil {
		return fmt.Errorf("watch: tell: %w", err)
	}
	return nil
}

// notice reads what is to be told, and whom.
func (w *Watch) notice(ctx context.Context, m word) (n notice, t Target, err error) {
	var found []Alert
	if err := w.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := targets(ctx, tx)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.ID == m.Target {
				t = one
			}
		}
		if m.Step != tried {
			found, err = alerts(ctx, tx, `WHERE id = ?`, m.Alert)
		}
		return err
	}); err != nil {
		return n, t, fmt.Errorf("watch: tell: %w", err)
	}
	if m.Step != tried && len(found) == 0 {
		return n, Target{}, nil // long over
	}
	language := "en"
	brands, err := w.Access.Brands(ctx)
	if err != nil {
		return n, t, err
	}
	for _, b := range brands {
		if b.ID == t.Brand {
			language = b.Language
		}
	}
	n = notice{ID: m.ID, Kind: m.Step, URL: w.PublicURL + "/health"}
	if len(found) > 0 {
		a := found[0]
		n.Alert, n.Condition, n.Subject, n.Finding, n.RaisedAt = a.ID, a.Condition, a.Subject, a.Finding, a.RaisedAt
	}
	n.Title, n.Text = words(language, m.Step, n.Finding)
	n.Text += "\n\n" + n.URL
	return n, t, nil
}

func (w *Watch) mail(ctx context.Context, t Target, n notice) error {
	err := w.Switchboard.Notify(ctx, t.Brand, t.Account, channel.Outgoing{
		Key: n.ID, Visibility: hilft.Private, To: channel.Author{ID: t.Address, Handle: t.Address}, Subject: "hilft: " + n.Title, Text: n.Text, Auto: true,
	})
	if limited, ok := errors.AsType[*channel.RateLimited](err); ok {
		return jobs.Later(limited.Until, err)
	}
	return err
}

// webhook posts the notice, signed as everything is that we post.
func (w *Watch) webhook(ctx context.Context, t Target, n notice) error {
	secret, err := w.Keys.Open(place(t.ID), t.sealed)
	if err != nil {
		return jobs.Dead(err)
	}
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.Address, bytes.NewReader(body))
	if err != nil {
		return jobs.Dead(errors.New("the address cannot be read"))
	}
	at := strconv.FormatInt(w.DB.Now().Unix(), 10)
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(at + "."))
	m.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "hilft")
	req.Header.Set("Idempotency-Key", n.ID)
	req.Header.Set("X-Hilft-Delivery", n.ID)
	req.Header.Set("X-Hilft-Timestamp", at)
	req.Header.Set("X-Hilft-Signature", "v1="+hex.EncodeToString(m.Sum(nil)))
	client := *w.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the address may have a token in it, and errors are logged
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, answerMax))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("answered %d", res.StatusCode)
	}
	return nil
}

// shortly is an error as administrators read it.
func shortly(err error) string {
	s := err.Error()
	return string(bytes.ToValidUTF8([]byte(s[:min(len(s), 300)]), nil))
}

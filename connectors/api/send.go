// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// outgoing is what we post to the callback.
type outgoing struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"` // "message", or "check"
	Thread     string           `json:"thread,omitempty"`
	Visibility hilft.Visibility `json:"visibility,omitempty"`
	ReplyTo    string           `json:"reply_to,omitempty"`
	To         *recipient       `json:"to,omitempty"`
	Subject    string           `json:"subject,omitempty"`
	Text       string           `json:"text,omitempty"`
	Files      []file           `json:"files,omitempty"`
	At         time.Time        `json:"at"`
}

type recipient struct {
	ID     string `json:"id"`
	Handle string `json:"handle,omitempty"`
	Name   string `json:"name,omitempty"`
}

type file struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Alt  string `json:"alt,omitempty"`
	Data []byte `json:"data"`
}

// Send posts one message to the callback. The body is the same at every attempt with one Key.
func (l *line) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	at := out.First
	if at.IsZero() {
		at = l.env.Now()
	}
	what := outgoing{
		ID: out.Key, Kind: "message", Thread: out.Thread, Visibility: out.Visibility, ReplyTo: out.InReplyTo,
		Subject: out.Subject, Text: out.Text, At: at.UTC(),
	}
	if out.To.ID != "" {
		what.To = &recipient{ID: out.To.ID, Handle: out.To.Handle, Name: out.To.Name}
	}
	for _, f := range out.Files {
		what.Files = append(what.Files, file{Name: f.Name, Type: f.Type, Alt: f.Alt, Data: f.Data})
	}
	a, err := l.post(ctx, what)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("api: send: %w", err)
	}
	receipt, err := l.receipt(a, out.Key)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("api: send: %w", err)
	}
	return receipt, nil
}

func (l *line) post(ctx context.Context, what outgoing) (answer, error) {
	body, err := json.Marshal(what)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.callback.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	// With an Idempotency-Key the transport would repeat the request by itself after a broken connection, and somebody
	// who ignores the key would say the message twice. Without GetBody it cannot.
	req.GetBody = nil
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(headerDelivery, what.ID)
	req.Header.Set("Idempotency-Key", what.ID)
	return l.call(req, body)
}

// receipt reads the answer to a message.
func (l *line) receipt(a answer, key string) (channel.Receipt, error) {
	if a.status/100 == 2 {
		var word struct{ ID, Thread, URL string }
		if len(a.body) > 0 {
			if err := object(a.body, &word); err != nil {
				return channel.Receipt{}, unknown(fmt.Errorf("answered %d: %w", a.status, err))
			}
		}
		if err := errors.Join(plainID(word.ID), plainID(word.Thread)); err != nil {
			return channel.Receipt{}, unknown(fmt.Errorf("answered %d with an id that %w", a.status, err))
		}
		if word.ID == "" {
			word.ID = key
		}
		if !webAddress(word.URL) {
			word.URL = ""
		}
		return channel.Receipt{ID: word.ID, Thread: word.Thread, URL: word.URL, At: l.env.Now()}, nil
	}
	return channel.Receipt{}, l.refusal(a)
}

// refusal says what an answer means that is not 2xx.
func (l *line) refusal(a answer) error {
	status := fmt.Errorf("answered %d", a.status)
	var word struct {
		Gone           bool
		Reason, Detail string
	}
	if object(a.body, &word) != nil {
		word.Gone, word.Reason, word.Detail = false, "", ""
	}
	switch {
	case a.status == http.StatusTooManyRequests:
		return &channel.RateLimited{Until: l.until(a.header.Get("Retry-After"))}
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", channel.ErrSignIn, status)
	case (a.status == http.StatusNotFound || a.status == http.StatusGone) && word.Gone:
		return fmt.Errorf("%w: %w", channel.ErrGone, status)
	case a.status == http.StatusRequestTimeout:
		return unknown(status)
	case a.status == http.StatusTemporaryRedirect, a.status == http.StatusPermanentRedirect:
		return &channel.Rejected{Reason: channel.ReasonOther, Detail: fmt.Sprintf("%d: redirects are not followed", a.status)}
	case a.status/100 == 4:
		detail := shown(word.Detail)
		if detail == "" {
			detail = status.Error()
		}
		return &channel.Rejected{Reason: reason(word.Reason), Detail: detail}
	case a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
		return status // it says that it took nothing
	}
	return unknown(status)
}

// unknown is a failure after which the message may be there.
func unknown(err error) error { return fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err) }

// reason is one of the shared reasons; "other" for whatever else the other side says.
func reason(s string) string {
	switch s {
	case channel.ReasonTooLong, channel.ReasonWindowClosed, channel.ReasonBlocked, channel.ReasonNotAllowed, channel.ReasonNoRecipient, channel.ReasonBadMessage:
		return s
	}
	return channel.ReasonOther
}

const detailMax = 300 // characters

// shown makes foreign words fit to be shown beside ours: one line, bounded, and nothing that changes how it is read.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	runes := []rune(strings.TrimSpace(s))
	if len(runes) > detailMax {
		return string(runes[:detailMax-1]) + "…"
	}
	return string(runes)
}

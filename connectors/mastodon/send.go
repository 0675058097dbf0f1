// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
)

// Send posts one status, its files before it. It reads what is answered first: whether it is still there, who wrote it, and who may read it,
// so that an answer is as public as the question and never more.
func (l *line) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	post, err := l.compose(ctx, out)
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mastodon: send: %w", err)
	}
	if post.media, err = l.upload(ctx, out.Files); err != nil {
		return channel.Receipt{}, fmt.Errorf("mastodon: send: %w", err)
	}
	receipt, err := l.post(ctx, post, out.Key)
	if refused, ok := errors.AsType[*channel.Rejected](err); ok && out.InReplyTo != "" && refused.Reason == channel.ReasonBadMessage {
		// Servers may say 422 also when what is answered went away meanwhile. Their words depend on their language, so
		// look instead of reading them.
		if _, gone := l.c.status(ctx, out.InReplyTo); errors.Is(gone, channel.ErrGone) {
			err = gone
		}
	}
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("mastodon: send: %w", err)
	}
	return receipt, nil
}

// letter is a status to be posted.
type letter struct {
	text       string
	warning    string
	visibility string
	inReplyTo  string
	media      []string // ids of files that the server has
}

// compose makes a status of a message. Nothing has gone out when it fails.
func (l *line) compose(ctx context.Context, out channel.Outgoing) (letter, error) {
	post := letter{text: strings.TrimSpace(out.Text), warning: strings.TrimSpace(out.Warning), visibility: "public", inReplyTo: out.InReplyTo}
	if post.text == "" && len(out.Files) == 0 {
		return letter{}, &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: "there is no text"}
	}
	to := out.To
	if out.InReplyTo != "" {
		parent, err := l.c.status(ctx, out.InReplyTo)
		if err != nil {
			return letter{}, err
		}
		if out.Visibility == hilft.Public && parent.Visibility != "public" && parent.Visibility != "unlisted" {
			return letter{}, &channel.Rejected{Reason: channel.ReasonNotAllowed, Detail: "what is answered is not public"}
		}
		post.visibility = parent.Visibility
		if to.Handle == "" {
			to = authorOf(&parent, l.acc.Self.ID, l.home)
		}
	}
	if out.Visibility != hilft.Public {
		post.visibility = "direct"
	}
	ours := to.Us || to.ID != "" && to.ID == l.acc.Self.ID
	if to.Handle == "" || ours {
		if post.visibility == "direct" { // it would reach nobody
			return letter{}, &channel.Rejected{Reason: channel.ReasonNoRecipient, Detail: "a direct message needs somebody it mentions"}
		}
	} else if !mentions(post.text, to.Handle, l.home) {
		post.text = strings.TrimSpace("@" + strings.TrimPrefix(to.Handle, "@") + " " + post.text)
	}
	return post, l.fits(ctx, post)
}

// fits refuses what is too long for the server. When the server does not tell, it will have to judge by itself.
func (l *line) fits(ctx context.Context, post letter) error {
	about, err := l.instance(ctx)
	if err != nil {
		l.env.Log.DebugContext(ctx, "limits of the server are not known", "account_id", l.acc.ID, "err", err)
		return nil
	}
	limits := about.Configuration.Statuses
	if n := countable(post.text, limits.URLLength) + countable(post.warning, limits.URLLength); n > limits.MaxCharacters {
		return &channel.Rejected{
			Reason: channel.ReasonTooLong,
			Detail: strconv.Itoa(n) + " characters with the mention and the warning, " + strconv.Itoa(limits.MaxCharacters) + " are allowed",
		}
	}
	return nil
}

// post sends a status once. Every failure after the request was begun leaves the outcome open, unless the server says
// no.
func (l *line) post(ctx context.Context, post letter, key string) (channel.Receipt, error) {
	form := url.Values{"status": {post.text}, "visibility": {post.visibility}}
	if post.warning != "" {
		form.Set("spoiler_text", post.warning)
	}
	if len(post.media) > 0 {
		form["media_ids[]"] = post.media
	}
	if post.inReplyTo != "" {
		form.Set("in_reply_to_id", post.inReplyTo)
	}
	var begun atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { begun.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.c.base.JoinPath("/api/v1/statuses").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return channel.Receipt{}, err
	}
	// net/http repeats a request with an Idempotency-Key by itself when a kept connection breaks. Servers may have
	// forgotten the key, so it must not: a body that cannot be had twice is never sent twice.
	req.GetBody = nil
	l.c.sign(req)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Idempotency-Key", key)

	once := *l.c.http
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // following would make a GET of it
	res, err := once.Do(req)
	if err != nil {
		if begun.Load() {
			return channel.Receipt{}, fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err)
		}
		return channel.Receipt{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := channel.ReadAll(res.Body, bodyMax)
	if res.StatusCode != http.StatusOK {
		return channel.Receipt{}, l.refusal(res, body)
	}
	var posted status
	if err == nil {
		err = json.Unmarshal(body, &posted)
	}
	if err == nil {
		err = posted.valid()
	}
	if err != nil {
		return channel.Receipt{}, fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err)
	}
	return channel.Receipt{ID: posted.ID, URL: cmp.Or(posted.URL, posted.URI), At: posted.CreatedAt.UTC()}, nil
}

// refusal tells what it means that a server did not take a status. Nothing in the documents promises that a server that
// answers 5xx has done nothing: Mastodon says 503 also when something fails after the status was stored.
func (l *line) refusal(res *http.Response, body []byte) error {
	err := l.c.meaning(res, body)
	detail := &statusError{code: res.StatusCode, words: wordsOf(body)}
	switch code := res.StatusCode; {
	case code == http.StatusForbidden:
		return &channel.Rejected{Reason: channel.ReasonNotAllowed, Detail: detail.Error()}
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return &channel.Rejected{Reason: channel.ReasonBadMessage, Detail: detail.Error()}
	case code == http.StatusRequestEntityTooLarge:
		return &channel.Rejected{Reason: channel.ReasonTooLong, Detail: detail.Error()}
	case code == http.StatusUnauthorized, code == http.StatusNotFound, code == http.StatusGone, code == http.StatusTooManyRequests:
		return err
	case code >= 300 && code < 400:
		return err // the server has moved; nothing was taken
	case code == http.StatusRequestTimeout, code < 300, code >= 500:
		return fmt.Errorf("%w: %w", channel.ErrUnknownOutcome, err)
	}
	return &channel.Rejected{Reason: channel.ReasonOther, Detail: detail.Error()}
}

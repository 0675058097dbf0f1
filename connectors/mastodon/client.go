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
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hilft/hilft/channel"
)

// bodyMax bounds what is read of an answer: a full page of notifications is a few hundred kilobytes.
const bodyMax = 8 << 20

// errUnreadable is an answer that is not what the API promises.
var errUnreadable = errors.New("the answer is not Mastodon’s")

// client is the API of one server, as far as a desk needs it. A library is not used because the desk keeps raw bytes,
// acts on what an error means, and must not repeat a post.
type client struct {
	http  *http.Client
	now   func() time.Time
	base  *url.URL
	token string
}

func newClient(settings channel.Settings, env channel.Env) (*client, error) {
	base, err := url.Parse(strings.TrimSpace(settings[setURL]))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, &channel.Rejected{Reason: channel.ReasonBadSettings, Detail: "not the address of a server", Field: setURL}
	}
	return &client{
		http: env.HTTP, now: env.Now, token: settings[setToken],
		base: &url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimRight(base.Path, "/")},
	}, nil
}

// instance is what a server tells about itself.
type instance struct {
	Domain        string `json:"domain"`
	Configuration struct {
		URLs struct {
			Streaming string `json:"streaming"`
		} `json:"urls"`
		Statuses struct {
			MaxCharacters int `json:"max_characters"`
			URLLength     int `json:"characters_reserved_per_url"`
			FilesMax      int `json:"max_media_attachments"`
		} `json:"statuses"`
		Media struct {
			ImageSize int64 `json:"image_size_limit"`
		} `json:"media_attachments"`
	} `json:"configuration"`
}

func (c *client) instance(ctx context.Context) (instance, error) {
	var about instance
	if err := c.get(ctx, "/api/v2/instance", nil, &about); err != nil {
		return instance{}, err
	}
	if about.Domain == "" {
		return instance{}, fmt.Errorf("%w: an instance without a domain", errUnreadable)
	}
	limits := &about.Configuration.Statuses
	limits.MaxCharacters = cmp.Or(max(limits.MaxCharacters, 0), usualTextMax)
	limits.URLLength = cmp.Or(max(limits.URLLength, 0), usualURLLength)
	limits.FilesMax = cmp.Or(max(limits.FilesMax, 0), usualFilesMax)
	about.Configuration.Media.ImageSize = cmp.Or(max(about.Configuration.Media.ImageSize, 0), usualFileSize)
	return about, nil
}

func (c *client) me(ctx context.Context) (account, error) {
	var me account
	if err := c.get(ctx, "/api/v1/accounts/verify_credentials", nil, &me); err != nil {
		return account{}, err
	}
	if me.ID == "" || me.Acct == "" {
		return account{}, fmt.Errorf("%w: an account without a name", errUnreadable)
	}
	return me, nil
}

func (c *client) status(ctx context.Context, id string) (status, error) {
	var s status
	if err := c.get(ctx, "/api/v1/statuses/"+url.PathEscape(id), nil, &s); err != nil {
		return status{}, err
	}
	if err := s.valid(); err != nil {
		return status{}, err
	}
	return s, nil
}

// get reads one resource. Reading is free of effects, so any failure may be tried again.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) error {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	c.sign(req)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := channel.ReadAll(res.Body, bodyMax)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return c.meaning(res, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return nil
}

// postForm sends a form whose effect may be repeated without harm, as those of a sign-in.
func (c *client) postForm(ctx context.Context, path string, form url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := channel.ReadAll(res.Body, bodyMax)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return c.meaning(res, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return nil
}

func (c *client) sign(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hilft")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// statusError is an answer that says no and has no meaning of its own.
type statusError struct {
	code  int
	words string // of the server, if any
}

func (e *statusError) Error() string {
	if e.words == "" {
		return "the server answers " + strconv.Itoa(e.code)
	}
	return fmt.Sprintf("the server answers %d: %s", e.code, e.words)
}

// meaning tells what a refusal means for the one who asked.
func (c *client) meaning(res *http.Response, body []byte) error {
	err := &statusError{code: res.StatusCode, words: wordsOf(body)}
	switch res.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
	case http.StatusForbidden:
		if err.words != "" { // the API refuses: a scope is missing. Without words it is a proxy before it, which may change its mind
			return fmt.Errorf("%w: %w", channel.ErrSignIn, err)
		}
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%w: %w", channel.ErrGone, err)
	case http.StatusTooManyRequests:
		return &channel.RateLimited{Until: limitEnds(res.Header, c.now())}
	}
	return err
}

// wordsOf finds the server's own words in the body of a refusal.
func wordsOf(body []byte) string {
	var e struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	words := []rune(cmp.Or(e.Description, e.Error))
	return string(words[:min(len(words), 300)])
}

// limitEnds reads when a server takes calls again. X-RateLimit-Reset is a time, Retry-After seconds or a date. A server
// that says neither, or something absurd, is left alone for as long as its usual window.
func limitEnds(h http.Header, now time.Time) time.Time {
	const window = 5 * time.Minute
	until := now.Add(window)
	if at, err := time.Parse(time.RFC3339, h.Get("X-RateLimit-Reset")); err == nil {
		until = at
	} else if secs, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		until = now.Add(time.Duration(min(max(secs, 0), 86_400)) * time.Second)
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		until = at
	}
	if until.Before(now) { // our clock is ahead of theirs
		return now.Add(time.Minute)
	}
	if latest := now.Add(24 * time.Hour); until.After(latest) {
		return latest
	}
	return until
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxGrants = 1000 // apps, codes and tokens that are kept, each

// caller is who calls: the account, and what was granted.
type caller struct {
	account *account
	grant   *grant
	token   string
}

type handler func(w http.ResponseWriter, r *http.Request, c caller)

// signedIn lets only those in whose token is for an account and has the scope.
func (s *Server) signedIn(scope string, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, ok := s.enter(w, r)
		switch {
		case !ok:
		case c.grant == nil:
			refuse(w, http.StatusUnauthorized, "The access token is invalid")
		case c.account == nil:
			refuse(w, http.StatusUnprocessableEntity, "This method requires an authenticated user")
		case scope != "" && !allows(c.grant.scopes, scope):
			refuse(w, http.StatusForbidden, "This action is outside the authorized scopes")
		default:
			next(w, r, c)
		}
	}
}

// perhapsSignedIn lets everybody in, and tells who it is where that is known.
func (s *Server) perhapsSignedIn(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, ok := s.enter(w, r); ok {
			next(w, r, c)
		}
	}
}

// enter finds the token of a request and counts the call. False: it has been answered.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) (caller, bool) {
	token, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !given {
		token = r.URL.Query().Get("access_token")
	}
	if token == "" {
		return caller{}, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.w.tokens[token]
	if g == nil {
		refuse(w, http.StatusUnauthorized, "The access token is invalid")
		return caller{}, false
	}
	now := s.opt.Now()
	if now.Sub(g.window) >= limitWindow {
		g.window, g.calls = now.Truncate(limitWindow), 0
	}
	g.calls++
	s.limitHeaders(w, max(0, s.opt.CallLimit-g.calls), g.window.Add(limitWindow))
	if g.calls > s.opt.CallLimit {
		refuse(w, http.StatusTooManyRequests, "Too many requests")
		return caller{}, false
	}
	return caller{g.account, g, token}, true
}

func (s *Server) limitHeaders(w http.ResponseWriter, remaining int, reset time.Time) {
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(s.opt.CallLimit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", reset.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// allows tells whether scopes have wanted, or what it is a part of.
func allows(scopes []string, wanted string) bool {
	wide, _, _ := strings.Cut(wanted, ":")
	return slices.Contains(scopes, wanted) || slices.Contains(scopes, wide) ||
		wanted == "read:accounts" && slices.Contains(scopes, "profile")
}

func secret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// input reads what was sent: the query, and a body as a form or as JSON.
func input(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "application/json":
		return inputJSON(w, r)
	case "multipart/form-data":
		err = r.ParseMultipartForm(bodyMax)
	default:
		err = r.ParseForm()
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "The request cannot be read")
		return nil, false
	}
	return r.Form, true
}

func inputJSON(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		refuse(w, http.StatusBadRequest, "Error occurred while parsing request parameters")
		return nil, false
	}
	v := r.URL.Query()
	for name, field := range fields {
		switch field := field.(type) {
		case nil:
		case []any:
			for _, one := range field {
				v.Add(name+"[]", fmt.Sprint(one))
			}
		default:
			v.Set(name, fmt.Sprint(field))
		}
	}
	return v, true
}

var errPage = errors.New("limit is not a number")

// paging is what part of a list is asked for.
type paging struct {
	max, since, min int64
	limit           int
}

func pagingOf(q url.Values, usual, most int) (paging, error) {
	p := paging{max: idOf(q.Get("max_id")), since: idOf(q.Get("since_id")), min: idOf(q.Get("min_id")), limit: usual}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return p, errPage
		}
		p.limit = min(n, most)
	}
	return p, nil
}

// page takes a part of a list that ascends by id. What it returns is newest first, whichever end was asked for: after
// min_id come those that follow it at once, else the newest that fit.
func page[T any](list []T, id func(T) int64, p paging, given url.Values) []T {
	var fit []T
	for _, one := range list {
		if n := id(one); (p.max == 0 || n < p.max) && n > p.since && n > p.min {
			fit = append(fit, one)
		}
	}
	if len(fit) > p.limit {
		if given.Get("min_id") != "" {
			fit = fit[:p.limit]
		} else {
			fit = fit[len(fit)-p.limit:]
		}
	}
	slices.Reverse(fit)
	return fit
}

// link names the pages before and after one.
func (s *Server) link(w http.ResponseWriter, r *http.Request, newest, oldest int64) {
	at := func(key string, id int64) string {
		q := r.URL.Query()
		for _, k := range []string{"max_id", "since_id", "min_id", "access_token"} {
			q.Del(k)
		}
		q.Set(key, idText(id))
		return "<" + s.public() + r.URL.Path + "?" + q.Encode() + ">"
	}
	w.Header().Set("Link", at("max_id", oldest)+`; rel="next", `+at("min_id", newest)+`; rel="prev"`)
}

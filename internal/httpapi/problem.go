// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
)

// Problem is an error as everybody gets it (RFC 9457). Code is a message key, which the browser app has texts for.
type Problem struct {
	Status     int            `json:"status" example:"404"`
	Title      string         `json:"title" example:"Not Found"`
	Detail     string         `json:"detail,omitempty" doc:"For developers; people get a text for the code."`
	Code       string         `json:"code" example:"case.not_found" doc:"What happened, as a message key."`
	Errors     []ProblemField `json:"errors,omitempty" doc:"Which inputs are wrong."`
	retryAfter time.Duration
}

// ProblemField is one wrong input.
type ProblemField struct {
	Location string `json:"location" example:"body.settings.host"`
	Message  string `json:"message"`
	Code     string `json:"code,omitempty"`
}

func (p *Problem) Error() string { return p.Code }

// GetStatus is the answer's HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType says what it is.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells when to come back.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.retryAfter.Seconds())+1))
	}
	return h
}

// newProblem is how huma's own errors look: requests that do not fit the description.
func newProblem(status int, msg string, errs ...error) huma.StatusError {
	p := &Problem{Status: status, Title: http.StatusText(status), Detail: msg, Code: "request.invalid"}
	switch {
	case status == http.StatusRequestEntityTooLarge:
		p.Code = "request.too_large"
	case status >= 500:
		p.Code, p.Detail = "internal", ""
	}
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		p.Errors = append(p.Errors, ProblemField{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
	}
	return p
}

var statuses = map[hilft.Kind]int{
	hilft.Internal: http.StatusInternalServerError, hilft.Invalid: http.StatusUnprocessableEntity, hilft.NotFound: http.StatusNotFound,
	hilft.Conflict: http.StatusConflict, hilft.Forbidden: http.StatusForbidden, hilft.Unauthenticated: http.StatusUnauthorized,
	hilft.Unavailable: http.StatusServiceUnavailable, hilft.TooLarge: http.StatusRequestEntityTooLarge,
}

// problem is what an error means to the one who asked. Of its cause they learn nothing, but for what a network said to
// settings or a message, which is theirs to know.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	kind := hilft.KindOf(err)
	p := &Problem{Status: statuses[kind], Code: "internal"}
	p.Title = http.StatusText(p.Status)
	if e, ok := errors.AsType[*hilft.Error](err); ok && kind != hilft.Internal {
		p.Code = e.Say
		if e.Field != "" {
			p.Errors = []ProblemField{{Location: "body." + e.Field, Message: e.Say, Code: e.Say}}
		}
	}
	if r, ok := errors.AsType[*channel.Rejected](err); ok {
		p.Detail = r.Detail
		if p.Code == "hook.bad_message" { // the sender is a program: its request makes no sense
			p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
		}
	}
	if l, ok := errors.AsType[*access.Locked](err); ok {
		p.Status, p.Title = http.StatusTooManyRequests, http.StatusText(http.StatusTooManyRequests)
		p.retryAfter = l.Until.Sub(a.DB.Now())
		p.Detail = l.Until.UTC().Format(time.RFC3339)
	}
	switch {
	case errors.Is(err, context.Canceled): // whoever asked has gone
	case kind == hilft.Internal:
		a.Log.ErrorContext(ctx, "a request failed", "err", err)
	case p.Status == http.StatusServiceUnavailable:
		a.Log.WarnContext(ctx, "a request could not be served", "err", err)
	}
	return p
}

// placedIn puts the input that an error names where it stands in the request's body, unless it is one of those that
// stand there by their own name.
func placedIn(err error, prefix string, but ...string) error {
	e, ok := errors.AsType[*hilft.Error](err)
	if !ok || e.Field == "" || slices.Contains(but, e.Field) {
		return err
	}
	at := *e
	at.Field = prefix + e.Field
	return &at
}

func notFound(say string) error  { return hilft.Fail(hilft.NotFound, say, nil) }
func forbidden(say string) error { return hilft.Fail(hilft.Forbidden, say, nil) }
func tooLarge() error            { return hilft.Fail(hilft.TooLarge, "request.too_large", nil) }

// tooSlow answers who takes too long to say what they want.
func tooSlow() error {
	return &Problem{Status: http.StatusRequestTimeout, Title: http.StatusText(http.StatusRequestTimeout), Code: "request.too_slow"}
}

// fail answers a request that is not huma's with a problem.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// recovered keeps one request's panic from ending the house.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { //nolint:contextcheck // it is the request's
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the standard library compares it like this
				panic(p)
			}
			a.Log.ErrorContext(r.Context(), "a request panicked", "panic", hilft.Panicked(p), "stack", string(debug.Stack()))
			if s, ok := w.(*statusWriter); ok && s.wrote {
				panic(http.ErrAbortHandler) // an answer cut off is seen to be none; one with a problem at its end is not
			}
			a.fail(w, r, hilft.Fail(hilft.Internal, "internal", nil))
		}()
		next.ServeHTTP(w, r)
	})
}

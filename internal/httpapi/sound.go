// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
)

// bodyFor is how long a browser or a network may take to say what it wants. Networks lose patience with us about then, too.
const bodyFor = 15 * time.Second

// inTime gives whoever announces a body so long to send it, at every door: the server reads what is left of a body before
// it answers, also where nobody wants one, and would wait for it forever.
func inTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyFor))
		}
		next.ServeHTTP(w, r)
	})
}

// readable tells whether text can be kept: UTF-8 without NUL, which Postgres keeps in no text.
func readable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// soundPath refuses addresses that cannot be anything's.
func (a *API) soundPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !readable(r.URL.Path) {
			a.fail(w, r, notFound("page.not_found"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sound reads a request to the API to its end, within bounds of size and time, and refuses one whose words could not be
// kept. From there on nobody waits for the network, and an operation may take its time.
func (a *API) sound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			if !readable(name) || !readable(strings.Join(values, "")) {
				a.fail(w, r, hilft.Fail(hilft.Invalid, "request.bad_text", nil))
				return
			}
		}
		body, err := a.body(w, r)
		if err == nil && (!utf8.Valid(body) || saysNUL(body)) {
			err = hilft.Fail(hilft.Invalid, "request.bad_text", nil)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		r.Body, r.ContentLength = http.NoBody, int64(len(body))
		if len(body) > 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
}

func (a *API) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > bodyMost {
		return nil, tooLarge()
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return nil, tooSlow()
	}
	if err != nil {
		return nil, hilft.Fail(hilft.Invalid, "request.unreadable", err)
	}
	// All of it is here; a deadline that passes later would end the request while it is carried out. Where not all is, the
	// deadline stays: the server waits for the rest before it answers.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// saysNUL tells whether JSON spells out a NUL, which hides behind an escape. Backslashes stand inside strings only, so
// that nothing else of JSON need be understood.
func saysNUL(body []byte) bool {
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == 0:
			return true
		case body[i] != '\\':
		case bytes.HasPrefix(body[i+1:], []byte("u0000")):
			return true
		default:
			i++ // what is escaped, perhaps a backslash
		}
	}
	return false
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Fault is a way in which the server fails until it is told otherwise.
type Fault string

const (
	NoFault       Fault = ""
	RateLimited   Fault = "rate limited"    // every call: 429, with the time when it ends
	LostAnswer    Fault = "lost answer"     // a status is posted, then the connection breaks without an answer
	HeldAnswer    Fault = "held answer"     // a status is posted, then the connection stays open without an answer
	LostRequest   Fault = "lost request"    // a status is read and thrown away, then the connection breaks
	Down          Fault = "down"            // a started server refuses connections, any other one breaks them
	SignInExpired Fault = "sign-in expired" // no token is valid any more
	Garbage       Fault = "garbage"         // every call is answered with what is not Mastodon's language
	Slow          Fault = "slow"            // every call is taken and never answered
	Refused       Fault = "refused"         // every status is refused for what it says: 422
	Gone          Fault = "gone"            // what a status answers is not there: 404
	Overloaded    Fault = "overloaded"      // every call: 503 without doing anything
)

// Fail makes the server fail from now on; NoFault makes it well again. Streams that are open end, as they would, with
// Down, SignInExpired, Garbage, Slow and Overloaded.
func (s *Server) Fail(f Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.fault
	s.fault = f
	switch f {
	case Down, SignInExpired, Garbage, Slow, Overloaded:
		s.endStreams()
	case NoFault, RateLimited, LostAnswer, HeldAnswer, LostRequest, Refused, Gone:
	}
	s.touch()
	if s.web == nil {
		return nil
	}
	switch {
	case f == Down && was != Down:
		return s.web.Close()
	case f != Down && was == Down:
		if err := s.listen(s.address); err != nil {
			return fmt.Errorf("sandbox mastodon: up again: %w", err)
		}
	}
	return nil
}

// fails answers a request as the fault wants, and tells whether it did.
func (s *Server) fails(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	fault, changed := s.fault, s.changed
	s.mu.Unlock()
	posting := r.Method == http.MethodPost && r.URL.Path == "/api/v1/statuses"
	switch fault {
	case RateLimited:
		s.limitHeaders(w, 0, s.opt.Now().Add(limitWindow))
		refuse(w, http.StatusTooManyRequests, "Too many requests")
	case Down:
		panic(http.ErrAbortHandler)
	case Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "<<<\x00\xff not json")
	case Overloaded:
		refuse(w, http.StatusServiceUnavailable, "There was a temporary problem serving your request, please try again")
	case Slow:
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen when the caller goes away
		s.awaitOther(r, fault, changed)
		panic(http.ErrAbortHandler)
	case LostAnswer, HeldAnswer:
		if !posting {
			return false
		}
		s.mux.ServeHTTP(nowhere{}, r)
		if fault == HeldAnswer {
			s.awaitOther(r, fault, changed)
		}
		panic(http.ErrAbortHandler)
	case LostRequest:
		if !posting {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	case Refused:
		if !posting {
			return false
		}
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: Text is not what we want to read here")
	case SignInExpired:
		if !strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/api/v2/instance" {
			return false
		}
		refuse(w, http.StatusUnauthorized, "The access token is invalid")
	case NoFault, Gone: // Gone is for those who look for what is answered
		return false
	}
	return true
}

// awaitOther returns when the caller has gone, the server is closed, or the fault is another one.
func (s *Server) awaitOther(r *http.Request, fault Fault, changed <-chan struct{}) {
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.closed:
			return
		case <-changed:
		}
		s.mu.Lock()
		now := s.fault
		changed = s.changed
		s.mu.Unlock()
		if now != fault {
			return
		}
	}
}

// nowhere is where a lost answer goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

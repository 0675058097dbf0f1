// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mail

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
)

// ClientID and ClientSecret are those of the one app that the provider knows.
const (
	ClientID     = "hilft-app"
	ClientSecret = "app-geheimnis"
)

// tokenFor is how long an access token holds.
const tokenFor = time.Hour

// grants are the provider's tokens: OAuth 2.0 (RFC 6749) with PKCE (RFC 7636). A refresh token can be used once, as with
// strict providers. The lock of the server is held for all of it.
type grants struct {
	codes   map[string]code
	access  map[string]access
	refresh map[string]string // the address that it is for
	asked   int               // how often tokens were given for a refresh token
}

type code struct{ address, callback, challenge string }

type access struct {
	address string
	ends    time.Time
}

// OAuth is the provider's sign-in: GET /authorize lets whoever login_hint names in and sends the browser back, POST /token
// gives tokens for a code or a refresh token.
func (s *Server) OAuth() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	return mux
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || s.boxes[q.Get("login_hint")] == nil {
		http.Error(w, "no such app or mailbox", http.StatusBadRequest)
		return
	}
	c := rand.Text()
	s.grants.codes[c] = code{q.Get("login_hint"), q.Get("redirect_uri"), q.Get("code_challenge")}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {c}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	no := func(status int, why string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": why, "error_description": "The sandbox says no."})
	}
	if s.fault == Down || s.fault == Slow {
		no(http.StatusServiceUnavailable, "temporarily_unavailable")
		return
	}
	if r.FormValue("client_id") != ClientID || r.FormValue("client_secret") != ClientSecret {
		no(http.StatusUnauthorized, "invalid_client")
		return
	}
	var address string
	switch r.FormValue("grant_type") {
	case "authorization_code":
		c, ok := s.grants.codes[r.FormValue("code")]
		delete(s.grants.codes, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if ok && c.callback == r.FormValue("redirect_uri") && c.challenge == base64.RawURLEncoding.EncodeToString(sum[:]) {
			address = c.address
		}
	case "refresh_token":
		address = s.grants.refresh[r.FormValue("refresh_token")]
		delete(s.grants.refresh, r.FormValue("refresh_token"))
		s.grants.asked++
	}
	if address == "" {
		no(http.StatusBadRequest, "invalid_grant")
		return
	}
	token, refresh := rand.Text(), rand.Text()
	s.grants.access[token], s.grants.refresh[refresh] = access{address, s.opts.Now().Add(tokenFor)}, address
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "refresh_token": refresh, "token_type": "Bearer", "expires_in": int(tokenFor.Seconds())})
}

// Expire ends all access tokens before their time, and cuts who has signed in with them.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.grants.access)
	s.cut()
}

// Revoke takes back all that a sign-in gave, as an owner does who removes an app from their account.
func (s *Server) Revoke() {
	s.mu.Lock()
	clear(s.grants.refresh)
	s.mu.Unlock()
	s.Expire()
}

// Renewed counts how often tokens were asked for with a refresh token.
func (s *Server) Renewed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants.asked
}

// Mechanisms of a sign-in.
const xoauth2 = "XOAUTH2"

// mechanisms are those that the provider offers; which of the two for tokens is up to its options.
func (s *Server) mechanisms() []string {
	if s.opts.Bearer {
		return []string{sasl.Plain, sasl.OAuthBearer}
	}
	return []string{sasl.Plain, xoauth2}
}

var errMechanism = errors.New("no such mechanism")

// bearer checks a token. let is called with the mailbox of whoever it lets in.
func (s *Server) bearer(mechanism string, let func(*box)) (sasl.Server, error) {
	check := func(user, token string) bool {
		s.mu.Lock()
		a, ok := s.grants.access[token]
		b := s.boxes[strings.ToLower(user)]
		ok = ok && b != nil && a.address == b.Address && s.opts.Now().Before(a.ends) && s.fault != SignInFails
		s.mu.Unlock()
		if ok {
			let(b)
		}
		return ok
	}
	switch mechanism {
	case sasl.OAuthBearer:
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if check(o.Username, o.Token) {
				return nil
			}
			return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
		}), nil
	case xoauth2:
		return &xoauth2Server{check: check}, nil
	}
	return nil, errMechanism
}

// xoauth2Server is the other side of XOAUTH2: a no is told as a challenge, which the client answers before it is final.
type xoauth2Server struct {
	check  func(user, token string) bool
	failed bool
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.failed {
		return nil, true, errAuth
	}
	if response == nil {
		return []byte{}, false, nil
	}
	var user, token string
	for _, field := range bytes.Split(response, []byte{1}) {
		if v, ok := bytes.CutPrefix(field, []byte("user=")); ok {
			user = string(v)
		}
		if v, ok := bytes.CutPrefix(field, []byte("auth=Bearer ")); ok {
			token = string(v)
		}
	}
	if x.check(user, token) {
		return nil, true, nil
	}
	x.failed = true
	return []byte(`{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`), false, nil
}

var errAuth = errors.New("authentication failed")

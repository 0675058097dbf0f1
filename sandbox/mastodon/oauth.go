// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package mastodon

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	outOfBand = "urn:ietf:wg:oauth:2.0:oob"
	codeLives = 10 * time.Minute
)

func (s *Server) createApp(w http.ResponseWriter, r *http.Request) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	redirects := strings.Fields(strings.Join(append(in["redirect_uris[]"], in.Get("redirect_uris")), "\n"))
	if in.Get("client_name") == "" {
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: Application name can't be blank")
		return
	}
	for _, to := range redirects {
		if u, err := url.Parse(to); err != nil || !u.IsAbs() || u.Fragment != "" {
			refuse(w, http.StatusUnprocessableEntity, "Validation failed: Redirect URI must be an absolute URI.")
			return
		}
	}
	if len(redirects) == 0 {
		refuse(w, http.StatusUnprocessableEntity, "Validation failed: Redirect URI can't be blank")
		return
	}
	scopes := strings.Fields(in.Get("scopes"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	s.mu.Lock()
	a := &app{
		id: s.w.nextID(), name: in.Get("client_name"), website: in.Get("website"), clientID: secret(), secret: secret(),
		redirects: redirects, scopes: scopes,
	}
	makeRoom(s.w.apps)
	s.w.apps[a.clientID] = a
	s.mu.Unlock()
	var website *string
	if a.website != "" {
		website = &a.website
	}
	answer(w, map[string]any{
		"id": idText(a.id), "name": a.name, "website": website, "scopes": a.scopes,
		"redirect_uri": strings.Join(a.redirects, "\n"), "redirect_uris": a.redirects,
		"client_id": a.clientID, "client_secret": a.secret, "client_secret_expires_at": 0, "vapid_key": secret(),
	})
}

// asked is what an app asks for on the sign-in page.
type asked struct {
	app    *app
	scopes []string
}

// ask checks what an app wants. A wrong app or address is told to the person, never sent anywhere.
func (s *Server) ask(in url.Values) (asked, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.apps[in.Get("client_id")]
	switch {
	case a == nil:
		return asked{}, "Client authentication failed due to unknown client."
	case !slices.Contains(a.redirects, in.Get("redirect_uri")):
		return asked{}, "The redirect uri included is not valid."
	case in.Get("response_type") != "code":
		return asked{}, "The authorization server does not support this response type."
	case in.Get("code_challenge") != "" && in.Get("code_challenge_method") != "S256":
		return asked{}, "The code challenge method must be S256."
	}
	scopes := strings.Fields(in.Get("scope"))
	if len(scopes) == 0 {
		scopes = []string{"read"}
	}
	for _, scope := range scopes {
		if !allows(a.scopes, scope) {
			return asked{}, "The requested scope is invalid, unknown, or malformed."
		}
	}
	return asked{a, scopes}, ""
}

// authorize is the answer of the person at the sign-in page.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	want, wrong := s.ask(in)
	if wrong != "" {
		s.wrongPage(w, wrong)
		return
	}
	back := url.Values{}
	if state := in.Get("state"); state != "" {
		back.Set("state", state)
	}
	if in.Get("answer") != "authorise" {
		back.Set("error", "access_denied")
		back.Set("error_description", "The resource owner or authorization server denied the request.")
		s.goBack(w, r, in.Get("redirect_uri"), back)
		return
	}
	s.mu.Lock()
	who := s.w.find(in.Get("account"), s.opt.Domain)
	code := secret()
	if who != nil && who.domain == "" {
		makeRoom(s.w.codes)
		s.w.codes[code] = &grant{
			app: want.app, account: who, scopes: want.scopes, redirect: in.Get("redirect_uri"),
			challenge: in.Get("code_challenge"), at: s.opt.Now(),
		}
	}
	s.mu.Unlock()
	if who == nil || who.domain != "" {
		s.wrongPage(w, "There is no such account here.")
		return
	}
	back.Set("code", code)
	s.goBack(w, r, in.Get("redirect_uri"), back)
}

func (s *Server) goBack(w http.ResponseWriter, r *http.Request, to string, with url.Values) {
	if to == outOfBand {
		s.codePage(w, with)
		return
	}
	u, err := url.Parse(to)
	if err != nil {
		s.wrongPage(w, "The redirect uri included is not valid.")
		return
	}
	q := u.Query()
	for k := range with {
		q.Set(k, with.Get(k))
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusFound)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	id, pass, basic := r.BasicAuth()
	if !basic {
		id, pass = in.Get("client_id"), in.Get("client_secret")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.w.apps[id]
	if a == nil || subtle.ConstantTimeCompare([]byte(a.secret), []byte(pass)) != 1 {
		refuseOAuth(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client, "+
			"no client authentication included, or unsupported authentication method.")
		return
	}
	var g *grant
	switch in.Get("grant_type") {
	case "client_credentials":
		scopes := strings.Fields(in.Get("scope"))
		if len(scopes) == 0 {
			scopes = []string{"read"}
		}
		for _, scope := range scopes {
			if !allows(a.scopes, scope) {
				refuseOAuth(w, http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
				return
			}
		}
		g = &grant{app: a, scopes: scopes, at: s.opt.Now()}
	case "authorization_code":
		g = s.redeem(a, in)
		if g == nil {
			refuseOAuth(w, http.StatusBadRequest, "invalid_grant", "The provided authorization grant is invalid, expired, "+
				"revoked, does not match the redirection URI used in the authorization request, or was issued to another client.")
			return
		}
	default:
		refuseOAuth(w, http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
		return
	}
	token := secret()
	makeRoom(s.w.tokens)
	s.w.tokens[token] = g
	answer(w, map[string]any{
		"access_token": token, "token_type": "Bearer", "scope": strings.Join(g.scopes, " "), "created_at": g.at.Unix(),
	})
}

// redeem turns a code into what it stands for, once.
func (s *Server) redeem(a *app, in url.Values) *grant {
	code := s.w.codes[in.Get("code")]
	delete(s.w.codes, in.Get("code"))
	if code == nil || code.app != a || code.redirect != in.Get("redirect_uri") || s.opt.Now().Sub(code.at) > codeLives {
		return nil
	}
	if code.challenge != "" {
		sum := sha256.Sum256([]byte(in.Get("code_verifier")))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge {
			return nil
		}
	}
	return &grant{app: a, account: code.account, scopes: code.scopes, at: s.opt.Now()}
}

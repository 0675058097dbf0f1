// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/hilft/hilft"
)

const (
	siteFor    = 10 * time.Second // any answer of a provider
	siteMost   = 1 << 20          // bytes of it
	sitesKept  = time.Hour
	freshFor   = 5 * time.Minute // how long ago a sign-in at a provider may be that counts as a proof
	siteScopes = "openid email profile"
)

// signedWith are the only ways in which a token may be signed: with a key of which the house knows the public half. So
// neither "none" nor a secret that is taken for a key gets through, whatever the provider's description names.
var signedWith = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// site is a provider as its own description has it.
type site struct {
	*oidc.Provider
	keys     oidc.KeySet
	endpoint oauth2.Endpoint
	// named: it says with every answer whose it is (RFC 9207).
	named bool
	until time.Time
}

// sites reads descriptions of providers, and keeps them for a while.
type sites struct {
	client *http.Client
	plain  bool // http is as good as https: the house has no other itself
	now    func() time.Time

	mu    sync.Mutex
	known map[string]*site
}

func newSites(client *http.Client, plain bool, now func() time.Time) *sites {
	s := &sites{plain: plain, now: now, known: map[string]*site{}}
	if client != nil {
		narrow := *client
		narrow.Timeout = siteFor
		narrow.Transport = shortAnswers{client.Transport}
		narrow.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		s.client = &narrow
	}
	return s
}

// shortAnswers cuts answers off that are longer than any that makes sense.
type shortAnswers struct{ http.RoundTripper }

func (s shortAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	through := s.RoundTripper
	if through == nil {
		through = http.DefaultTransport
	}
	answer, err := through.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, siteMost), answer.Body}
	}
	return answer, err
}

// within is a context in which the provider is spoken to over the house's own way out.
func (s *sites) within(ctx context.Context) context.Context { return oidc.ClientContext(ctx, s.client) }

// at is the site of an issuer. Invalid ("provider.unreachable", "provider.issuer.other", with the field issuer): it does not
// answer as one does, or as another.
func (s *sites) at(ctx context.Context, issuer string) (*site, error) {
	s.mu.Lock()
	known := s.known[issuer]
	s.mu.Unlock()
	if known != nil && s.now().Before(known.until) {
		return known, nil
	}
	if s.client == nil {
		return nil, unreachable(errors.New("no way out"))
	}
	ctx, cancel := context.WithTimeout(ctx, siteFor)
	defer cancel()
	p, err := oidc.NewProvider(s.within(ctx), issuer)
	if _, other := errors.AsType[*oidc.IssuerMismatchError](err); other {
		return nil, hilft.FailField(hilft.Invalid, "provider.issuer.other", "issuer", nil)
	}
	if err != nil {
		return nil, unreachable(err)
	}
	var says struct {
		Token   string   `json:"token_endpoint"`
		Auth    string   `json:"authorization_endpoint"`
		Keys    string   `json:"jwks_uri"`
		Info    string   `json:"userinfo_endpoint"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		Named   bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&says); err != nil {
		return nil, unreachable(err)
	}
	for _, address := range []string{says.Token, says.Auth, says.Keys, says.Info} {
		u, err := url.Parse(address)
		if address == says.Info && address == "" {
			continue
		}
		if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !s.plain) {
			return nil, unreachable(errors.New("its description names an address that is none"))
		}
	}
	found := &site{Provider: p, endpoint: p.Endpoint(), named: says.Named, until: s.now().Add(sitesKept)}
	found.keys = oidc.NewRemoteKeySet(s.within(context.WithoutCancel(ctx)), says.Keys)
	found.endpoint.AuthStyle = oauth2.AuthStyleInHeader // what holds where nothing is said
	if len(says.Methods) > 0 && !slices.Contains(says.Methods, "client_secret_basic") {
		found.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	s.mu.Lock()
	s.known[issuer] = found
	s.mu.Unlock()
	return found, nil
}

// unreachable says that a provider does not answer as one does. What it answered instead goes nowhere: whoever names an
// address must not read there.
func unreachable(err error) error {
	if status, _, ok := strings.Cut(err.Error(), ": "); ok && len(status) > 3 && status[0] >= '1' && status[0] <= '9' { // go-oidc puts the answer behind it
		err = errors.New("it answers " + status)
	}
	return hilft.FailField(hilft.Invalid, "provider.unreachable", "issuer", err)
}

// client is the house, as the provider knows it.
func (s *site) client(p Provider, secret, callback string) *oauth2.Config {
	c := &oauth2.Config{ClientID: p.ClientID, ClientSecret: secret, Endpoint: s.endpoint, RedirectURL: callback, Scopes: strings.Fields(siteScopes)}
	if secret == "" {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return c
}

// refusedToken says that a token does not prove what it is to prove. Which of its faults it was is for the log: the cause
// holds no part of the token.
func refusedToken(cause string) error {
	return hilft.Fail(hilft.Unauthenticated, "provider.refused", errors.New("access: a provider's token: "+cause))
}

// exchange gets what the provider says of the person who came back with a code.
func (s *sites) exchange(ctx context.Context, at *site, p Provider, c *oauth2.Config, code, verifier, nonce string) (claims, error) {
	ctx, cancel := context.WithTimeout(s.within(ctx), siteFor)
	defer cancel()
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return nil, refusedToken(fmt.Sprintf("the code was answered with %d %.60q", e.Response.StatusCode, e.ErrorCode))
	}
	if err != nil {
		return nil, hilft.Fail(hilft.Unavailable, "provider.away", errors.New("access: a provider does not answer"))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, refusedToken("there is none")
	}
	id, err := oidc.NewVerifier(p.Issuer, at.keys, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: signedWith, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return nil, refusedToken(err.Error())
	}
	said, err := claimsOf(id.Claims)
	switch {
	case err != nil:
		return nil, refusedToken("it does not read as one")
	case id.Nonce != nonce:
		return nil, refusedToken("it answers another question")
	case id.Subject == "" || len(id.Subject) > 255:
		return nil, refusedToken("it names nobody")
	case id.IssuedAt.IsZero() || id.IssuedAt.After(s.now().Add(freshFor)):
		return nil, refusedToken("it was not made by now")
	case len(id.Audience) > 1 && said.text("azp") == "", said.text("azp") != "" && said.text("azp") != p.ClientID:
		return nil, refusedToken("it was made for another")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return nil, refusedToken("it came with another access token")
	}
	if said.text("email") == "" || p.Rules.Claim != "" && len(said.texts(p.Rules.Claim)) == 0 {
		s.ask(ctx, at, token, said)
	}
	return said, nil
}

// ask adds what the provider tells only when it is asked. It never changes what the token says, nor adds what of it decides
// how somebody signed in.
func (s *sites) ask(ctx context.Context, at *site, token *oauth2.Token, said claims) {
	if at.UserInfoEndpoint() == "" {
		return
	}
	info, err := at.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != said.text("sub") {
		return
	}
	more, err := claimsOf(info.Claims)
	if err != nil {
		return
	}
	_, mail := said["email"]
	for name, v := range more {
		if _, has := said[name]; has || slices.Contains([]string{"amr", "acr", "auth_time", "azp"}, name) || name == "email_verified" && mail {
			continue
		}
		said[name] = v
	}
}

// claims are what a provider says of somebody.
type claims map[string]any

func claimsOf(read func(into any) error) (claims, error) {
	var raw json.RawMessage
	if err := read(&raw); err != nil {
		return nil, err
	}
	c := claims{}
	return c, json.Unmarshal(raw, &c)
}

// at is what is said under a name; of a name with dots that is not there as it is, what stands so deep.
func (c claims) at(name string) any {
	if v, ok := c[name]; ok {
		return v
	}
	first, rest, deeper := strings.Cut(name, ".")
	if inner, ok := c[first].(map[string]any); ok && deeper {
		return claims(inner).at(rest)
	}
	return nil
}

func (c claims) text(name string) string {
	s, _ := c.at(name).(string)
	return s
}

// texts are all values of a claim that has several, or the one it has.
func (c claims) texts(name string) (all []string) {
	switch v := c.at(name).(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// yes tells whether something is said to be so. Some say it in a text.
func (c claims) yes(name string) bool {
	v := c.at(name)
	return v == true || v == "true"
}

// when is a moment in seconds; zero: not said.
func (c claims) when(name string) time.Time {
	n, ok := c.at(name).(float64)
	if !ok {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

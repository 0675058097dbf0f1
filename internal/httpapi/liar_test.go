// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store/storetest"
)

// liar is a provider that says what a test wants.
type liar struct {
	*httptest.Server
	key      *rsa.PrivateKey
	describe m // beside what every provider says of itself
	token    func(said m) string
	asked    url.Values // the last request for a token
}

func openLiar(t testing.TB) *liar {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	l := &liar{key: key, describe: m{}}
	mux := http.NewServeMux()
	answers := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		d := m{
			"issuer": l.URL, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		}
		maps.Copy(d, l.describe)
		answers(w, d)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answers(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "k", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		l.asked = r.PostForm
		var said m
		b, _ := base64.RawURLEncoding.DecodeString(r.PostForm.Get("code"))
		_ = json.Unmarshal(b, &said)
		answers(w, m{"access_token": "x", "token_type": "Bearer", "id_token": l.token(said)})
	})
	l.Server = httptest.NewTLSServer(mux)
	t.Cleanup(l.Close)
	l.token = func(said m) string { return l.signs(jose.RS256, key, said) }
	return l
}

// signs makes a token.
func (l *liar) signs(alg jose.SignatureAlgorithm, key any, said m) string {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		panic(err)
	}
	b, _ := json.Marshal(said)
	j, err := s.Sign(b)
	if err != nil {
		panic(err)
	}
	text, _ := j.CompactSerialize()
	return text
}

// truth is what an honest token would say to a departure.
func (l *liar) truth(t testing.TB, to string) (said m, state string) {
	t.Helper()
	u, err := url.Parse(to)
	require.NoError(t, err)
	q := u.Query()
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.Equal(t, "https://desk.example/api/sign-in/provider/1", q.Get("redirect_uri"))
	require.GreaterOrEqual(t, len(q.Get("nonce")), 43)
	now := time.Now().Unix()
	return m{
		"iss": l.URL, "sub": "kai-1", "aud": "hilft", "exp": now + 300, "iat": now, "auth_time": now, "nonce": q.Get("nonce"),
		"email": "kai@nordnetz.example", "email_verified": true, "name": "Kai Nord",
	}, q.Get("state")
}

// codeOf is a code that makes the liar say this.
func codeOf(said m) string {
	b, _ := json.Marshal(said)
	return base64.RawURLEncoding.EncodeToString(b)
}

func TestALyingProviderIsNotBelieved(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil))
	admin := h.administrator(t)
	l := openLiar(t)
	set := func(change m) {
		a := admin.say(http.MethodPut, "/api/providers/1", zitadel{l.Server}.settings(change))
		require.Equal(t, 200, a.status, a.body)
	}
	lets := m{"otherwise": m{"role": "reader", "brand_id": h.brand(t)}}
	set(lets)
	honest := l.token
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(&l.key.PublicKey))})
	forged, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)

	for name, lie := range map[string]struct {
		say   string
		spoil func(said m, answer url.Values)
		token func(said m) string
	}{
		"another nonce":           {"provider.refused", func(said m, _ url.Values) { said["nonce"] = "another" }, nil},
		"no nonce":                {"provider.refused", func(said m, _ url.Values) { delete(said, "nonce") }, nil},
		"made for another":        {"provider.refused", func(said m, _ url.Values) { said["aud"] = "somebody" }, nil},
		"made for several":        {"provider.refused", func(said m, _ url.Values) { said["aud"] = []string{"hilft", "somebody"} }, nil},
		"another's authorisation": {"provider.refused", func(said m, _ url.Values) { said["azp"] = "somebody" }, nil},
		"expired":                 {"provider.refused", func(said m, _ url.Values) { said["exp"] = time.Now().Unix() - 1 }, nil},
		"without an end":          {"provider.refused", func(said m, _ url.Values) { delete(said, "exp") }, nil},
		"from the future":         {"provider.refused", func(said m, _ url.Values) { said["iat"] = time.Now().Unix() + 3600 }, nil},
		"another issuer":          {"provider.refused", func(said m, _ url.Values) { said["iss"] = "https://accounts.example" }, nil},
		"nobody":                  {"provider.refused", func(said m, _ url.Values) { delete(said, "sub") }, nil},
		"another access token":    {"provider.refused", func(said m, _ url.Values) { said["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }, nil},
		"no token":                {"provider.refused", nil, func(m) string { return "" }},
		"not signed":              {"provider.refused", nil, unsigned},
		"signed with the public key as a secret": {"provider.refused", nil, func(said m) string {
			return l.signs(jose.HS256, public, said)
		}},
		"signed with the client's secret": {"provider.refused", nil, func(said m) string {
			secret := sha256.Sum256([]byte(providerSecret))
			return l.signs(jose.HS256, secret[:], said)
		}},
		"signed by another":         {"provider.refused", nil, func(said m) string { return l.signs(jose.RS256, forged, said) }},
		"the answer of another":     {"provider.refused", func(_ m, answer url.Values) { answer.Set("iss", "https://accounts.example") }, nil},
		"it says no":                {"provider.declined", func(_ m, answer url.Values) { answer.Set("error", "access_denied"); answer.Del("code") }, nil},
		"another state":             {"provider.other_browser", func(_ m, answer url.Values) { answer.Set("state", answer.Get("state")+"x") }, nil},
		"no state":                  {"provider.other_browser", func(_ m, answer url.Values) { answer.Del("state") }, nil},
		"an address nobody proved":  {"provider.unproved", func(said m, _ url.Values) { said["email_verified"] = false }, nil},
		"no word about the address": {"provider.unproved", func(said m, _ url.Values) { delete(said, "email_verified") }, nil},
		"no address":                {"provider.unproved", func(said m, _ url.Values) { delete(said, "email") }, nil},
		"two addresses in one":      {"provider.unproved", func(said m, _ url.Values) { said["email"] = "eve@evil.example,kai@nordnetz.example" }, nil},
		"a domain below ours":       {"provider.elsewhere", func(said m, _ url.Values) { said["email"] = "kai@nordnetz.example.evil.example" }, nil},
		"an address of ours":        {"provider.bind_first", func(said m, _ url.Values) { said["email"] = "ROSA@nordnetz.example" }, nil},
		"a domain of other letters": {"provider.elsewhere", func(said m, _ url.Values) { said["email"] = "kai@nordnеtz.example" }, nil}, // а Cyrillic е
	} {
		b := h.browser(t)
		said, state := l.truth(t, b.goes(enters, ""))
		answer := url.Values{"state": {state}}
		if lie.spoil != nil {
			lie.spoil(said, answer)
		}
		if answer.Get("error") == "" {
			answer.Set("code", codeOf(said))
		}
		if l.token = honest; lie.token != nil {
			l.token = lie.token
		}
		require.Equal(t, "/sign-in?wrong="+lie.say, b.comesBack("/api/sign-in/provider/1?"+answer.Encode()), name)
		require.Equal(t, 401, b.say(http.MethodGet, "/api/me", nil).status, name)
		h.change(t, `DELETE FROM attempt`) // the limits are another story
	}
	l.token = honest

	// Where several providers are known, an answer counts at the one that was asked.
	second := openLiar(t)
	a := admin.say(http.MethodPut, "/api/providers/2", zitadel{second.Server}.settings(lets))
	require.Equal(t, 200, a.status, a.body)
	b := h.browser(t)
	said, state := l.truth(t, b.goes(enters, ""))
	require.Equal(t, "/sign-in?wrong=provider.other_browser", b.comesBack("/api/sign-in/provider/2?"+url.Values{"state": {state}, "code": {codeOf(said)}}.Encode()))
	require.Nil(t, second.asked, "it never sees the code")

	// The truth is believed, with the verifier that fits, and no longer as soon as tries have been too many.
	b = h.browser(t)
	said, state = l.truth(t, b.goes(enters, ""))
	require.Equal(t, "/", b.comesBack("/api/sign-in/provider/1?"+url.Values{"state": {state}, "code": {codeOf(said)}}.Encode()))
	require.GreaterOrEqual(t, len(l.asked.Get("code_verifier")), 43)
	require.Equal(t, 200, b.say(http.MethodGet, "/api/me", nil).status)
	var to string
	for range 20 {
		b = h.browser(t)
		said, state = l.truth(t, b.goes(enters, ""))
		delete(said, "nonce")
		if to = b.comesBack("/api/sign-in/provider/1?" + url.Values{"state": {state}, "code": {codeOf(said)}}.Encode()); to != "/sign-in?wrong=provider.refused" {
			break
		}
	}
	require.Equal(t, "/sign-in?wrong=session.locked", to)
}

// unsigned is a token that says of itself that it is not signed.
func unsigned(said m) string {
	b, _ := json.Marshal(said)
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(b) + "."
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What a provider says of a second step counts where an administrator says so, and nowhere else.
func TestASecondStepElsewhereCountsOnlyWhereSomebodySaidSo(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	admin := h.administrator(t)
	atDesk := h.agent(t, admin)
	l := openLiar(t)
	enter := func(b *browser, path string, more m) string {
		said, state := l.truth(t, b.goes(path, ""))
		said["email"], said["sub"] = ben, "ben-1"
		now := clock.now().Unix()
		said["iat"], said["exp"] = now, now+300
		maps.Copy(said, more)
		return b.comesBack("/api/sign-in/provider/1?" + url.Values{"state": {state}, "code": {codeOf(said)}}.Encode())
	}
	for _, c := range []struct {
		rules, said m
		step        string
	}{
		{m{}, m{"amr": []string{"pwd", "mfa"}, "acr": "2"}, "second"},
		{m{"second": true}, m{"amr": []string{"pwd"}, "acr": "2"}, "second"},
		{m{"second": true}, m{"amr": []string{"pwd", "mfa"}}, "done"},
		{m{"second": true, "second_level": "2"}, m{"acr": "2"}, "done"},
		{m{"second": true, "second_level": "2"}, m{"acr": "1"}, "second"},
	} {
		a := admin.say(http.MethodPut, "/api/providers/1", zitadel{l.Server}.settings(c.rules))
		require.Equal(t, 200, a.status, a.body)
		if len(atDesk.bonds()) == 0 {
			require.Equal(t, "/?done=bind", enter(atDesk, binds, nil))
			atDesk.withApp(clock)
		}
		b := h.browser(t)
		to := enter(b, enters, c.said)
		require.Equal(t, c.step == "second", to == "/sign-in?second=true", to)
		require.Equal(t, c.step, as[struct{ Step string }](t, b.say(http.MethodGet, "/api/session", nil), 200).Step, "%v %v", c.rules, c.said)
	}
}

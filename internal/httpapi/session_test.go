// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store/storetest"
)

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	all := (&http.Response{Header: a.header}).Cookies()
	require.Len(t, all, 1)
	return all[0]
}

func TestTheCookieIsForThisHouseAlone(t *testing.T) {
	t.Parallel()
	for public, want := range map[string]struct {
		name   string
		secure bool
	}{
		"http://desk.example":  {"hilft", false},
		"https://desk.example": {"__Host-hilft", true},
	} {
		h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.PublicURL = public })
		a := h.browser(t).say(http.MethodPost, "/api/setup", m{
			"code": h.keys.SetUpCode(), "brand": m{"name": "Nordnetz", "language": "de"}, "administrator": m{"name": "Rosa", "email": rosa, "password": password},
		})
		require.Equal(t, want.secure, a.header.Get("Strict-Transport-Security") != "")
		c := cookieOf(t, a)
		require.Equal(t, want.name, c.Name)
		require.Equal(t, want.secure, c.Secure)
		require.True(t, c.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, c.SameSite)
		require.Equal(t, "/", c.Path)
		require.Empty(t, c.Domain)
		require.Positive(t, c.MaxAge)
		require.GreaterOrEqual(t, len(c.Value), 40)
	}
}

func TestEverySignInIsASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	admin := h.administrator(t)
	at, err := url.Parse(h.server.URL)
	require.NoError(t, err)
	before := admin.http.Jar.Cookies(at)[0]
	a := admin.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password})
	require.Equal(t, 200, a.status, a.body)
	require.NotEqual(t, before.Value, cookieOf(t, a).Value)
	for _, old := range []string{before.Value, "", "made-up"} {
		a = h.browser(t).say(http.MethodGet, "/api/me", nil, "Cookie", before.Name+"="+old)
		require.Equal(t, "session.missing", refused(t, a, 401).Code, "the old token leads nowhere")
	}
	now := admin.http.Jar.Cookies(at)[0]
	require.Equal(t, 204, admin.say(http.MethodDelete, "/api/session", nil).status)
	require.Equal(t, 401, h.browser(t).say(http.MethodGet, "/api/me", nil, "Cookie", now.Name+"="+now.Value).status, "signed out is signed out, whoever kept the cookie")
	require.Equal(t, 204, admin.say(http.MethodDelete, "/api/session", nil).status, "once more does no harm")
	require.NotContains(t, h.log.String(), password)
	require.NotContains(t, h.log.String(), now.Value)
}

func TestWhoHasLeftIsOutAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	administrator := h.administrator(t)
	agent := h.agent(t, administrator)
	require.Equal(t, 200, agent.say(http.MethodGet, "/api/inbox", nil).status)
	require.Contains(t, administrator.say(http.MethodGet, "/api/agents", nil).body, ben)
	require.Equal(t, 204, administrator.say(http.MethodDelete, "/api/agents/"+string(h.agentID(t, ben)), nil).status)
	require.NotContains(t, administrator.say(http.MethodGet, "/api/agents", nil).body, ben)
	require.Equal(t, "agent.close.self", refused(t, administrator.say(http.MethodDelete, "/api/agents/"+string(h.agentID(t, rosa)), nil), 409).Code)
	require.Equal(t, 401, agent.say(http.MethodGet, "/api/inbox", nil).status)
	require.Equal(t, "session.wrong", refused(t, agent.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}), 401).Code)
}

// Whoever has taken over a session loses it when its agent changes the password, or signs out everywhere.
func TestSessionsEndWithThePassword(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.Pace.Alive = 50 * time.Millisecond })
	h.administrator(t)
	signedIn := func(password string) *browser {
		b := h.browser(t)
		require.Equal(t, 200, b.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}).status)
		return b
	}
	here, there := signedIn(password), signedIn(password)
	live := there.listen(t, "")
	require.Equal(t, "hello", live.next().kind)

	const better = "zwölf Möwen auf dem Deich"
	wrong := refused(t, here.say(http.MethodPut, "/api/me/password", m{"old": "not the right one", "password": better}), 422)
	require.Equal(t, "password.wrong", wrong.Code)
	require.Equal(t, "body.old", wrong.Errors[0].Location)
	require.Equal(t, "password.short", refused(t, here.say(http.MethodPut, "/api/me/password", m{"old": password, "password": "kurz"}), 422).Code)
	require.Equal(t, 200, there.say(http.MethodGet, "/api/me", nil).status, "nothing has happened yet")

	at, err := url.Parse(h.server.URL)
	require.NoError(t, err)
	before := here.http.Jar.Cookies(at)[0]
	require.Equal(t, 200, here.say(http.MethodPut, "/api/me/password", m{"old": password, "password": better}).status)
	live.ends(5 * time.Second)
	require.Equal(t, 401, there.say(http.MethodGet, "/api/me", nil).status)
	require.Equal(t, 200, here.say(http.MethodGet, "/api/me", nil).status, "who changes it stays")
	require.Equal(t, 401, h.browser(t).say(http.MethodGet, "/api/me", nil, "Cookie", before.Name+"="+before.Value).status, "in a session of its own")
	require.Equal(t, "session.wrong", refused(t, there.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}), 401).Code)

	there = signedIn(better)
	require.Equal(t, 204, here.say(http.MethodDelete, "/api/me/sessions", nil).status)
	for _, b := range []*browser{here, there} {
		require.Equal(t, 401, b.say(http.MethodGet, "/api/me", nil).status)
	}
}

// A page of somebody else cannot act with an agent's cookie, nor sign an agent in as somebody else.
func TestForeignPagesCannotAct(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.PublicURL = "http://desk.example" })
	rosa := h.administrator(t)
	writes := map[string]string{"/api/session": http.MethodPost, "/api/me": http.MethodPatch, "/api/agents": http.MethodPost, "/api/setup": http.MethodPost}
	for path, method := range writes {
		for _, foreign := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
			{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		} {
			require.Equal(t, "request.cross_origin", refused(t, rosa.say(method, path, m{}, foreign...), 403).Code, "%s %v", path, foreign)
		}
	}
	for _, own := range [][]string{
		{"Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "none"},
		{"Origin", h.server.URL},
		{"Origin", "http://desk.example"}, // behind a proxy that shows another host
		{},
	} {
		require.Equal(t, 200, rosa.say(http.MethodPatch, "/api/me", m{"language": "de"}, own...).status, own)
	}
	require.Equal(t, 200, rosa.say(http.MethodGet, "/api/me", nil, "Sec-Fetch-Site", "cross-site").status, "reading changes nothing, and cannot be read there")
	// No detour leads past the check.
	for _, path := range []string{"//api/me", "/hooks/../api/me", "/chat/%2e%2e/api/me", "/hooks/..%2fapi/me", "/./api/me"} {
		a := rosa.say(http.MethodPatch, path, m{"initials": "EV"}, "Sec-Fetch-Site", "cross-site")
		require.NotEqual(t, 200, a.status, path)
	}
	require.NotContains(t, rosa.say(http.MethodGet, "/api/me", nil).body, `"EV"`)
	// Networks and visitors' pages come from elsewhere by nature.
	require.Equal(t, "account.not_found", refused(t, rosa.say(http.MethodPost, "/hooks/x", m{}, "Sec-Fetch-Site", "cross-site"), 404).Code)
	require.Equal(t, 404, rosa.say(http.MethodGet, "/chat/x/widget.js", nil, "Sec-Fetch-Site", "cross-site").status)
}

// guesses tries wrong passwords from a place until the house has enough of it.
func guesses(t *testing.T, b *browser, header ...string) int {
	t.Helper()
	for n := 1; n <= 20; n++ {
		a := b.say(http.MethodPost, "/api/session", m{"email": rosa, "password": "not the right one"}, header...)
		if a.status == 401 {
			require.Equal(t, "session.wrong", refused(t, a, 401).Code)
			continue
		}
		require.Equal(t, "session.locked", refused(t, a, 429).Code)
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		require.NoError(t, err)
		require.Positive(t, seconds)
		require.LessOrEqual(t, seconds, 31)
		return n
	}
	t.Fatal("nobody stops the guessing")
	return 0
}

func TestGuessingIsStopped(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.administrator(t)
	stranger := h.browser(t)
	require.Less(t, guesses(t, stranger), 10)
	require.Equal(t, 429, stranger.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}).status, "the right one is not looked at either")
	require.Equal(t, 429, stranger.say(http.MethodPost, "/api/session", m{"email": rosa, "password": password}, "X-Forwarded-For", "203.0.113.9").status,
		"nobody is believed who says where they come from")
}

func TestBehindAProxyEverybodyHasAPlaceOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) {
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8:1::/48")}
	})
	h.administrator(t)
	b := h.browser(t)
	guesses(t, b, "X-Forwarded-For", "203.0.113.9")
	right := m{"email": rosa, "password": password}
	for _, same := range []string{"203.0.113.9", "192.0.2.7, 203.0.113.9", "203.0.113.9, 10.1.2.3", "203.0.113.9:4711", "::ffff:203.0.113.9", "nonsense, 203.0.113.9,10.1.0.1 , 2001:db8:1::7"} {
		require.Equal(t, 429, b.say(http.MethodPost, "/api/session", right, "X-Forwarded-For", same).status, same)
	}
	for _, other := range []string{"203.0.113.10", "203.0.113.9, 198.51.100.1", "[2001:db8::1]:443", "203.0.113.9, nonsense", ""} {
		require.Equal(t, 200, b.say(http.MethodPost, "/api/session", right, "X-Forwarded-For", other).status, other)
	}
}

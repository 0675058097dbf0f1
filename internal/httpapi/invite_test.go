// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type invited struct {
	Invitation struct{ ID string }
	Link       string
}

// token is what stands behind the # of a link.
func tokenOf(t testing.TB, link string) string {
	t.Helper()
	page, token, ok := strings.Cut(link, "#")
	require.True(t, ok)
	require.Equal(t, "https://desk.example/welcome", page)
	return token
}

func TestSomebodyIsInvitedByALinkAndIsIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db, func(d *httpapi.Deps) { d.PublicURL = "https://desk.example" })
		h.server.Config.Handler = overPlainHTTP(h.api)
		admin := h.administrator(t)
		who := m{"name": "Ben Özil", "email": ben, "role": "agent"}
		i := as[invited](t, admin.say(http.MethodPost, "/api/invitations", who, "Idempotency-Key", "k"), 201)
		token := tokenOf(t, i.Link)
		newcomer := h.browser(t)
		for range 3 {
			require.Equal(t, 200, newcomer.say(http.MethodGet, "/welcome", nil).status, "opening the page uses nothing up")
		}
		looked := newcomer.say(http.MethodPost, "/api/links/look", m{"token": token})
		require.Equal(t, 200, looked.status)
		require.Contains(t, looked.body, ben)
		require.Contains(t, looked.body, "Nordnetz")
		require.Equal(t, 201, newcomer.say(http.MethodPost, "/api/links/join", m{"token": token, "password": password}).status)
		require.Contains(t, newcomer.say(http.MethodGet, "/api/me", nil).body, ben)
		require.Equal(t, "link.over", refused(t, h.browser(t).say(http.MethodPost, "/api/links/join", m{"token": token, "password": password}), 404).Code)
		require.NotContains(t, h.log.String(), token)

		reset := as[struct{ Link string }](t, admin.say(http.MethodPost, "/api/agents/"+string(h.agentID(t, ben))+"/link", nil, "Idempotency-Key", "k2"), 201)
		if db.Dialect() == store.SQLite {
			kept := dump(t, db)
			require.NotContains(t, kept, token)
			require.NotContains(t, kept, tokenOf(t, reset.Link))
		}
		const better = "zwölf Möwen auf dem Deich"
		require.Equal(t, 204, h.browser(t).say(http.MethodPost, "/api/links/reset", m{"token": tokenOf(t, reset.Link), "password": better}).status)
		require.Equal(t, 401, newcomer.say(http.MethodGet, "/api/me", nil).status, "every session has ended")
		require.Equal(t, 200, newcomer.say(http.MethodPost, "/api/session", m{"email": ben, "password": better}).status)
	})
}

// Whoever makes a request may claim any host, and would else have the link of somebody else lead to them.
func TestALinkLeadsHereWhateverARequestClaims(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) {
		d.PublicURL = "https://desk.example"
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	h.server.Config.Handler = overPlainHTTP(h.api)
	admin := h.administrator(t)
	at, err := url.Parse(h.server.URL)
	require.NoError(t, err)
	mine := admin.http.Jar.Cookies(at)[0] // the browser would not send it to another host
	for _, claim := range [][]string{
		{"Host", "evil.example"},
		{"X-Forwarded-Host", "evil.example"},
		{"Forwarded", "host=evil.example;proto=http"},
		{"X-Forwarded-Proto", "http", "X-Forwarded-Port", "81", "X-Original-Host", "evil.example"},
	} {
		claim = append(claim, "Cookie", mine.Name+"="+mine.Value)
		i := as[invited](t, h.browser(t).say(http.MethodPost, "/api/invitations", m{"name": "Neu", "email": "neu@nordnetz.example"}, claim...), 201)
		tokenOf(t, i.Link)
		l := as[struct{ Link string }](t, h.browser(t).say(http.MethodPost, "/api/invitations/"+i.Invitation.ID+"/link", nil, claim...), 201)
		tokenOf(t, l.Link)
	}
}

func TestWhoForgotIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	h.administrator(t)
	b := h.browser(t)
	known := b.say(http.MethodPost, "/api/session/forgotten", m{"email": rosa}, "X-Forwarded-For", "203.0.113.1")
	unknown := b.say(http.MethodPost, "/api/session/forgotten", m{"email": "nobody@nordnetz.example"}, "X-Forwarded-For", "203.0.113.2")
	require.Equal(t, 204, known.status)
	for _, a := range []answer{known, unknown} {
		a.header.Del("Date")
	}
	require.Equal(t, known, unknown)
	for _, email := range []string{rosa, "nobody@nordnetz.example"} {
		n := 0
		for ; b.say(http.MethodPost, "/api/session/forgotten", m{"email": email}, "X-Forwarded-For", "203.0.113.3").status == 204; n++ {
			require.Less(t, n, 20)
		}
		require.Equal(t, "session.locked", refused(t, b.say(http.MethodPost, "/api/session/forgotten", m{"email": email}, "X-Forwarded-For", "203.0.113.3"), 429).Code)
	}
}

// A second step outlasts a new password: whoever reads somebody's mail is not in yet.
func TestAResetDoesNotTakeTheSecondStepAway(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now), func(d *httpapi.Deps) { d.PublicURL = "https://desk.example" })
	h.server.Config.Handler = overPlainHTTP(h.api)
	admin := h.administrator(t)
	h.agent(t, admin).withApp(clock)
	reset := as[struct{ Link string }](t, admin.say(http.MethodPost, "/api/agents/"+string(h.agentID(t, ben))+"/link", nil), 201)
	b := h.browser(t)
	require.Equal(t, 204, b.say(http.MethodPost, "/api/links/reset", m{"token": tokenOf(t, reset.Link), "password": "zwölf Möwen auf dem Deich"}).status)
	require.Equal(t, "session.second_step", refused(t, b.say(http.MethodPost, "/api/session", m{"email": ben, "password": "zwölf Möwen auf dem Deich"}), 401).Code)
	require.Equal(t, 401, b.say(http.MethodGet, "/api/me", nil).status)
}

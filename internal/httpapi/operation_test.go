// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store/storetest"
)

func TestFiguresHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	const canary = "Kanarienvogel"
	id := s.posts(t, s.own.account, m{"id": canary, "thread": canary, "subject": canary, "text": canary, "from": m{"id": canary, "handle": canary, "name": canary}})
	s.ben.say(http.MethodGet, "/api/cases/"+s.caseOf(t, id)+"?"+canary, nil)
	s.ben.say(canary, "/"+canary, nil)
	s.ben.say(http.MethodGet, "/api/"+canary, nil)
	a := s.anonymous.say(http.MethodGet, "/metrics", nil)
	require.Equal(t, 200, a.status)
	for _, secretive := range []string{canary, rosa, ben, "Rosa", "Mira", "mira", string(s.own.account.ID), s.own.caseID, string(s.agentID(t, ben)), "Nordnetz", s.shop.URL} {
		require.NotContains(t, a.body, secretive)
		require.NotContains(t, s.log.String(), strings.ReplaceAll(secretive, string(s.own.account.ID), "no id, but a name"), "nor does the log")
	}
	for _, figure := range []string{
		`hilft_http_request_seconds_count{door="api",method="GET",status="200"}`, `hilft_http_request_seconds_count{door="page",method="other",status="405"}`,
		`hilft_hooks_total{outcome="taken"}`, `hilft_jobs_waiting{kind="hopeless"}`, `hilft_jobs_dead{kind="hopeless"} 2`, "hilft_wakeups_total", "go_goroutines",
	} {
		require.Contains(t, a.body, figure, figure)
	}
}

func TestTheHouseSaysWhetherItIsWell(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	s := openScene(t, db)
	require.Equal(t, "ok\n", s.anonymous.say(http.MethodGet, "/healthz", nil).body)
	require.Equal(t, "ready\n", s.anonymous.say(http.MethodGet, "/readyz", nil).body)
	type health struct {
		OK       bool
		Dead     []struct{ ID int64 }
		Stuck    []struct{ ID int64 }
		Unknown  []struct{ Number int }
		Database struct {
			Kind string
			OK   bool
		}
	}
	s.replyThat(hilft.Unknown, s.own)
	h := as[health](t, s.ben.say(http.MethodGet, "/api/health", nil), 200)
	require.False(t, h.OK)
	require.Len(t, h.Stuck, 1)
	require.Equal(t, s.own.stuck, h.Stuck[0].ID)
	require.Len(t, h.Unknown, 1)
	require.True(t, h.Database.OK)
	require.Equal(t, "sqlite", h.Database.Kind)

	require.NoError(t, db.Close())
	require.Equal(t, 200, s.anonymous.say(http.MethodGet, "/healthz", nil).status, "the process runs")
	p := refused(t, s.anonymous.say(http.MethodGet, "/readyz", nil), 503)
	require.Equal(t, problem{Status: 503, Title: "Service Unavailable", Code: "database.unavailable"}, p)
	require.Contains(t, s.anonymous.say(http.MethodGet, "/metrics", nil).body, "go_goroutines", "what needs no database is still told")
	p = refused(t, s.ben.say(http.MethodGet, "/api/me", nil), 503)
	require.Equal(t, problem{Status: 503, Title: "Service Unavailable", Code: "database.closed"}, p)
}

func TestADeliveryThatCannotBeReadIsADownload(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	a := s.rosa.say(http.MethodGet, "/api/stuck/"+strconv.FormatInt(s.own.stuck, 10)+"/raw", nil)
	require.Equal(t, `{"id":`, a.body)
	require.Equal(t, "application/octet-stream", a.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment"))
	require.Contains(t, a.header.Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
}

func TestAMailsOriginalIsShownInASandbox(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	a := s.ben.say(http.MethodGet, "/api/messages/"+string(s.own.message)+"/html", nil)
	require.Equal(t, 200, a.status)
	require.Contains(t, a.body, "Mein <b>Internet</b> geht nicht")
	policy := a.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "sandbox ")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "allow-scripts")
	require.NotContains(t, policy, "allow-same-origin")
	require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Equal(t, "message.no_html", refused(t, s.ben.say(http.MethodGet, "/api/messages/"+s.replyThat(hilft.Failed, s.own)+"/html", nil), 404).Code)
}

func TestWhoComesBackFromANetworkIsTheOneWhoWent(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	const path = "/api/sign-in/callback?state=made-up&code=1"
	refused(t, s.anonymous.say(http.MethodGet, path, nil), 401)
	for _, b := range []*browser{s.ben, s.rosa} {
		a := b.say(http.MethodGet, path, nil)
		require.Equal(t, http.StatusSeeOther, a.status)
		require.True(t, strings.HasPrefix(a.header.Get("Location"), "/channels?error=access") || strings.HasPrefix(a.header.Get("Location"), "/channels?error=account"), a.header)
	}
}

// panics is a mistake of ours: files that cannot be opened without one.
type panics struct{ with any }

func (p panics) Open(string) (fs.File, error) { panic(p.with) }

func TestAMistakeOfOursTellsNothing(t *testing.T) {
	t.Parallel()
	const canary = "postgres://hilft:geheim@db/hilft"
	for name, cause := range map[string]any{"an error": errors.New(canary), "words": canary, "a kind": hilft.Fail(hilft.Invalid, "x", errors.New(canary))} {
		h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) { d.Pages = panics{cause} })
		b := h.browser(t)
		a := b.say(http.MethodGet, "/inbox", nil)
		require.Equal(t, problem{Status: 500, Title: "Internal Server Error", Code: "internal"}, refused(t, a, 500), name)
		require.NotContains(t, a.body, "geheim")
		require.Contains(t, h.log.String(), "a request panicked")
		require.NotContains(t, h.log.String(), "geheim")
		require.Equal(t, 200, b.say(http.MethodGet, "/healthz", nil).status, "and the house stands")
	}
}

// How busy a house is, is nobody else's business.
func TestFiguresAreForThoseWhoAreNamed(t *testing.T) {
	t.Parallel()
	h := openHouseOn(t, storetest.Open(t, "", nil), func(d *httpapi.Deps) {
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		d.MetricsFrom = append(d.MetricsFrom, netip.MustParsePrefix("10.7.0.0/16"))
	})
	b := h.browser(t)
	require.Contains(t, b.say(http.MethodGet, "/metrics", nil).body, "go_goroutines")
	require.Contains(t, b.say(http.MethodGet, "/metrics", nil, "X-Forwarded-For", "10.7.1.2").body, "go_goroutines")
	for _, from := range []string{"203.0.113.9", "10.8.0.1", "10.7.1.2, 203.0.113.9", "2001:db8::1"} {
		a := b.say(http.MethodGet, "/metrics", nil, "X-Forwarded-For", from)
		require.Equal(t, "page.not_found", refused(t, a, 404).Code, from)
		require.NotContains(t, a.body, "go_goroutines")
	}
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/switchboard"
)

type madeToken struct {
	Token struct {
		ID     string
		UsedAt *time.Time `json:"used_at"`
	}
	Secret string
}

// token makes a token for a program of whoever sits at the browser.
func (b *browser) token(scopes ...string) madeToken {
	b.t.Helper()
	return as[madeToken](b.t, b.say(http.MethodPost, "/api/me/tokens", m{"name": "Auswertung", "scopes": scopes, "days": 30}), 201)
}

// program is somebody's program, with a token and without cookies.
type program struct {
	*browser
	secret string
}

func (h *house) program(t testing.TB, secret string) program { return program{h.browser(t), secret} }

func (p program) say(method, path string, body any, header ...string) answer {
	p.t.Helper()
	return p.browser.say(method, path, body, append(header, "Authorization", "Bearer "+p.secret)...)
}

// The matrix, for programs: each token does what its scopes say, if its agent may, and nothing else.
func TestATokenDoesWhatItsScopesSayAndNothingElse(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	none := things{
		account: switchboard.Account{ID: hilft.AccountID(hilft.NewID())}, message: hilft.MessageID(hilft.NewID()), reply: hilft.NewID(),
		caseID: hilft.NewID(), talk: hilft.NewID(), person: hilft.NewID(), stuck: 1 << 40, dead: 1 << 40,
	}
	all := []string{"read", "reply", "work", "administer"}
	without := map[string]program{}
	for _, scope := range all {
		without[scope] = s.program(t, s.rosa.token(slices.DeleteFunc(slices.Clone(all), func(x string) bool { return x == scope })...).Secret)
	}
	rosas, bens := s.program(t, s.rosa.token(all...).Secret), s.program(t, s.ben.token("read", "reply", "work").Secret)
	for _, op := range s.operations() {
		e := matrix[op.id]
		if op.Operation != nil && op.Path != "" {
			var named []string
			for _, way := range op.Security {
				named = append(named, way["token"]...)
			}
			require.Equal(t, e.token, strings.Join(named, " "), "what the description says of %s", op.id)
		}
		c := e.right(s, none)
		if e.token == "" {
			require.Equal(t, "token.never", refused(t, rosas.say(op.method, c.path, c.body), 403).Code, op.id)
			continue
		}
		require.Equal(t, "token.scope", refused(t, without[e.token].say(op.method, c.path, c.body), 403).Code, op.id)
		if e.may == "administrators" {
			refused(t, bens.say(op.method, c.path, c.body), 403)
		}
		if op.streams() {
			continue // its own test
		}
		c = e.right(s, s.own)
		a := rosas.say(op.method, c.path, c.body)
		want := op.status
		if notDone[op.id] != 0 {
			want = notDone[op.id]
		}
		require.Equal(t, want, a.status, "%s: %s", op.id, a.body)
		require.Empty(t, a.header.Get("Set-Cookie"), op.id)
	}
	require.Equal(t, "token.never", refused(t, rosas.say(http.MethodGet, "/api/sign-in/callback?state=x&code=1", nil), 403).Code)
	require.Equal(t, "access.administrator_only", refused(t, s.ben.say(http.MethodPost, "/api/me/tokens", m{"name": "x", "scopes": []string{"administer"}, "days": 1}), 403).Code)
	require.NotContains(t, s.log.String(), "a request")
}

func TestATokenIsShownOnceAndRevokedAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db, func(d *httpapi.Deps) { d.Pace.Alive = 50 * time.Millisecond })
		admin := h.administrator(t)
		made := as[madeToken](t, admin.say(http.MethodPost, "/api/me/tokens", m{"name": "Auswertung", "scopes": []string{"read"}, "days": 30}, "Idempotency-Key", "k"), 201)
		require.Regexp(t, `^hilft_[A-Za-z0-9_-]{43}$`, made.Secret)
		p := h.program(t, made.Secret)
		require.Nil(t, made.Token.UsedAt)
		require.Equal(t, 200, p.say(http.MethodGet, "/api/inbox", nil, "Sec-Fetch-Site", "none").status)
		listed := admin.say(http.MethodGet, "/api/me/tokens", nil)
		require.NotNil(t, as[struct{ Tokens []madeToken }](t, listed, 200))
		require.NotContains(t, listed.body, made.Secret)
		require.NotContains(t, listed.body, `"used_at":null`)
		if db.Dialect() == store.SQLite {
			require.NotContains(t, dump(t, db), strings.TrimPrefix(made.Secret, "hilft_"))
		}

		live := h.listens(t, made.Secret)
		require.Equal(t, "hello", live.next().kind)
		require.Equal(t, 204, admin.say(http.MethodDelete, "/api/me/tokens/"+made.Token.ID, nil).status)
		live.ends(5 * time.Second)
		require.Equal(t, "token.wrong", refused(t, p.say(http.MethodGet, "/api/inbox", nil), 401).Code)
		require.Equal(t, "token.not_found", refused(t, admin.say(http.MethodDelete, "/api/me/tokens/"+made.Token.ID, nil), 404).Code)

		// What ends an agent's sessions ends their programs too.
		benAt := h.agent(t, admin)
		kept := h.program(t, benAt.token("read").Secret)
		live = h.listens(t, kept.secret)
		require.Equal(t, "hello", live.next().kind)
		require.Equal(t, 200, benAt.say(http.MethodPut, "/api/me/password", m{"old": password, "password": "zwölf Möwen auf dem Deich"}).status)
		live.ends(5 * time.Second)
		require.Equal(t, 401, kept.say(http.MethodGet, "/api/inbox", nil).status)
		again := h.program(t, benAt.token("read").Secret)
		require.Equal(t, 200, again.say(http.MethodGet, "/api/inbox", nil).status)
		require.Equal(t, 204, admin.say(http.MethodDelete, "/api/agents/"+string(h.agentID(t, ben)), nil).status)
		require.Equal(t, 401, again.say(http.MethodGet, "/api/inbox", nil).status)
		require.NotContains(t, h.log.String(), "hilft_")
	})
}

// listens opens the stream of events with a token.
func (h *house) listens(t testing.TB, secret string) *stream {
	t.Helper()
	b := h.browser(t)
	b.http.Transport = showing{b.http.Transport, secret}
	return b.listen(t.(*testing.T), "")
}

type showing struct {
	http.RoundTripper
	secret string
}

func (s showing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.secret)
	return s.RoundTripper.RoundTrip(r)
}

func TestWhatIsNoTokenIsNobody(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now))
	admin := h.administrator(t)
	for body, field := range map[*m]string{
		{"name": " ", "scopes": []string{"read"}, "days": 1}:    "body.name",
		{"name": "x", "scopes": []string{"read"}, "days": 0}:    "body.days",
		{"name": "x", "scopes": []string{"read"}, "days": 367}:  "body.days",
		{"name": "x", "scopes": []string{"read"}, "days": -1}:   "body.days",
		{"name": "x", "scopes": []string{"conquer"}, "days": 1}: "body.scopes[0]",
		{"name": "x", "scopes": []string{}, "days": 1}:          "body.scopes",
	} {
		require.Equal(t, field, refused(t, admin.say(http.MethodPost, "/api/me/tokens", *body), 422).Errors[0].Location)
	}
	good := admin.token("read").Secret
	for _, header := range []string{"Bearer", "Bearer ", "Bearer x", "Bearer hilft_", "Bearer hilft_" + strings.Repeat("A", 43), "Bearer " + good[:48], "Bearer " + good + "A", "Bearer " + strings.ToUpper(good), "Bearer  " + good, "Bearer \"" + good + "\""} {
		a := h.browser(t).say(http.MethodGet, "/api/inbox", nil, "Authorization", header)
		require.Equal(t, 401, a.status, header)
		if strings.Contains(header, " ") && strings.TrimSpace(header) == header {
			require.Equal(t, "token.wrong", refused(t, a, 401).Code, header)
			require.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
		}
		// A wrong token is wrong, whatever cookies come with it.
		if strings.HasPrefix(header, "Bearer h") {
			require.Equal(t, 401, admin.say(http.MethodGet, "/api/inbox", nil, "Authorization", header).status)
		}
	}
	require.Equal(t, 200, h.browser(t).say(http.MethodGet, "/api/inbox", nil, "Authorization", "bearer "+good).status)
	require.Equal(t, "session.missing", refused(t, h.browser(t).say(http.MethodGet, "/api/inbox", nil, "Authorization", "Basic "+good), 401).Code)
	// A header that some proxy might set about who asks is nobody's word.
	for _, name := range []string{"X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Forwarded-Email", "X-Auth-Request-Email", "X-WEBAUTH-USER"} {
		require.Equal(t, 401, h.browser(t).say(http.MethodGet, "/api/inbox", nil, name, rosa).status, name)
	}
	clock.forward(30 * 24 * time.Hour)
	require.Equal(t, "token.wrong", refused(t, h.browser(t).say(http.MethodGet, "/api/inbox", nil, "Authorization", "Bearer "+good), 401).Code, "it is over")
}

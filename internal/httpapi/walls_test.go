// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
	"github.com/hilft/hilft/internal/watch"
	"github.com/hilft/hilft/internal/webhook"
)

// crammed are a body with one field more than the API asks for, in each of its objects in turn.
func crammed(t *testing.T, body any) (all []any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	var walk func(v any, whole func(with any) any)
	walk = func(v any, whole func(with any) any) {
		switch v := v.(type) {
		case map[string]any:
			with := map[string]any{"unasked": true}
			for k, one := range v {
				with[k] = one
				walk(one, func(w any) any {
					again := map[string]any{}
					for k, one := range v {
						again[k] = one
					}
					again[k] = w
					return whole(again)
				})
			}
			all = append(all, whole(with))
		case []any:
			for i, one := range v {
				walk(one, func(w any) any {
					again := slices.Clone(v)
					again[i] = w
					return whole(again)
				})
			}
		}
	}
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	walk(v, func(with any) any { return with })
	return all
}

// A request is right, but for one field that nobody asked for, wherever in it: it is refused for that.
func TestNoFieldIsTakenThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	s.asking = rosa
	tried := 0
	for _, op := range s.operations() {
		if op.RequestBody == nil {
			continue
		}
		c := matrix[op.id].right(s, s.own)
		for _, body := range crammed(t, c.body) {
			if one, ok := body.(map[string]any); ok && strings.Contains(fmt.Sprint(one["credential"]), "unasked") {
				continue // whatever a device says; it is read as the standard has it
			}
			tried++
			a := s.rosa.say(op.method, c.path, body)
			p := refused(t, a, http.StatusUnprocessableEntity)
			require.NotEmpty(t, p.Errors, "%s takes %v", op.id, body)
			require.True(t, slices.ContainsFunc(p.Errors, func(e struct{ Location, Message, Code string }) bool {
				return strings.HasSuffix(e.Location, ".unasked")
			}), "%s: %s", op.id, a.body)
		}
	}
	require.Greater(t, tried, 60)
}

// Each thing that a request names belongs to the one that its address names, or is not there.
func TestIdsInsideIdsBelongTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		second := s.posts(t, s.own.account, m{"id": "own-2", "thread": "second", "text": "Und eine Frage", "from": m{"id": "jo", "name": "Jo"}})
		jos := s.rosa.opens(s.caseOf(t, second))
		next := things{account: s.own.account, message: second, caseID: jos.ID, talk: jos.Ways[0].ConversationID}
		require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Row(ctx, `SELECT person_id FROM cases WHERE id = ?`, []any{next.caseID}, &next.person)
		}))
		did := as[struct{ Act int64 }](t, s.ben.say(http.MethodPut, "/api/cases/"+next.caseID+"/priority", m{"priority": "high"}), 200).Act
		require.NotZero(t, did)
		hook := s.webhook(s.own)
		before := s.rosa.opens(s.own.caseID)
		own, person := "/api/cases/"+s.own.caseID, "/api/people/"+s.own.person
		for _, k := range []struct {
			name string
			things
		}{{"another case's", next}, {"another brand's", s.other}} {
			for _, c := range []struct {
				name, method, path string
				body               any
			}{
				{"conversation of a reply", http.MethodPost, own + "/replies", m{"conversation_id": k.talk, "visibility": "private", "text": "x", "seen": s.own.message, "anyway": true}},
				{"conversation that is written in", http.MethodPost, own + "/typing", m{"conversation_id": k.talk}},
				{"conversation of a code", http.MethodPost, own + "/codes", m{"conversation_id": k.talk}},
				{"message that goes elsewhere", http.MethodPost, own + "/split", m{"messages": []string{string(k.message)}}},
				{"word that shows who somebody is", http.MethodPost, person + "/links", m{"with": s.somebody(s.own), "message_id": k.message}},
				{"identity that agrees", http.MethodPost, person + "/consents", m{"identity_id": s.identity(k.things), "purpose": "service", "given": true, "how": "call"}},
				{"act that is taken back", http.MethodPost, own + "/undo", m{"act": did}},
			} {
				a := s.ben.say(c.method, c.path, c.body)
				require.Contains(t, []int{http.StatusNotFound, http.StatusUnprocessableEntity}, a.status, "%s %s: %s", k.name, c.name, a.body)
				refused(t, a, a.status)
			}
		}
		for _, c := range []call{
			{own + "/merge", m{"into": s.other.caseID}},
			{person + "/links", m{"with": s.other.person, "reason": "am Telefon gefragt"}},
			{"/api/webhooks/" + hook + "/deliveries/" + s.posted(s.webhook(s.own)) + "/replay", nil},
		} {
			a := s.rosa.say(http.MethodPost, c.path, c.body)
			require.Contains(t, []int{http.StatusNotFound, http.StatusUnprocessableEntity}, a.status, "%s: %s", c.path, a.body)
		}
		// What is somebody's own is nobody else's, whatever they are.
		s.asking = rosa
		for _, c := range []struct{ name, method, path string }{
			{"session", http.MethodDelete, "/api/me/sessions/" + s.elsewhere(s.own)},
			{"token", http.MethodDelete, "/api/me/tokens/" + s.token(s.own)},
			{"passkey", http.MethodDelete, "/api/me/passkeys/" + s.passkey(s.own)},
			{"bond", http.MethodDelete, "/api/me/bonds/" + s.bond(s.own)},
			{"view", http.MethodDelete, "/api/views/" + s.view(s.own)},
		} {
			a := s.ben.say(c.method, c.path, nil)
			require.Equal(t, http.StatusNotFound, a.status, "%s: %s", c.name, a.body)
			a = s.rosa.say(c.method, c.path, nil)
			require.Less(t, a.status, 300, "%s is Rosa's: %s", c.name, a.body)
		}
		after := s.rosa.opens(s.own.caseID)
		require.Equal(t, before.Messages, after.Messages)
		require.Equal(t, before.State, after.State)
		require.Equal(t, jos.State, s.rosa.opens(next.caseID).State)
		require.NotContains(t, s.log.String(), "a request")
	})
}

// kindsOfEvents are those that the house has.
func kindsOfEvents(t *testing.T) (all []string) {
	t.Helper()
	source, err := os.ReadFile("../../states.go")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`\tEvent\w+ += "([\w.]+)"`).FindAllSubmatch(source, -1) {
		all = append(all, string(found[1]))
	}
	require.Greater(t, len(all), 30)
	return all
}

// The matrix, for what is told by itself: whoever reads in a brand is told of everything there, by ids alone, and of nothing
// anywhere else.
func TestEveryKindOfEventIsForItsBrandAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		s.callMembers(t)
		guest := s.member(t, s.other.account.Brand, access.RoleReader)
		require.Equal(t, http.StatusForbidden, s.none.say(http.MethodGet, "/api/events", nil).status)
		require.Equal(t, http.StatusUnauthorized, s.anonymous.say(http.MethodGet, "/api/events", nil).status)
		type listener struct {
			name       string
			at         *stream
			own, other bool
		}
		listeners := []listener{
			{"a reader", s.reader.listen(t, ""), true, false},
			{"a reviewer", s.reviewer.listen(t, ""), true, false},
			{"an agent", s.ben.listen(t, ""), true, false},
			{"a lead", s.lead.listen(t, ""), true, false},
			{"a reader of the other brand", guest.listen(t, ""), false, true},
			{"an administrator", s.rosa.listen(t, ""), true, true},
		}
		for _, l := range listeners {
			require.Equal(t, "hello", l.at.next().kind)
		}
		kinds := kindsOfEvents(t)
		const canary = "Kanarienvogel"
		var happened []jobs.Event
		for _, kind := range kinds {
			happened = append(happened,
				jobs.Event{Kind: kind, Brand: s.own.account.Brand, Subject: "ours " + kind, Data: m{"text": canary}},
				jobs.Event{Kind: kind, Brand: s.other.account.Brand, Subject: "theirs " + kind, Data: m{"text": canary}})
		}
		s.record(t, append(happened, jobs.Event{Kind: "drop", Subject: "the end"})...)
		for _, l := range listeners {
			heard := map[string]int{}
			for {
				e := l.at.next()
				require.NotContains(t, e.data, canary)
				var data map[string]string
				require.NoError(t, json.Unmarshal([]byte(e.data), &data))
				if data["subject"] == "the end" {
					break
				}
				require.Len(t, data, 3)
				heard[data["subject"]]++
			}
			for _, kind := range kinds {
				require.Equal(t, l.own, heard["ours "+kind] == 1, "%s, of ours: %s", l.name, kind)
				require.Equal(t, l.other, heard["theirs "+kind] == 1, "%s, of theirs: %s", l.name, kind)
			}
		}
	})
}

// Another site can neither act with somebody's cookie, whatever there is to do, nor read what it is answered.
func TestNoOtherSiteActsOrReads(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	// ask asks, and reads what is said unless that does not end.
	ask := func(method, path string, body any, header ...string) answer {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		res, err := s.rosa.http.Do(request(t, method, s.rosa.at+path, body, header...).WithContext(ctx))
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		if strings.HasPrefix(path, "/api/events") {
			return answer{res.StatusCode, res.Header, ""}
		}
		said, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return answer{res.StatusCode, res.Header, string(said)}
	}
	for _, op := range s.operations() {
		c := matrix[op.id].right(s, s.own)
		for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
			a := ask(op.method, c.path, c.body, foreign...)
			if op.method != http.MethodGet {
				require.Equal(t, "request.cross_origin", refused(t, a, http.StatusForbidden).Code, "%s %v", op.id, foreign)
			}
			for name := range a.header {
				require.NotContains(t, name, "Access-Control", "%s %v", op.id, foreign)
			}
		}
		asked := ask(http.MethodOptions, c.path, nil, "Origin", "https://evil.example", "Access-Control-Request-Method", op.method)
		for name := range asked.header {
			require.NotContains(t, name, "Access-Control", "%s", op.id)
		}
	}
	a := s.rosa.say(http.MethodPost, "/api/files?name=x", []byte("x"), "Sec-Fetch-Site", "cross-site")
	require.Equal(t, "request.cross_origin", refused(t, a, http.StatusForbidden).Code)
	require.Equal(t, 200, s.rosa.say(http.MethodGet, "/api/me", nil).status, "nobody was signed out")
}

// Whatever stands in an address, it is a word that is looked for, and no part of the question.
func TestNoAddressBreaksOutOfItsQuestion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		s.asking = rosa
		tried := 0
		for _, op := range s.operations() {
			if op.method != http.MethodGet || op.streams() {
				continue
			}
			c := matrix[op.id].right(s, s.own)
			at, query, _ := strings.Cut(c.path, "?")
			for _, p := range op.Parameters {
				if p.In != "query" {
					continue
				}
				for _, odd := range []string{`' OR '1'='1`, `x') UNION SELECT email, hash FROM agent --`, `"; DROP TABLE message; --`, `%' ESCAPE '`, `$1`, `?`, `\`, "\u202e\u200b", strings.Repeat("(", 60)} {
					tried++
					q, err := url.ParseQuery(query)
					require.NoError(t, err)
					q.Set(p.Name, odd)
					a := s.rosa.say(http.MethodGet, at+"?"+q.Encode(), nil)
					require.Contains(t, []int{200, 404, 422}, a.status, "%s: %s=%s: %s", op.id, p.Name, odd, a.body)
					require.NotContains(t, a.body, ben+`","hash`, op.id)
				}
			}
		}
		require.Greater(t, tried, 100)
		require.NotZero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM message`))
		require.NotContains(t, s.log.String(), "a request")
	})
}

// What was given to be kept secret is told to nobody again, and cannot be read in the database.
func TestNoAnswerShowsASecret(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, "", nil)
	s := openScene(t, db)
	s.asking = rosa
	given := secret
	_, err := s.access.SetProvider(s.asRosa(t), access.Provider{ID: s.nextProvider(s.own), Name: "Firmenkonto", Issuer: "https://id.example", ClientID: "hilft"}, &given, false)
	require.NoError(t, err)
	_, err = s.watch.AddTarget(s.asRosa(t), watch.Target{Brand: s.own.account.Brand, Kind: watch.Webhook, Address: "https://alerts.example/x"}, secret)
	require.NoError(t, err)
	told, _, err := s.webhooks.Add(s.asRosa(t), s.own.account.Brand, webhook.NewEndpoint{URL: "https://erp.example/x", Types: []webhook.Type{webhook.CaseLate}})
	require.NoError(t, err)
	for _, op := range s.operations() {
		if op.method != http.MethodGet || op.streams() {
			continue
		}
		a := s.rosa.say(http.MethodGet, matrix[op.id].right(s, s.own).path, nil)
		for _, never := range []string{secret, told, password, "argon2id"} {
			require.NotContains(t, a.body, never, op.id)
		}
	}
	require.Contains(t, s.rosa.say(http.MethodGet, "/api/accounts", nil).body, `"set":["secret"]`, "only that there is one")
	kept := dump(t, db)
	for _, never := range []string{secret, strings.TrimPrefix(told, "whsec_"), password} {
		require.NotContains(t, kept, never)
	}
	require.NotContains(t, s.log.String(), secret)
}

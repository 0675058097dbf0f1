// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type trailEntry struct {
	N                 int64
	Brand             *struct{ ID, Name string }
	Agent             *struct{ ID, Name string }
	What, About, Name string
	Detail            map[string]string
}

type trailAnswer struct {
	Entries []trailEntry
	Next    int64
	Groups  []string
	Chain   struct {
		N     int64
		Fault string
	}
}

// trailOf reads the whole trail as somebody sees it, page by page.
func (b *browser) trailOf(query string) (all trailAnswer) {
	b.t.Helper()
	before := "0"
	for {
		page := as[trailAnswer](b.t, b.say(http.MethodGet, "/api/trail?limit=7&before="+before+query, nil), 200)
		all.Entries, all.Groups, all.Chain = append(all.Entries, page.Entries...), page.Groups, page.Chain
		if page.Next == 0 {
			return all
		}
		before = strconv.FormatInt(page.Next, 10)
	}
}

func (a trailAnswer) whats() (all []string) {
	for _, e := range a.Entries {
		all = append(all, e.What)
	}
	slices.Reverse(all)
	return all
}

func TestWhatPeopleDoIsInTheTrail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		s.callMembers(t)
		require.NoError(t, s.trail.Flush(t.Context()))
		since := s.rosa.trailOf("").Entries[0].N
		do := func(who *browser, want int, method, path string, body any) answer {
			t.Helper()
			a := who.say(method, path, body)
			require.Equal(t, want, a.status, a.body)
			return a
		}
		canary := "Kanarienvogel-auf-dem-Deich"
		do(s.anonymous, 401, http.MethodPost, "/api/session", m{"email": ben, "password": canary})
		do(s.anonymous, 401, http.MethodPost, "/api/session", m{"email": canary + "@nordnetz.example", "password": canary})
		do(s.anonymous, 200, http.MethodPost, "/api/session", m{"email": ben, "password": password})
		do(s.anonymous, 422, http.MethodPost, "/api/me/proof", m{"password": canary})
		do(s.anonymous, 204, http.MethodPost, "/api/me/proof", m{"password": password})
		made := as[struct {
			Token  struct{ ID string }
			Secret string
		}](t, do(s.anonymous, 201, http.MethodPost, "/api/me/tokens", m{"name": canary, "scopes": []string{"read"}, "days": 30}), 201)
		do(s.anonymous, 204, http.MethodDelete, "/api/me/tokens/"+made.Token.ID, nil)
		do(s.anonymous, 204, http.MethodDelete, "/api/session", nil)
		do(s.rosa, 200, http.MethodPut, "/api/agents/"+s.colleague(s.own)+"/role", m{"role": "reader"})
		do(s.rosa, 200, http.MethodPatch, "/api/accounts/"+string(s.own.account.ID), m{"name": canary})
		do(s.rosa, 200, http.MethodPost, "/api/accounts/"+string(s.own.account.ID)+"/pause", nil)
		do(s.rosa, 200, http.MethodPost, "/api/accounts/"+string(s.own.account.ID)+"/resume", nil)
		do(s.lead, 200, http.MethodPut, "/api/brand/letters", m{"signature": canary, "receipt_de": "", "receipt_en": ""})
		do(s.lead, 200, http.MethodPut, "/api/service", officeHours)
		do(s.rosa, 200, http.MethodPut, "/api/house/session-limits", m{"idle_minutes": 600, "longest_minutes": 1440})
		for range 3 { // what is private is read: once
			do(s.lead, 200, http.MethodGet, "/api/cases/"+s.own.caseID, nil)
			do(s.lead, 200, http.MethodGet, "/api/messages/"+string(s.own.message)+"/html", nil)
			do(s.lead, 200, http.MethodGet, "/api/people/"+s.own.person, nil)
		}
		do(s.lead, 200, http.MethodGet, "/api/stuck/"+strconv.FormatInt(s.own.stuck, 10)+"/raw", nil)
		require.NoError(t, s.trail.Flush(t.Context()))

		all := s.rosa.trailOf("")
		from := slices.IndexFunc(all.Entries, func(e trailEntry) bool { return e.N == since })
		all.Entries = all.Entries[:from]
		require.Equal(t, []string{
			"session.failed", "session.failed", "session.signed_in", "session.proof_failed", "token.made", "token.revoked", "session.signed_out",
			"agent.added", "agent.role_set", "account.changed", "account.paused", "account.resumed", "brand.letters_changed", "brand.service_changed", "house.session_limits_set",
			"read.case", "read.person", "read.delivery",
		}, all.whats())
		require.Equal(t, "Nordnetz", all.Entries[0].Brand.Name)
		require.Equal(t, "Jan", all.Entries[0].Agent.Name)
		require.Equal(t, s.own.caseID, all.Entries[2].About)
		require.Nil(t, all.Entries[len(all.Entries)-2].Agent, "nobody has the address that was tried")

		// A lead sees what was done in their brand, and not who has read what.
		theirs := s.lead.trailOf("")
		require.NotContains(t, theirs.Groups, "read")
		require.NotEmpty(t, theirs.Entries)
		for _, e := range theirs.Entries {
			require.Equal(t, string(s.own.account.Brand), e.Brand.ID)
			require.NotContains(t, e.What, "read.")
		}
		refused(t, s.lead.say(http.MethodGet, "/api/trail?group=read", nil), 422)
		day := url.QueryEscape(s.db.Now().AddDate(0, 0, -1).Format(time.RFC3339))
		require.Equal(t, []string{"account.changed", "account.paused", "account.resumed"}, s.rosa.trailOf("&group=account&agent="+string(s.agentID(t, rosa))+"&from="+day).whats())
		require.Empty(t, s.rosa.trailOf("&to="+day).Entries)

		// No secret and no word of anybody's is in it.
		require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM audit WHERE detail LIKE ? OR about LIKE ? OR who LIKE ?`, "%"+canary+"%", "%"+canary+"%", "%"+canary+"%"))
		for _, secret := range []string{canary, made.Secret, password, secret, "Internet", ben, rosa} {
			require.Zero(t, storetest.Count(t, db, `SELECT COUNT(*) FROM audit WHERE detail LIKE ?`, "%"+secret+"%"))
		}
		chain := as[struct {
			Fault     string
			CheckedAt *string `json:"checked_at"`
		}](t, s.rosa.say(http.MethodPost, "/api/trail/check", nil), 200)
		require.Empty(t, chain.Fault)
		require.NotNil(t, chain.CheckedAt)
		s.change(t, `UPDATE audit SET who = '' WHERE n = 3`)
		s.rosa.say(http.MethodPost, "/api/trail/check", nil)
		require.Contains(t, s.rosa.trailOf("").Chain.Fault, "row 3")
	})
}

// What a program does in somebody's name is told apart from what they do themselves, and what it reads is written for itself.
func TestTheTrailTellsProgramsFromPeople(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	program := s.program(t, s.rosa.token("read", "administer").Secret)
	require.Equal(t, 200, program.say(http.MethodPost, "/api/accounts/"+string(s.own.account.ID)+"/pause", nil).status)
	require.Equal(t, 200, program.say(http.MethodGet, "/api/cases/"+s.own.caseID, nil).status)
	require.Equal(t, 200, s.rosa.say(http.MethodGet, "/api/cases/"+s.own.caseID, nil).status)
	require.NoError(t, s.trail.Flush(t.Context()))
	all := s.rosa.trailOf("")
	require.Equal(t, string(audit.CaseRead), all.Entries[0].What)
	require.Empty(t, all.Entries[0].Detail["token"])
	require.Equal(t, string(audit.CaseRead), all.Entries[1].What)
	require.NotEmpty(t, all.Entries[1].Detail["token"])
	require.Equal(t, string(audit.AccountPaused), all.Entries[2].What)
	require.NotEmpty(t, all.Entries[2].Detail["token"])
}

// A file of a private message is told to have been fetched by whom its address was given to; one of a public message, and
// what a visitor fetches of their own, is not.
func TestFetchingAPrivateFileIsInTheTrail(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	id := s.posts(t, s.own.account, m{"id": "f", "thread": "f", "text": "Ein Bild", "from": m{"id": "kim"}, "attachments": []m{attached("Foto.png", "image/png", png)}})
	href := s.ben.opens(s.caseOf(t, id)).Messages[0].Files[0].Href
	for range 2 {
		require.Equal(t, 200, s.anonymous.say(http.MethodGet, href, nil).status)
	}
	require.NoError(t, s.trail.Flush(t.Context()))
	all := s.rosa.trailOf("&group=read&agent=" + string(s.agentID(t, ben)))
	require.Equal(t, []string{"read.case", "read.media"}, all.whats())
	require.Equal(t, string(s.own.account.Brand), all.Entries[0].Brand.ID)
	s.change(t, `UPDATE message SET visibility = 'public' WHERE id = ?`, string(id))
	public := s.rosa.opens(s.caseOf(t, id)).Messages[0].Files[0].Href
	require.Equal(t, 200, s.anonymous.say(http.MethodGet, public, nil).status)
	require.NoError(t, s.trail.Flush(t.Context()))
	require.Equal(t, 1, strings.Count(strings.Join(s.rosa.trailOf("").whats(), " "), "read.media"))
}

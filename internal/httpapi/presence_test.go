// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// watcher is a page of somebody's, with its live stream, that says what it shows.
type watcher struct {
	*browser
	*stream
	tab string
}

func (b *browser) watches(t testing.TB, tab string) *watcher {
	t.Helper()
	p := &watcher{b, b.listenIn(t, tab, ""), tab}
	require.Equal(t, "hello", p.next().kind)
	return p
}

// shows says what the page shows.
func (p *watcher) shows(caseID, doing string, more ...string) {
	p.browser.t.Helper()
	query := ""
	if len(more) > 0 {
		query = "?brand=" + more[0]
	}
	a := p.say(http.MethodPost, "/api/presence"+query, m{"tab": p.tab, "case_id": caseID, "doing": doing})
	require.Equal(p.browser.t, 204, a.status, a.body)
}

// told is the next event of a kind.
func (p *watcher) told(kind string) shown {
	p.stream.t.Helper()
	for late := time.Now().Add(time.Minute); ; {
		e := p.next()
		if e.kind == kind {
			return e
		}
		require.True(p.stream.t, time.Now().Before(late), "no %s comes", kind)
	}
}

// sees waits until the page is told that a case is open before these: agents' ids and what they do, by commas.
func (p *watcher) sees(caseID string, want ...string) {
	p.stream.t.Helper()
	slices.Sort(want)
	for {
		e := p.told("presence")
		var v struct {
			Cases map[string][]struct{ Agent, Doing string }
		}
		require.NoError(p.stream.t, json.Unmarshal([]byte(e.data), &v), e.data)
		all, told := v.Cases[caseID]
		if !told {
			continue
		}
		var got []string
		for _, w := range all {
			got = append(got, w.Agent+","+w.Doing)
		}
		if slices.Sort(got); slices.Equal(got, want) {
			return
		}
	}
}

func TestColleaguesSeeWhoHasACaseOpenAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		id, ben := s.own.caseID, string(s.agentID(t, ben))
		other := s.member(t, s.other.account.Brand, access.RoleLead)
		theirs := "?brand=" + string(s.other.account.Brand)
		s.until(t, func() bool { return other.say(http.MethodGet, "/api/inbox"+theirs, nil).status == http.StatusOK }) // it is a new one
		stranger := other.watches(t, "o1")
		stranger.shows("", "reads", string(s.other.account.Brand))
		events := storetest.Count(t, db, `SELECT COUNT(*) FROM event`)

		rosas, bens := s.rosa.watches(t, "r1"), s.ben.watches(t, "b1")
		rosas.shows("", "reads")
		bens.shows(id, "reads")
		rosas.sees(id, ben+",reads")
		bens.shows(id, "writes")
		rosas.sees(id, ben+",writes")
		second := s.ben.watches(t, "b2")
		second.shows(id, "away")
		bens.shows(id, "away")
		rosas.sees(id, ben+",away")
		late := s.rosa.watches(t, "r2")
		late.shows("", "reads")
		late.sees(id, ben+",away") // who comes is told of everybody
		bens.leave()
		second.leave()
		rosas.sees(id)

		// Another brand's case is not there, and neither is what happens in it.
		a := other.say(http.MethodPost, "/api/presence", m{"tab": "o1", "case_id": id, "doing": "reads"})
		refused(t, a, http.StatusNotFound)
		bens = s.ben.watches(t, "b1")
		bens.shows(id, "writes")
		rosas.sees(id, ben+",writes")
		stranger.shows(s.other.caseID, "reads", string(s.other.account.Brand))
		for {
			e := stranger.next()
			require.NotContains(t, e.data, id)
			require.NotContains(t, e.data, ben)
			if e.kind == "presence" && strings.Contains(e.data, s.other.caseID) {
				break
			}
		}

		// Whoever writes is heard of where the case is open, and there alone.
		rosas.shows(id, "reads")
		rosas.sees(id, ben+",writes", string(s.agentID(t, rosa))+",reads")
		kept := as[struct{ Version string }](t, s.ben.say(http.MethodPut, "/api/cases/"+id+"/drafts/reply", m{"known": "", "text": "Kanarienvogel"}), 200)
		e := rosas.told("draft")
		require.JSONEq(t, `{"brand_id":"`+string(s.own.account.Brand)+`","case_id":"`+id+`","agent":"`+ben+`","version":"`+kept.Version+`","begun":true}`, e.data)
		var drafts struct {
			Drafts []struct {
				Agent     struct{ ID string }
				Text      string
				ChangedAt *time.Time `json:"changed_at"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(s.rosa.say(http.MethodGet, "/api/cases/"+id+"/drafts", nil).body), &drafts))
		require.Len(t, drafts.Drafts, 1)
		require.Equal(t, "Kanarienvogel", drafts.Drafts[0].Text)
		require.Nil(t, drafts.Drafts[0].ChangedAt, "when a colleague wrote is nobody's business")

		require.Equal(t, events, storetest.Count(t, db, `SELECT COUNT(*) FROM event`), "nothing of it is written down")
		require.NotContains(t, s.log.String(), "Kanarienvogel")
	})
}

func TestPresenceEndsWithItsPageItsSessionAndItsRole(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	db := storetest.Open(t, "", clock.now)
	s := openSceneWith(t, db, func(d *httpapi.Deps) { d.Pace.Alive, d.Pace.Present = 20*time.Millisecond, 2*time.Second })
	id, me := s.own.caseID, string(s.agentID(t, ben))
	rosas, bens := s.rosa.watches(t, "r1"), s.ben.watches(t, "b1")
	rosas.shows("", "reads")

	bens.shows(id, "reads") // and then nothing any more, though the stream stands
	rosas.sees(id, me+",reads")
	rosas.sees(id)

	bens.shows(id, "reads")
	rosas.sees(id, me+",reads")
	require.Equal(t, 204, s.ben.say(http.MethodDelete, "/api/session", nil).status)
	rosas.sees(id)

	require.Equal(t, 200, s.ben.say(http.MethodPost, "/api/session", m{"email": ben, "password": password}).status)
	bens = s.ben.watches(t, "b1")
	bens.shows(id, "reads")
	rosas.sees(id, me+",reads")
	seen := `SELECT COUNT(*) FROM agent_session WHERE agent_id = ? AND ended_at = 0 AND seen_at = made_at`
	require.Equal(t, 1, storetest.Count(t, db, seen, me))
	clock.forward(3 * time.Minute)
	bens.shows(id, "writes")
	require.Equal(t, 1, storetest.Count(t, db, seen, me), "what a page says by itself is no use of its session")
	require.Equal(t, 200, s.ben.say(http.MethodGet, "/api/me", nil).status)
	require.Zero(t, storetest.Count(t, db, seen, me))

	rosas.sees(id, me+",writes")
	require.Equal(t, 200, s.rosa.say(http.MethodPut, "/api/agents/"+me+"/role", m{"role": "none"}).status)
	rosas.sees(id)
}

func TestTheQueueServesEachPageAnotherCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		second := s.caseOf(t, s.posts(t, s.own.account, m{"id": "own-2", "thread": "own-2", "text": "Und meins?", "from": m{"id": "jo"}}))
		type served struct {
			Case *struct {
				ID       string
				Reserved struct{ Name string }
			}
			Soon []string
		}
		next := func(b *browser, tab, current string) served {
			return as[served](t, b.say(http.MethodPost, "/api/queue/next", m{"view": "open", "tab": tab, "current": current}), 200)
		}
		watching := s.rosa.watches(t, "r1")
		watching.shows("", "reads")
		got := next(s.ben, "b1", "")
		require.Equal(t, s.own.caseID, got.Case.ID)
		require.Equal(t, []string{second}, got.Soon)
		require.JSONEq(t, `{"case_id":"`+s.own.caseID+`"}`, watching.told("row").data)
		require.Contains(t, s.rosa.say(http.MethodGet, "/api/rows?ids="+s.own.caseID, nil).body, `"reserved":{"id":"`+string(s.agentID(t, ben)))
		require.Equal(t, second, next(s.rosa, "r1", "").Case.ID)
		require.Nil(t, next(s.ben, "b2", "").Case)

		// Who opens a case that is kept for another does so knowingly, and may.
		require.Equal(t, 200, s.rosa.say(http.MethodGet, "/api/cases/"+s.own.caseID, nil).status)
		require.Equal(t, 204, s.ben.say(http.MethodDelete, "/api/cases/"+s.own.caseID+"/reservation?tab=b1", nil).status)
		require.Equal(t, s.own.caseID, next(s.rosa, "r2", "").Case.ID)

		// What somebody has open is not served to another, though nobody keeps it for them.
		require.Equal(t, 204, s.rosa.say(http.MethodDelete, "/api/cases/"+s.own.caseID+"/reservation?tab=r2", nil).status)
		watching.shows(s.own.caseID, "reads")
		watching.sees(s.own.caseID, string(s.agentID(t, rosa))+",reads")
		require.Nil(t, next(s.ben, "b1", "").Case)
	})
}

func TestADraftThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	s := openScene(t, storetest.Open(t, "", nil))
	at := "/api/cases/" + s.own.caseID + "/drafts/reply"
	refused(t, s.ben.say(http.MethodPut, at, m{"known": "", "text": strings.Repeat("x", 1<<20)}), http.StatusRequestEntityTooLarge)
	refused(t, s.ben.say(http.MethodPut, at, m{"known": "", "text": strings.Repeat("x", 100_001)}), http.StatusUnprocessableEntity)
	require.Equal(t, 200, s.ben.say(http.MethodPut, at, m{"known": "", "text": strings.Repeat("ü", 100_000)}).status)
	refused(t, s.ben.say(http.MethodPut, at, m{"known": "another", "text": "x"}), http.StatusConflict)
	refused(t, s.ben.say(http.MethodPut, "/api/cases/"+s.own.caseID+"/drafts/shout", m{"known": "", "text": "x"}), http.StatusUnprocessableEntity)
}

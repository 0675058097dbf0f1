// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type savedAnswer struct {
	ID     string
	Name   string
	Shared bool
	Change bool
	Gone   []struct{ What, ID string }
}

type listAnswer struct {
	Cases []struct{ ID, Title string }
	Saved map[string]*int
}

func TestAListThatSomebodyHasPutTogetherIsThereWithItsNumber(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		act := func(path string, body any) answer { return s.ben.say(http.MethodPost, path, body) }
		require.Equal(t, 200, act("/api/cases/"+s.own.caseID+"/tags", m{"add": []string{"Störung"}, "remove": []string{}}).status)
		tags := as[struct{ Tags []struct{ ID string } }](t, s.ben.say(http.MethodGet, "/api/tags", nil), 200)
		filter := m{"tags": []string{tags.Tags[0].ID}, "states": []string{"open"}}
		require.Equal(t, 403, act("/api/views", m{"name": "Störungen", "filter": filter, "order": "next", "shared": true}).status)
		v := as[savedAnswer](t, s.rosa.say(http.MethodPost, "/api/views", m{"name": "Störungen", "filter": filter, "order": "next", "shared": true}), 201)
		require.True(t, v.Change)
		require.Empty(t, v.Gone)

		list := func() listAnswer {
			return as[listAnswer](t, s.ben.say(http.MethodGet, "/api/inbox?saved="+v.ID, nil), 200)
		}
		s.until(t, func() bool { n := list().Saved[v.ID]; return n != nil && *n == 1 })
		require.Equal(t, s.own.caseID, list().Cases[0].ID)
		shown := func() savedAnswer {
			return as[struct{ Views []savedAnswer }](t, s.ben.say(http.MethodGet, "/api/views", nil), 200).Views[0]
		}
		require.Equal(t, savedAnswer{ID: v.ID, Name: "Störungen", Shared: true, Gone: []struct{ What, ID string }{}}, shown())

		// What the filter names goes; the view stays, and says so.
		require.Equal(t, 204, s.rosa.say(http.MethodDelete, "/api/tags/"+tags.Tags[0].ID, nil).status)
		s.until(t, func() bool { n := list().Saved[v.ID]; return *n == 0 && len(list().Cases) == 0 })
		require.Equal(t, []struct{ What, ID string }{{"tag", tags.Tags[0].ID}}, shown().Gone)
		mended := m{"name": "Offenes", "filter": m{"states": []string{"open"}, "accounts": []string{string(s.other.account.ID)}}, "order": "changed", "shared": true}
		require.Equal(t, 204, s.rosa.say(http.MethodPut, "/api/views/"+v.ID, mended).status)
		require.Equal(t, "account", shown().Gone[0].What, "another brand’s is none")
		s.until(t, func() bool { n := list().Saved[v.ID]; return n != nil && *n == 0 })

		for _, bad := range []m{
			{"name": "x", "filter": m{"states": []string{"x' OR '1'='1"}}, "order": "next", "shared": false},
			{"name": "x", "filter": m{"owner": "agent"}, "order": "next", "shared": false},
			{"name": "x", "filter": m{"where": "1=1"}, "order": "next", "shared": false},
			{"name": strings.Repeat("ä", 10_000), "filter": m{}, "order": "next", "shared": false},
			{"name": "\u202e", "filter": m{}, "order": "next", "shared": false},
			{"name": "x", "filter": m{}, "order": "rank", "shared": false},
		} {
			require.Equal(t, 422, act("/api/views", bad).status, bad)
		}
		require.Equal(t, 404, s.ben.say(http.MethodGet, "/api/inbox?saved=nowhere", nil).status)
		require.Equal(t, 204, s.rosa.say(http.MethodDelete, "/api/views/"+v.ID, nil).status)
		require.Equal(t, "view.not_found", refused(t, s.ben.say(http.MethodGet, "/api/inbox?saved="+v.ID, nil), 404).Code)
	})
}

func TestManyCasesAtOnceAndEachAnswersForItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		type took struct {
			Results []struct {
				ID   string
				Act  int64
				Code string
				Case *struct{ Priority, State string }
			}
		}
		seen := s.db.Now().Add(1e9)
		cases := []m{{"id": s.own.caseID, "seen_at": seen}, {"id": s.other.caseID, "seen_at": seen}, {"id": "nowhere", "seen_at": seen}}
		did := as[took](t, s.ben.say(http.MethodPost, "/api/acts", m{"act": "solve", "cases": cases}), 200).Results
		require.Equal(t, "solved", did[0].Case.State)
		require.Equal(t, []string{"", "case.not_found", "case.not_found"}, []string{did[0].Code, did[1].Code, did[2].Code}, "of another brand one hears nothing")
		back := as[took](t, s.ben.say(http.MethodPost, "/api/acts/undo", m{"acts": []m{{"id": did[0].ID, "act": did[0].Act}}}), 200).Results
		require.Equal(t, "open", back[0].Case.State)
		require.Equal(t, 422, s.ben.say(http.MethodPost, "/api/acts", m{"act": "delete", "cases": cases}).status)
		require.Equal(t, 422, s.ben.say(http.MethodPost, "/api/acts", m{"act": "solve", "cases": []m{}}).status)
		require.Equal(t, "agent.not_found", refused(t, s.ben.say(http.MethodPost, "/api/acts", m{"act": "assign", "agent_id": "nobody", "cases": cases}), 422).Code)
	})
}

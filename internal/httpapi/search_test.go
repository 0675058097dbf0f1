// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type searchAnswer struct {
	Messages []struct {
		CaseID  string `json:"case_id"`
		Author  string `json:"author"`
		Snippet string `json:"snippet"`
		Marks   []struct {
			From, To int
		} `json:"marks"`
	} `json:"messages"`
	People []struct{ Name string } `json:"people"`
	Cases  []struct{ ID string }   `json:"cases"`
	Behind int                     `json:"behind"`
}

func TestWhatWasSaidIsFoundInOnesOwnBrandOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openScene(t, db)
		id := s.posts(t, s.own.account, m{"id": "q", "thread": "q", "text": "😀 Die Störung im Netz", "from": m{"id": "kim", "name": "Kim Kolbe"}})
		s.posts(t, s.other.account, m{"id": "r", "thread": "r", "text": "Die Störung nebenan", "from": m{"id": "kim", "name": "Kim Kolbe"}})
		require.NoError(t, s.search.CatchUp(t.Context()))
		find := func(q string) searchAnswer {
			return as[searchAnswer](t, s.ben.say(http.MethodGet, "/api/search?zone=Europe/Berlin&q="+url.QueryEscape(q), nil), 200)
		}
		found := find("stoerung")
		require.Len(t, found.Messages, 1)
		require.Equal(t, "😀 Die Störung im Netz", found.Messages[0].Snippet)
		require.Equal(t, "Kim Kolbe", found.Messages[0].Author)
		require.Equal(t, 7, found.Messages[0].Marks[0].From, "as browsers count")
		require.Equal(t, 14, found.Messages[0].Marks[0].To)
		require.Equal(t, s.caseOf(t, id), found.Cases[0].ID, "by its title")
		require.Zero(t, found.Behind)
		require.Len(t, find("kolbe").People, 1)
		s.until(t, func() bool { return len(find("störung kanal:"+s.own.account.Name).Messages) == 1 }) // names may be a moment old
		require.Empty(t, find("störung kanal:nirgends").Messages)
		for q, code := range map[string]string{"–": "search.nothing", "status:halb": "search.bad_state", "vor:bald": "search.bad_date"} {
			require.Equal(t, code, refused(t, s.ben.say(http.MethodGet, "/api/search?q="+url.QueryEscape(q), nil), 422).Code)
		}
		require.Equal(t, "search.bad_zone", refused(t, s.ben.say(http.MethodGet, "/api/search?q=x&zone=Mond", nil), 422).Code)
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi_test

import (
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/httpapi"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

type openSession struct {
	ID, Browser, Place string
	Mine               bool
}

// sessions are those of whoever sits at the browser, their own first.
func (b *browser) sessions() []openSession {
	b.t.Helper()
	all := as[struct{ Sessions []openSession }](b.t, b.say(http.MethodGet, "/api/me/sessions", nil), 200).Sessions
	slices.SortStableFunc(all, func(x, y openSession) int {
		if x.Mine == y.Mine {
			return 0
		}
		if x.Mine {
			return -1
		}
		return 1
	})
	return all
}

// signsIn signs somebody in with a browser of their own.
func (h *house) signsIn(t testing.TB, email string, header ...string) *browser {
	t.Helper()
	b := h.browser(t)
	a := b.say(http.MethodPost, "/api/session", m{"email": email, "password": password}, header...)
	require.Equal(t, 200, a.status, a.body)
	return b
}

func TestAnAgentSeesWhereTheyAreSignedInAndEndsWhatTheyDoNotKnow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := openHouseOn(t, db, func(d *httpapi.Deps) {
			d.Pace.Alive = 50 * time.Millisecond
			d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		})
		h.agent(t, h.administrator(t))
		desk := h.signsIn(t, rosa, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "X-Forwarded-For", "203.0.113.77")
		phone := h.signsIn(t, rosa, "User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
			"X-Forwarded-For", "2001:db8:7:8:9::1")
		all := desk.sessions()
		require.Len(t, all, 3, "and the one that set the house up")
		require.Equal(t, openSession{all[0].ID, "Firefox, Linux", "203.0.113.0/24", true}, all[0])
		theirs := phone.sessions()[0]
		require.Equal(t, openSession{theirs.ID, "Safari, iPhone", "2001:db8:7::/48", true}, theirs)
		theirs.Mine = false
		require.Contains(t, all, theirs)
		require.NotContains(t, desk.say(http.MethodGet, "/api/me/sessions", nil).body, "203.0.113.77")

		// Somebody else's is not there, to see or to end.
		colleague := h.signsIn(t, ben)
		for _, s := range colleague.sessions() {
			require.NotContains(t, all, s)
			require.Equal(t, "session.not_found", refused(t, desk.say(http.MethodDelete, "/api/me/sessions/"+s.ID, nil), 404).Code)
		}

		live := phone.listen(t, "")
		require.Equal(t, "hello", live.next().kind)
		require.Equal(t, 204, desk.say(http.MethodDelete, "/api/me/sessions/"+theirs.ID, nil).status)
		live.ends(5 * time.Second)
		require.Equal(t, 401, phone.say(http.MethodGet, "/api/me", nil).status)
		require.Equal(t, "session.not_found", refused(t, desk.say(http.MethodDelete, "/api/me/sessions/"+theirs.ID, nil), 404).Code, "it is over")

		again := h.signsIn(t, rosa)
		live = again.listen(t, "")
		require.Equal(t, "hello", live.next().kind)
		require.Equal(t, 204, desk.say(http.MethodDelete, "/api/me/other-sessions", nil).status)
		live.ends(5 * time.Second)
		require.Equal(t, 401, again.say(http.MethodGet, "/api/me", nil).status)
		require.Len(t, desk.sessions(), 1)
		require.Equal(t, 200, colleague.say(http.MethodGet, "/api/me", nil).status)
	})
}

func TestTheHouseSaysHowLongASessionLasts(t *testing.T) {
	t.Parallel()
	clock := &movable{}
	h := openHouseOn(t, storetest.Open(t, "", clock.now), func(d *httpapi.Deps) { d.Pace.Alive = 50 * time.Millisecond })
	admin := h.administrator(t)
	type limits struct {
		Idle    int `json:"idle_minutes"`
		Longest int `json:"longest_minutes"`
	}
	const path = "/api/house/session-limits"
	require.Equal(t, limits{7 * 24 * 60, 30 * 24 * 60}, as[limits](t, admin.say(http.MethodGet, path, nil), 200), "what a house has that sets nothing")
	for _, wrong := range []limits{{4, 60}, {5, 59}, {120, 60}, {5, 30*24*60 + 1}, {30*24*60 + 1, 30 * 24 * 60}, {-1, 60}, {5, 0}} {
		require.Len(t, refused(t, admin.say(http.MethodPut, path, m{"idle_minutes": wrong.Idle, "longest_minutes": wrong.Longest}), 422).Errors, 1, wrong)
	}
	require.Equal(t, 200, admin.say(http.MethodPut, path, m{"idle_minutes": 30, "longest_minutes": 60}).status)
	require.Equal(t, limits{30, 60}, as[limits](t, admin.say(http.MethodGet, path, nil), 200))

	idle, busy := h.signsIn(t, rosa), h.signsIn(t, rosa)
	live := idle.listen(t, "")
	require.Equal(t, "hello", live.next().kind)
	clock.forward(29 * time.Minute)
	require.Equal(t, 200, busy.say(http.MethodGet, "/api/me", nil).status)
	clock.forward(time.Minute)
	live.ends(5 * time.Second)
	require.Equal(t, 401, idle.say(http.MethodGet, "/api/me", nil).status, "a stream left open is no use")
	require.Len(t, busy.sessions(), 1)
	clock.forward(29 * time.Minute)
	require.Equal(t, 200, busy.say(http.MethodGet, "/api/me", nil).status)
	clock.forward(time.Minute)
	require.Equal(t, 401, busy.say(http.MethodGet, "/api/me", nil).status, "an hour after the sign-in it is over, however busy")
}

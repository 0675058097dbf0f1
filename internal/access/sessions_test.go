// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// keepSession commits a session of a day, as scs would.
func keepSession(t testing.TB, h house, s *SessionStore, token string, agent hilft.AgentID) []byte {
	t.Helper()
	expires := h.clock.Now().Add(24 * time.Hour)
	data, err := scs.GobCodec{}.Encode(expires, map[string]any{SessionAgent: string(agent)})
	require.NoError(t, err)
	require.NoError(t, s.CommitCtx(t.Context(), token, data, expires))
	return data
}

func found(t testing.TB, s *SessionStore, token string) bool {
	t.Helper()
	_, ok, err := s.FindCtx(t.Context(), token)
	require.NoError(t, err)
	return ok
}

func TestASessionIsFoundUntilItExpires(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		s := h.Sessions()
		require.False(t, found(t, s, "token"))
		require.NoError(t, s.Delete("token"))

		data := keepSession(t, h, s, "token", mira.ID)
		got, ok, err := s.Find("token")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, data, got)
		for _, other := range []string{"", "tokem", "token\x00", tokenHash("token"), "\xff"} {
			require.False(t, found(t, s, other), "%q", other)
		}
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM agent_session WHERE token = 'token'`), "the database does not know the token")

		h.clock.Forward(24*time.Hour - time.Microsecond)
		require.True(t, found(t, s, "token"))
		h.clock.Forward(time.Microsecond)
		require.False(t, found(t, s, "token"))
		require.Error(t, s.Commit("token", []byte("not of scs"), h.clock.Now()))
	})
}

func TestASessionInUseStaysAndAnIdleOneEnds(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		s := h.Sessions()
		require.NoError(t, h.SetSessionLimits(As(t.Context(), mira), SessionLimits{Idle: 30 * time.Minute, Longest: time.Hour * 24}))
		keepSession(t, h, s, "used", mira.ID)
		keepSession(t, h, s, "idle", mira.ID)
		keepSession(t, h, s, "open stream", mira.ID)
		for range 3 {
			h.clock.Forward(20 * time.Minute)
			require.True(t, found(t, s, "used"))
			_, err := s.Alive(t.Context(), "open stream")
			require.NoError(t, err)
		}
		require.False(t, found(t, s, "idle"))
		require.False(t, found(t, s, "open stream"), "a stream left open is no use")
	})
}

func TestWhetherSomebodyIsAtTheDesk(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		s := h.Sessions()
		used := func() bool {
			t.Helper()
			ok, err := s.InUse(t.Context(), 15*time.Minute)
			require.NoError(t, err)
			return ok
		}
		require.False(t, used())
		mira := h.setUp(t)
		keepSession(t, h, s, "nobody's", "")
		require.False(t, used(), "nobody has signed in")
		keepSession(t, h, s, "hers", mira.ID)
		require.True(t, used())
		h.clock.Forward(15 * time.Minute)
		_, err := s.Alive(t.Context(), "hers")
		require.NoError(t, err)
		require.False(t, used(), "a stream left open is nobody at work")
		require.True(t, found(t, s, "hers"))
		require.True(t, used())
		require.NoError(t, s.Delete("hers"))
		require.False(t, used(), "signed out")
	})
}

func TestReadingASessionWritesOnceAMinute(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		s := h.Sessions()
		keepSession(t, h, s, "token", mira.ID)
		seen := func() time.Duration {
			us := storetest.Count(t, h.db, `SELECT seen_at FROM agent_session`)
			return h.clock.Now().Sub(store.Time(int64(us)))
		}
		h.clock.Forward(59 * time.Second)
		require.True(t, found(t, s, "token"))
		require.Equal(t, 59*time.Second, seen())
		h.clock.Forward(time.Second)
		require.True(t, found(t, s, "token"))
		require.Zero(t, seen())
	})
}

func TestAnEndedSessionStaysEnded(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		s := h.Sessions()
		keepSession(t, h, s, "signed out", mira.ID)
		keepSession(t, h, s, "thrown out", mira.ID)
		require.NoError(t, s.Delete("signed out"))
		require.NoError(t, h.EndSessions(As(t.Context(), mira), mira.ID))
		for _, token := range []string{"signed out", "thrown out"} {
			require.False(t, found(t, s, token))
			keepSession(t, h, s, token, mira.ID) // by a request that has read it before
			require.False(t, found(t, s, token))
		}
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM agent_session WHERE length(data) > 0`))
		keepSession(t, h, s, "fresh", mira.ID)
		require.True(t, found(t, s, "fresh"))
	})
}

func TestWhoMayEndSessions(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		marco, err := h.AddAgent(As(t.Context(), mira), Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Brand: h.brand(t)})
		require.NoError(t, err)
		s := h.Sessions()
		keepSession(t, h, s, "mira's", mira.ID)
		keepSession(t, h, s, "marco's", marco.ID)
		keepSession(t, h, s, "nobody's", "")

		failed(t, h.EndSessions(t.Context(), marco.ID), hilft.Unauthenticated, "session.missing")
		failed(t, h.EndSessions(As(t.Context(), marco), mira.ID), hilft.Forbidden, "access.administrator_only")
		require.True(t, found(t, s, "mira's"))
		require.NoError(t, h.EndSessions(As(t.Context(), mira), marco.ID))
		require.False(t, found(t, s, "marco's"))
		require.True(t, found(t, s, "mira's"))
		require.True(t, found(t, s, "nobody's"))
		require.NoError(t, h.EndSessions(As(t.Context(), marco), marco.ID))
	})
}

func TestSweepForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		s := h.Sessions()
		keepSession(t, h, s, "old", mira.ID)
		keepSession(t, h, s, "ended", mira.ID)
		require.NoError(t, s.Delete("ended"))
		h.guess(t, "eve@example.org", "203.0.113.1")
		_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err)

		h.clock.Forward(12 * time.Hour)
		keepSession(t, h, s, "new", mira.ID)
		gone, err := h.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, gone)

		h.clock.Forward(12 * time.Hour)
		gone, err = h.Sweep(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2+5, gone, "two sessions; Eve's three tallies, Mira's account and her place")
		require.True(t, found(t, s, "new"))
		require.Equal(t, 1, storetest.Count(t, h.db, `SELECT count(*) FROM attempt`), "Mira is known at the office")
		h.clock.Forward(knownFor)
		gone, err = h.Sweep(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, gone)
	})
}

// The store in its place: behind scs, in a browser's way through it.
func TestABrowserSignsInAndOut(t *testing.T) {
	t.Parallel()
	a := New(Deps{DB: storetest.Open(t, "", nil), Weak: true})
	h := house{Access: a}
	h.setUp(t)
	manager := scs.New()
	manager.Store = a.Sessions()
	manager.Lifetime = 24 * time.Hour
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		agent, err := a.SignIn(r.Context(), miraMail, miraPassword, r.RemoteAddr)
		if err == nil {
			err = manager.RenewToken(r.Context())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		manager.Put(r.Context(), SessionAgent, string(agent.ID))
		manager.Put(r.Context(), "csrf", "another value")
	})
	mux.HandleFunc("/out", func(_ http.ResponseWriter, r *http.Request) { _ = manager.Destroy(r.Context()) })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		agent, err := a.Agent(r.Context(), hilft.AgentID(manager.GetString(r.Context(), SessionAgent)))
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(agent.Initials))
	})
	server := httptest.NewServer(manager.LoadAndSave(mux))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	get := func(path string) (int, string) {
		res, err := browser.Get(server.URL + path)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	status, _ := get("/who")
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = get("/in")
	require.Equal(t, http.StatusOK, status)
	_, who := get("/who")
	require.Equal(t, "MV", who)
	status, _ = get("/out")
	require.Equal(t, http.StatusOK, status)
	status, _ = get("/who")
	require.Equal(t, http.StatusUnauthorized, status)
}

func BenchmarkSessionRead(b *testing.B) {
	clock := storetest.NewClock()
	h := house{New(Deps{DB: storetest.Open(b, "", clock.Now)}), clock}
	mira, err := h.SetUp(b.Context(), Brand{Name: "Nordnetz", Language: "de"}, Administrator{Email: miraMail, Name: "Mira", Password: miraPassword})
	if err != nil {
		b.Fatal(err)
	}
	s := h.Sessions()
	keepSession(b, h, s, "token", mira.ID)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok, err := s.FindCtx(context.Background(), "token"); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// guess tries a wrong password.
func (h house) guess(t *testing.T, email, from string) error {
	t.Helper()
	_, err := h.SignIn(t.Context(), email, "something wrong", from)
	require.Error(t, err)
	return err
}

// lockedFor asserts that an error says how long to wait.
func lockedFor(t *testing.T, h house, err error, wait time.Duration) {
	t.Helper()
	failed(t, err, hilft.Unavailable, "session.locked")
	var locked *Locked
	require.ErrorAs(t, err, &locked)
	require.Equal(t, wait, locked.Until.Sub(h.clock.Now()))
}

func TestAnAgentSignsIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		got, err := h.SignIn(t.Context(), " MIRA.Vogel@nordnetz.example", miraPassword, office)
		require.NoError(t, err)
		require.Equal(t, mira, got)

		wrong := h.guess(t, miraMail, office)
		failed(t, wrong, hilft.Unauthenticated, "session.wrong")
		for _, stranger := range []string{"eve@example.org", "", "\x00", "no address", "\xff@b"} {
			require.Equal(t, wrong.Error(), h.guess(t, stranger, office).Error(), "the answer tells nobody who works here")
		}
		_, err = h.SignIn(t.Context(), miraMail, strings.Repeat("x", 1<<20), office)
		failed(t, err, hilft.Unauthenticated, "session.wrong")
		_, err = h.SignIn(t.Context(), miraMail, "", office)
		failed(t, err, hilft.Unauthenticated, "session.wrong")
	})
}

func TestWrongTriesHaveToWait(t *testing.T) {
	t.Parallel()
	for name, email := range map[string]string{"an agent": miraMail, "a stranger": "eve@example.org"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inHouse(t, func(t *testing.T, h house) {
				h.setUp(t)
				for range 5 {
					failed(t, h.guess(t, email, office), hilft.Unauthenticated, "session.wrong")
				}
				lockedFor(t, h, h.guess(t, email, office), 30*time.Second)
				h.clock.Forward(29 * time.Second)
				lockedFor(t, h, h.guess(t, email, office), time.Second)
				_, err := h.SignIn(t.Context(), email, miraPassword, office)
				lockedFor(t, h, err, time.Second) // the right one is not looked at either
				h.clock.Forward(time.Second)
				failed(t, h.guess(t, email, office), hilft.Unauthenticated, "session.wrong")
				lockedFor(t, h, h.guess(t, email, office), time.Minute)
			})
		})
	}
}

func TestSigningInBeginsAnew(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		for range 3 {
			for range 4 {
				h.guess(t, miraMail, office)
			}
			_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
			require.NoError(t, err)
		}
		for range 5 {
			h.guess(t, miraMail, office)
		}
		lockedFor(t, h, h.guess(t, miraMail, office), 30*time.Second)
		h.clock.Forward(30 * time.Second)
		_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err)
		failed(t, h.guess(t, miraMail, office), hilft.Unauthenticated, "session.wrong")
	})
}

func TestGuessingElsewhereKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err)

		for range 5 {
			h.guess(t, miraMail, "203.0.113.1")
		}
		lockedFor(t, h, h.guess(t, miraMail, "203.0.113.1"), 30*time.Second)
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, "198.51.100.7")
		require.NoError(t, err, "one place locks no other")

		for i := range 100 { // many places
			h.guess(t, miraMail, fmt.Sprintf("203.0.113.%d", 2+i))
		}
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, "198.51.100.8")
		failed(t, err, hilft.Unavailable, "session.locked")
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err, "where she has signed in before, she still does")
		h.clock.Forward(longestWait)
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, "198.51.100.8")
		require.NoError(t, err)
		h.clock.Forward(knownFor + time.Minute) // no place is known for ever
		for i := range 100 {
			h.guess(t, miraMail, fmt.Sprintf("203.0.113.%d", 2+i))
		}
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, office)
		failed(t, err, hilft.Unavailable, "session.locked")
	})
}

func TestOnePlaceTriesManyAccountsInVain(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		_, err := h.SignIn(t.Context(), miraMail, miraPassword, "2001:db8::1")
		require.NoError(t, err)
		for i := range 50 { // addresses of one network are one place
			failed(t, h.guess(t, fmt.Sprintf("agent%d@example.org", i), fmt.Sprintf("2001:db8::%x", i)), hilft.Unauthenticated, "session.wrong")
		}
		lockedFor(t, h, h.guess(t, "agent50@example.org", "2001:db8::9"), 30*time.Second)
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM attempt WHERE key = ?`, attemptOf("agent50@example.org", "2001:db8::9").pair),
			"a try that is not looked at leaves nothing")
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, "2001:db8::1")
		require.NoError(t, err)
	})
}

func TestManyTriesAtOnceGainNothing(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		var wg sync.WaitGroup
		errs := make([]error, 50)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.SignIn(t.Context(), miraMail, "something wrong", office) })
		}
		wg.Wait()
		looked := 0
		for _, err := range errs {
			if hilft.KindOf(err) == hilft.Unauthenticated {
				looked++
				continue
			}
			lockedFor(t, h, err, 30*time.Second)
		}
		require.Equal(t, 5, looked)
	})
}

func TestAttemptsKeepNoAddress(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		h.guess(t, miraMail, office)
		require.Equal(t, 3, storetest.Count(t, h.db, `SELECT count(*) FROM attempt WHERE length(key) = 64`))
		require.Equal(t, 3, storetest.Count(t, h.db, `SELECT count(*) FROM attempt`))
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM attempt WHERE key LIKE '%@%' OR key LIKE '%.%'`))
	})
}

func TestAHashIsRenewedAtSignIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		h.setUp(t)
		harder := argon{memory: 64, passes: 2, threads: 1}
		h.passwords = newPasswords(harder)
		h.guess(t, miraMail, office)
		hash := func() (s string) {
			require.NoError(t, h.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return tx.Row(ctx, `SELECT password FROM agent`, nil, &s)
			}))
			return s
		}
		require.Contains(t, hash(), "m=32,t=1,p=1")
		for range 2 {
			_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
			require.NoError(t, err)
			require.Contains(t, hash(), "m=64,t=2,p=1")
		}
	})
}

func TestAnAgentChangesTheirPassword(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		sessions := h.Sessions()
		keepSession(t, h, sessions, "hers", mira.ID)
		const next = "noch ein Leuchtturm"

		failed(t, h.ChangePassword(t.Context(), miraPassword, next, office), hilft.Unauthenticated, "session.missing")
		failed(t, h.ChangePassword(ctx, miraPassword, "kurz", office), hilft.Invalid, "password.short")
		failed(t, h.ChangePassword(ctx, miraPassword, "Nordnetz-2026", office), hilft.Invalid, "password.guessable")
		require.Equal(t, "old", failed(t, h.ChangePassword(ctx, "something wrong", next, office), hilft.Invalid, "password.wrong").Field)
		alive, err := sessions.Alive(ctx, "hers")
		require.NoError(t, err)
		require.True(t, alive)

		require.NoError(t, h.ChangePassword(ctx, miraPassword, next, office))
		alive, err = sessions.Alive(ctx, "hers")
		require.NoError(t, err)
		require.False(t, alive)
		_, err = h.SignIn(ctx, miraMail, miraPassword, office)
		failed(t, err, hilft.Unauthenticated, "session.wrong")
		_, err = h.SignIn(ctx, miraMail, next, office)
		require.NoError(t, err)

		for range 5 {
			failed(t, h.ChangePassword(ctx, "something wrong", miraPassword, office), hilft.Invalid, "password.wrong")
		}
		lockedFor(t, h, h.ChangePassword(ctx, next, miraPassword, office), 30*time.Second)
		_, err = h.SignIn(ctx, miraMail, next, office)
		require.NoError(t, err, "an open desk is no way to keep its agent out")
	})
}

func TestAnAdministratorHelpsWhoHasForgottenTheirPassword(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		administrator := As(t.Context(), mira)
		const marcoMail, next = "marco@example.org", "noch ein Leuchtturm"
		marco, err := h.AddAgent(administrator, Newcomer{Email: marcoMail, Name: "Marco", Password: "Kutter auf See 11", Brand: h.brand(t)})
		require.NoError(t, err)
		sessions := h.Sessions()
		keepSession(t, h, sessions, "his", marco.ID)

		failed(t, h.GivePassword(t.Context(), marco.ID, next), hilft.Unauthenticated, "session.missing")
		failed(t, h.GivePassword(As(t.Context(), marco), mira.ID, next), hilft.Forbidden, "access.administrator_only")
		failed(t, h.GivePassword(administrator, mira.ID, next), hilft.Conflict, "agent.password.self")
		failed(t, h.GivePassword(administrator, "nobody", next), hilft.NotFound, "agent.not_found")
		require.Equal(t, "password", failed(t, h.GivePassword(administrator, marco.ID, "kurz"), hilft.Invalid, "password.short").Field)
		failed(t, h.GivePassword(administrator, marco.ID, marcoMail), hilft.Invalid, "password.guessable")
		require.True(t, found(t, sessions, "his"))

		require.NoError(t, h.GivePassword(administrator, marco.ID, next))
		require.False(t, found(t, sessions, "his"))
		_, err = h.SignIn(t.Context(), marcoMail, next, office)
		require.NoError(t, err)
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err, "hers is as it was")

		require.NoError(t, h.CloseAgent(administrator, marco.ID))
		failed(t, h.GivePassword(administrator, marco.ID, next), hilft.NotFound, "agent.not_found")
	})
}

func TestASignInWaitsNoLongerThanItsRequest(t *testing.T) {
	t.Parallel()
	h := house{Access: New(Deps{DB: storetest.Open(t, "", nil)})}
	h.passwords = newPasswords(argonWeak)
	h.setUp(t)
	for range hashAtOnce {
		h.passwords.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := h.SignIn(ctx, miraMail, miraPassword, office)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func BenchmarkSignIn(b *testing.B) {
	a := New(Deps{DB: storetest.Open(b, "", nil)})
	if _, err := a.SetUp(b.Context(), Brand{Name: "Nordnetz", Language: "de"}, Administrator{Email: miraMail, Name: "Mira", Password: miraPassword}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.SignIn(b.Context(), miraMail, miraPassword, office); err != nil {
			b.Fatal(err)
		}
	}
}

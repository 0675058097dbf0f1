// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

const better = "zwölf Möwen auf dem Deich"

// change runs a statement in the database.
func (h house) change(t testing.TB, query string, args ...any) {
	t.Helper()
	require.NoError(t, h.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

func (h house) invites(t testing.TB, by Agent, email string) (Invitation, string) {
	t.Helper()
	i, err := h.Invite(As(t.Context(), by), Newcomer{Name: "Marco Klein", Email: email, Role: RoleAgent, Brand: h.brand(t)}, false)
	require.NoError(t, err)
	token, l, err := h.InvitationLink(As(t.Context(), by), i.ID)
	require.NoError(t, err)
	require.Equal(t, i.EndsAt, l.EndsAt)
	return i, token
}

func TestSomebodyIsInvitedAndJoins(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		i, token := h.invites(t, mira, " Marco@Example.org")
		require.Len(t, token, 43)
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM link WHERE hash = ?`, token), "the database does not know the token")
		all, err := h.Invitations(ctx)
		require.NoError(t, err)
		require.Equal(t, []Invitation{i}, all)
		require.Equal(t, inviteFor, i.EndsAt.Sub(i.MadeAt))

		for range 3 { // mail scanners open what they find
			l, err := h.Look(t.Context(), token, office)
			require.NoError(t, err)
			require.True(t, l.Sight.May(h.brand(t), Work))
			l.Sight = Sight{}
			require.Equal(t, Link{Kind: LinkInvite, Name: "Marco Klein", Email: "marco@example.org", EndsAt: i.EndsAt}, l)
		}
		failed(t, h.Reset(t.Context(), token, better, office), hilft.NotFound, "link.over")
		_, err = h.Join(t.Context(), token, "", "kurz", office)
		require.Equal(t, "password", failed(t, err, hilft.Invalid, "password.short").Field)
		_, err = h.Join(t.Context(), token, "", "marco@example.org", office)
		failed(t, err, hilft.Invalid, "password.guessable")
		marco, err := h.Join(t.Context(), token, "Marco K.", better, office)
		require.NoError(t, err)
		require.Equal(t, Agent{
			ID: marco.ID, Email: "marco@example.org", Name: "Marco K.", Initials: "MK", Role: RoleMember, Roles: map[hilft.BrandID]Role{h.brand(t): RoleAgent}, After: afterAtFirst, Language: "de", Scheme: SchemeAuto, MadeAt: h.clock.Now(),
		}, marco)
		_, err = h.Join(t.Context(), token, "", better, office)
		failed(t, err, hilft.NotFound, "link.over")
		_, err = h.SignIn(t.Context(), "marco@example.org", better, office)
		require.NoError(t, err)
		all, err = h.Invitations(ctx)
		require.NoError(t, err)
		require.Empty(t, all)
		_, err = h.Invite(ctx, Newcomer{Name: "Marco", Email: "marco@example.org", Brand: h.brand(t)}, false)
		failed(t, err, hilft.Conflict, "agent.email.taken")
	})
}

func TestAnInvitationEnds(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		over := func(token string) {
			t.Helper()
			_, err := h.Look(t.Context(), token, "198.51.100.7")
			failed(t, err, hilft.NotFound, "link.over")
			_, err = h.Join(t.Context(), token, "", better, "198.51.100.8")
			failed(t, err, hilft.NotFound, "link.over")
		}
		i, first := h.invites(t, mira, "marco@example.org")
		second, _, err := h.InvitationLink(ctx, i.ID)
		require.NoError(t, err)
		_, anew := h.invites(t, mira, "marco@example.org")
		over(first)
		over(second)
		_, _, err = h.InvitationLink(ctx, i.ID)
		failed(t, err, hilft.NotFound, "invitation.not_found")

		all, err := h.Invitations(ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
		marco, err := h.AddAgent(ctx, Newcomer{Name: "Otto", Email: "otto@example.org", Password: better, Brand: h.brand(t)})
		require.NoError(t, err)
		failed(t, h.Withdraw(As(t.Context(), marco), all[0].ID), hilft.Forbidden, "access.administrator_only")
		_, err = h.Invite(As(t.Context(), marco), Newcomer{Name: "X", Email: "x@example.org"}, false)
		failed(t, err, hilft.Forbidden, "access.administrator_only")
		require.NoError(t, h.Withdraw(ctx, all[0].ID))
		failed(t, h.Withdraw(ctx, all[0].ID), hilft.NotFound, "invitation.not_found")
		over(anew)

		_, late := h.invites(t, mira, "marco@example.org")
		h.clock.Forward(inviteFor)
		over(late)
		_, err = h.Sweep(t.Context())
		require.NoError(t, err)
		h.clock.Forward(inviteFor)
		_, err = h.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM invitation`)+storetest.Count(t, h.db, `SELECT count(*) FROM link`))
	})
}

func TestWhatIsNoTokenOpensNothing(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		h.invites(t, mira, "marco@example.org")
		for _, odd := range []string{"", " ", strings.Repeat("A", 43), strings.Repeat("A", 42), "\x00", "' OR 1=1 --", tokenHash("")} {
			_, err := h.Look(t.Context(), odd, "198.51.100.7")
			failed(t, err, hilft.NotFound, "link.over")
			failed(t, h.Reset(t.Context(), odd, better, "198.51.100.7"), hilft.NotFound, "link.over")
		}
		var locked *Locked
		for n := 0; locked == nil; n++ {
			_, err := h.Look(t.Context(), newToken(), "198.51.100.7")
			errors.As(err, &locked)
			require.Less(t, n, 100, "nobody stops the guessing")
		}
	})
}

func TestAResetIsGoodOnceAndForHalfAnHour(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		marco, err := h.AddAgent(ctx, Newcomer{Name: "Marco", Email: "marco@example.org", Password: miraPassword, Brand: h.brand(t)})
		require.NoError(t, err)
		make1 := func() string {
			t.Helper()
			token, _, err := h.ResetLink(ctx, marco.ID)
			require.NoError(t, err)
			return token
		}
		over := func(token string) {
			t.Helper()
			failed(t, h.Reset(t.Context(), token, better, "198.51.100.7"), hilft.NotFound, "link.over")
		}
		_, _, err = h.ResetLink(ctx, mira.ID)
		failed(t, err, hilft.Conflict, "agent.password.self")
		_, _, err = h.ResetLink(ctx, "nobody")
		failed(t, err, hilft.NotFound, "agent.not_found")
		_, _, err = h.ResetLink(As(t.Context(), marco), mira.ID)
		failed(t, err, hilft.Forbidden, "access.administrator_only")

		late := make1()
		h.clock.Forward(resetFor)
		over(late)

		first, second := make1(), make1()
		sessions := h.Sessions()
		keepSession(t, h, sessions, "a thief's", marco.ID)
		_, err = h.Join(t.Context(), first, "", better, office)
		failed(t, err, hilft.NotFound, "link.over")
		require.Equal(t, "password", failed(t, h.Reset(t.Context(), first, "kurz", office), hilft.Invalid, "password.short").Field)
		require.NoError(t, h.Reset(t.Context(), first, better, office))
		require.False(t, found(t, sessions, "a thief's"))
		over(first)
		over(second)
		_, err = h.SignIn(t.Context(), marco.Email, better, office)
		require.NoError(t, err)

		stale := make1()
		require.NoError(t, h.ChangePassword(As(t.Context(), marco), better, miraPassword, office))
		over(stale)
		closed := make1()
		require.NoError(t, h.CloseAgent(ctx, marco.ID))
		over(closed)
	})
}

func TestOfManyWhoUseOneLinkAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		i, first := h.invites(t, mira, "marco@example.org")
		second, _, err := h.InvitationLink(As(t.Context(), mira), i.ID)
		require.NoError(t, err)
		var in atomic.Int32
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				if _, err := h.Join(context.Background(), []string{first, second}[n%2], "", better, "192.0.2."+string(rune('1'+n))); err == nil {
					in.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, in.Load())
		require.Equal(t, 2, storetest.Count(t, h.db, `SELECT count(*) FROM agent`))
	})
}

// Whether anybody has an address shows in no answer, and nobody is flooded with mails.
func TestForgettingTellsNothing(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		orders := func() int { return storetest.Count(t, h.db, `SELECT count(*) FROM job WHERE kind = 'link'`) }
		for _, email := range []string{"nobody@example.org", "", "no address", miraMail, strings.ToUpper(miraMail)} {
			require.NoError(t, h.Forgotten(t.Context(), email, office))
		}
		require.Equal(t, 1, orders(), "and two at once are one")
		for from, email := range map[string]string{"198.51.100.9": "nobody@example.org", "198.51.100.10": miraMail} {
			for n := 1; ; n++ {
				err := h.Forgotten(t.Context(), email, from)
				if n > pairLimit.free {
					failed(t, err, hilft.Unavailable, "session.locked")
					break
				}
				require.NoError(t, err)
			}
		}
		h.change(t, `DELETE FROM job`)
		_, _, err := h.MakeLink(t.Context(), Errand{Agent: mira.ID})
		require.NoError(t, err)
		require.NoError(t, h.Forgotten(t.Context(), miraMail, "203.0.113.5"))
		require.Zero(t, orders(), "one was mailed just now")
		h.clock.Forward(resetEvery + time.Second)
		require.NoError(t, h.Forgotten(t.Context(), miraMail, "203.0.113.5"))
		require.Equal(t, 1, orders())
	})
}

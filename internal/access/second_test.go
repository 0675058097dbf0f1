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

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// app is the phone of somebody who has set the second step up.
type app struct {
	secret string
	clock  *storetest.Clock
}

func (p app) code(t testing.TB) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, p.clock.Now())
	require.NoError(t, err)
	return code
}

// withApp sets the second step up for somebody, and lets the half minute pass in which its code was used.
func (h house) withApp(t testing.TB, who Agent) (app, []string) {
	t.Helper()
	begun, err := h.BeginTOTP(As(t.Context(), who))
	require.NoError(t, err)
	p := app{begun.Secret, h.clock}
	codes, err := h.ConfirmTOTP(As(t.Context(), who), p.code(t))
	require.NoError(t, err)
	h.clock.Forward(time.Minute)
	return p, codes
}

// halfIn signs somebody in as far as the password goes.
func (h house) halfIn(t *testing.T) Half {
	t.Helper()
	_, err := h.SignIn(t.Context(), miraMail, miraPassword, office)
	failed(t, err, hilft.Unauthenticated, "session.second_step")
	half, ok := errors.AsType[*Half](err)
	require.True(t, ok)
	return *half
}

func TestTheSecondStepIsACodeOfTheApp(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		_, err := h.ConfirmTOTP(ctx, "123456")
		failed(t, err, hilft.Conflict, "second.totp.not_begun")
		dropped, err := h.BeginTOTP(ctx)
		require.NoError(t, err)
		begun, err := h.BeginTOTP(ctx)
		require.NoError(t, err)
		require.NotEqual(t, dropped.Secret, begun.Secret)
		require.Contains(t, begun.URI, begun.Secret)
		require.Contains(t, begun.URI, "issuer=hilft")
		_, err = h.ConfirmTOTP(ctx, app{dropped.Secret, h.clock}.code(t))
		failed(t, err, hilft.Invalid, "second.code.wrong")
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err, "as long as no code was seen, none is asked for")

		phone := app{begun.Secret, h.clock}
		used := phone.code(t)
		codes, err := h.ConfirmTOTP(ctx, used[:3]+" "+used[3:])
		require.NoError(t, err)
		require.Len(t, codes, 10)
		_, err = h.ConfirmTOTP(ctx, used)
		failed(t, err, hilft.Conflict, "second.totp.set")
		_, err = h.BeginTOTP(ctx)
		failed(t, err, hilft.Conflict, "second.totp.set")

		half := h.halfIn(t)
		_, err = h.SignInByCode(t.Context(), half, used, office)
		failed(t, err, hilft.Invalid, "second.code.wrong")
		h.clock.Forward(time.Minute)
		for _, wrong := range []string{"", "12345", "1234567", strings.Repeat("1", 64), "\x00", "abcdef"} {
			if wrong == phone.code(t) {
				continue
			}
			_, err = h.SignInByCode(t.Context(), half, wrong, "198.51.100."+string(rune('0'+len(wrong)%10)))
			failed(t, err, hilft.Invalid, "second.code.wrong")
		}
		code := phone.code(t)
		who, err := h.SignInByCode(t.Context(), half, code, office)
		require.NoError(t, err)
		require.Equal(t, mira, who)
		_, err = h.SignInByCode(t.Context(), half, code, office)
		failed(t, err, hilft.Invalid, "second.code.wrong")

		// A phone's clock may be half a minute off; more is too much, and what lies before a used code is used.
		h.clock.Forward(time.Minute)
		slow := phone.code(t)
		h.clock.Forward(totpSeconds * time.Second)
		_, err = h.SignInByCode(t.Context(), half, slow, office)
		require.NoError(t, err)
		late := phone.code(t)
		h.clock.Forward(2 * totpSeconds * time.Second)
		_, err = h.SignInByCode(t.Context(), half, late, office)
		failed(t, err, hilft.Invalid, "second.code.wrong")

		require.NoError(t, h.RemoveTOTP(ctx))
		require.NoError(t, h.RemoveTOTP(ctx), "twice is fine")
		_, err = h.SignIn(t.Context(), miraMail, miraPassword, office)
		require.NoError(t, err)
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM recovery`), "no code stands in for nothing")
	})
}

func TestOfManyWhoUseOneCodeAtOnceOneIsIn(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		phone, codes := h.withApp(t, h.setUp(t))
		half := h.halfIn(t)
		for _, code := range []string{phone.code(t), codes[3]} {
			var in atomic.Int32
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					if _, err := h.SignInByCode(context.Background(), half, code, "192.0.2."+string(rune('1'+i))); err == nil {
						in.Add(1)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, 1, in.Load())
		}
	})
}

func TestARecoveryCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		_, err := h.NewRecovery(ctx)
		failed(t, err, hilft.Conflict, "second.none")
		_, codes := h.withApp(t, mira)
		for _, code := range codes {
			require.Regexp(t, `^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`, code)
			for _, kept := range []string{code, strings.ReplaceAll(code, "-", "")} {
				require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM recovery WHERE hash LIKE ?`, "%"+kept+"%"))
			}
		}
		half := h.halfIn(t)
		_, err = h.SignInByCode(t.Context(), half, " "+strings.ToUpper(strings.ReplaceAll(codes[0], "-", "")), office)
		require.NoError(t, err)
		_, err = h.SignInByCode(t.Context(), half, codes[0], office)
		failed(t, err, hilft.Invalid, "second.code.wrong")
		second, err := h.Second(ctx)
		require.NoError(t, err)
		require.Equal(t, Second{Codes: true, Recovery: 9}, second)

		fresh, err := h.NewRecovery(ctx)
		require.NoError(t, err)
		_, err = h.SignInByCode(t.Context(), half, codes[1], office)
		failed(t, err, hilft.Invalid, "second.code.wrong")
		_, err = h.SignInByCode(t.Context(), half, fresh[9], office)
		require.NoError(t, err)
	})
}

func TestHalfASignInIsNotKeptForever(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		_, codes := h.withApp(t, mira)
		over := func(half Half, code string) {
			t.Helper()
			_, err := h.SignInByCode(t.Context(), half, code, office)
			failed(t, err, hilft.Unauthenticated, "session.half_over")
			_, err = h.SecondOfHalf(t.Context(), half)
			failed(t, err, hilft.Unauthenticated, "session.half_over")
		}
		over(Half{}, codes[0])
		old := h.halfIn(t)
		h.clock.Forward(halfFor)
		over(old, codes[0])

		before := h.halfIn(t)
		require.NoError(t, h.ChangePassword(As(t.Context(), mira), miraPassword, "zwölf Möwen auf dem Deich", office))
		over(before, codes[0])
	})
}

func TestGuessingCodesIsStopped(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		phone, _ := h.withApp(t, h.setUp(t))
		half := h.halfIn(t)
		wrong := "000000"
		if phone.code(t) == wrong {
			wrong = "000001"
		}
		for range pairLimit.free {
			_, err := h.SignInByCode(t.Context(), half, wrong, office)
			failed(t, err, hilft.Invalid, "second.code.wrong")
		}
		_, err := h.SignInByCode(t.Context(), half, phone.code(t), office)
		failed(t, err, hilft.Unavailable, "session.locked")
		h.clock.Forward(firstWait)
		_, err = h.SignInByCode(t.Context(), half, phone.code(t), office)
		require.NoError(t, err)
	})
}

func TestWhatIsAskedOfWhom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	both, administrators := []Role{RoleAdministrator, RoleAgent}, []Role{RoleAdministrator}
	for _, c := range []struct {
		role  Role
		here  time.Duration // how long they have been here
		has   Second
		roles []Role
		want  Asked
	}{
		{RoleAdministrator, 0, Second{}, administrators, AskedSoon},
		{RoleAdministrator, graceFor - time.Second, Second{}, administrators, AskedSoon},
		{RoleAdministrator, graceFor, Second{}, administrators, AskedNow},
		{RoleAdministrator, graceFor, Second{Recovery: 3}, administrators, AskedNow},
		{RoleAdministrator, graceFor, Second{Codes: true}, administrators, AskedNothing},
		{RoleAdministrator, graceFor, Second{Passkeys: 1}, administrators, AskedNothing},
		{RoleAgent, graceFor, Second{}, administrators, AskedNothing},
		{RoleAgent, 0, Second{}, both, AskedSoon},
		{RoleAgent, graceFor, Second{}, both, AskedNow},
	} {
		require.Equal(t, c.want, askedOf(Agent{Role: c.role, MadeAt: now.Add(-c.here)}, c.has, c.roles, now), c)
	}
}

func TestTheHouseSaysWhoNeedsASecondStep(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Brand: h.brand(t)})
		require.NoError(t, err)
		asks := func(who Agent) Asked {
			t.Helper()
			asked, err := h.AskedOf(t.Context(), who)
			require.NoError(t, err)
			return asked
		}
		roles, err := h.SecondRoles(t.Context())
		require.NoError(t, err)
		require.Equal(t, []Role{RoleAdministrator}, roles)
		require.Equal(t, AskedNothing, asks(marco))
		failed(t, h.SetSecondRoles(As(t.Context(), marco), nil), hilft.Forbidden, "access.administrator_only")
		failed(t, h.SetSecondRoles(ctx, []Role{"janitor"}), hilft.Invalid, "agent.role.unknown")
		require.NoError(t, h.SetSecondRoles(ctx, []Role{RoleAgent, RoleAgent}))
		roles, err = h.SecondRoles(t.Context())
		require.NoError(t, err)
		require.Equal(t, []Role{RoleAdministrator, RoleAgent}, roles, "administrators always must")
		require.Equal(t, AskedSoon, asks(marco))
		h.clock.Forward(graceFor)
		require.Equal(t, AskedNow, asks(marco))
		h.withApp(t, marco)
		require.Equal(t, AskedNothing, asks(marco))
		require.NoError(t, h.SetSecondRoles(ctx, nil))
		require.Equal(t, AskedNow, asks(mira))
	})
}

func TestAnAdministratorTakesAwayALostSecondStep(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Brand: h.brand(t)})
		require.NoError(t, err)
		h.withApp(t, marco)
		_, hers := h.withApp(t, mira)
		sessions := h.Sessions()
		keepSession(t, h, sessions, "on the lost phone", marco.ID)

		failed(t, h.RemoveSecond(As(t.Context(), marco), mira.ID), hilft.Forbidden, "access.administrator_only")
		failed(t, h.RemoveSecond(ctx, mira.ID), hilft.Conflict, "second.self")
		failed(t, h.RemoveSecond(ctx, "nobody"), hilft.NotFound, "agent.not_found")
		require.NoError(t, h.RemoveSecond(ctx, marco.ID))
		_, err = h.SignIn(t.Context(), marco.Email, miraPassword, office)
		require.NoError(t, err)
		require.False(t, found(t, sessions, "on the lost phone"))
		_, err = h.SignInByCode(t.Context(), h.halfIn(t), hers[0], office)
		require.NoError(t, err, "nobody else lost anything")
		require.NoError(t, h.db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			var subject, by string
			err := tx.Row(ctx, `SELECT subject, agent_id FROM event WHERE kind = ?`, []any{hilft.EventSecondRemoved}, &subject, &by)
			require.Equal(t, []string{string(marco.ID), string(mira.ID)}, []string{subject, by})
			return err
		}))
	})
}

func TestAProofIsThePasswordOnceMore(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		ctx := As(t.Context(), h.setUp(t))
		failed(t, h.Prove(t.Context(), miraPassword, office), hilft.Unauthenticated, "session.missing")
		for range pairLimit.free {
			failed(t, h.Prove(ctx, "not the right one", office), hilft.Invalid, "password.wrong")
		}
		failed(t, h.Prove(ctx, miraPassword, office), hilft.Unavailable, "session.locked")
		h.clock.Forward(firstWait)
		require.NoError(t, h.Prove(ctx, miraPassword, office))
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store/storetest"
)

func TestATokenIsGoodForItsAgentUntilItEnds(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		_, _, err := h.MakeToken(t.Context(), "x", []Scope{ScopeRead}, time.Hour)
		failed(t, err, hilft.Unauthenticated, "session.missing")
		secret, made, err := h.MakeToken(ctx, " Auswertung ", []Scope{ScopeWork, ScopeRead, ScopeRead}, time.Hour)
		require.NoError(t, err)
		require.Equal(t, Token{ID: made.ID, Agent: mira.ID, Name: "Auswertung", Scopes: []Scope{ScopeRead, ScopeWork}, MadeAt: h.clock.Now(), EndsAt: h.clock.Now().Add(time.Hour)}, made)
		require.True(t, made.May(ScopeWork))
		require.False(t, made.May(ScopeReply))
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM token WHERE hash = ?`, secret), "the database does not know the secret")

		who, got, err := h.ByToken(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, mira, who)
		require.Equal(t, made, got)
		h.clock.Forward(59 * time.Second)
		_, got, err = h.ByToken(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, made.MadeAt, got.UsedAt, "exact to a minute")
		all, err := h.Tokens(ctx)
		require.NoError(t, err)
		require.Equal(t, []Token{got}, all)

		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco", Password: miraPassword, Brand: h.brand(t)})
		require.NoError(t, err)
		failed(t, h.EndToken(As(t.Context(), marco), made.ID), hilft.NotFound, "token.not_found")
		_, _, err = h.MakeToken(As(t.Context(), marco), "x", []Scope{ScopeAdminister}, time.Hour)
		failed(t, err, hilft.Forbidden, "access.administrator_only")
		h.clock.Forward(time.Hour - 59*time.Second)
		_, _, err = h.ByToken(t.Context(), secret)
		failed(t, err, hilft.Unauthenticated, "token.wrong")
		alive, err := h.TokenAlive(t.Context(), made.ID)
		require.NoError(t, err)
		require.False(t, alive)
		_, err = h.Sweep(t.Context())
		require.NoError(t, err)
		require.Zero(t, storetest.Count(t, h.db, `SELECT count(*) FROM token`))
	})
}

func TestNobodyHasEndlessTokens(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		ctx := As(t.Context(), h.setUp(t))
		for range tokensMost {
			_, _, err := h.MakeToken(ctx, "x", []Scope{ScopeRead}, time.Hour)
			require.NoError(t, err)
		}
		_, _, err := h.MakeToken(ctx, "x", []Scope{ScopeRead}, time.Hour)
		failed(t, err, hilft.Conflict, "token.too_many")
	})
}

func BenchmarkByToken(b *testing.B) {
	clock := storetest.NewClock()
	h := house{New(Deps{DB: storetest.Open(b, "", clock.Now)}), clock}
	mira, err := h.SetUp(b.Context(), Brand{Name: "Nordnetz", Language: "de"}, Administrator{Email: miraMail, Name: "Mira", Password: miraPassword})
	if err != nil {
		b.Fatal(err)
	}
	secret, _, err := h.MakeToken(As(b.Context(), mira), "x", []Scope{ScopeRead}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := h.ByToken(b.Context(), secret); err != nil {
				b.Fatal(err)
			}
		}
	})
}

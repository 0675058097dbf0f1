// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

func TestAnAgentWorksInTheirOwnWay(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		require.Empty(t, mira.Keys)
		require.Equal(t, After{Solve: ThenNext, Send: ThenStay, SendSolve: ThenNext}, mira.After)

		changed, err := h.Change(ctx, Changes{Keys: Shortcuts{"assign": "w", "reply": "u\u0308", "solve": "", "note": ""}, After: &After{ThenList, ThenNext, ThenStay}, Toured: true})
		require.NoError(t, err)
		require.Equal(t, Shortcuts{"assign": "w", "reply": "ü", "solve": "", "note": ""}, changed.Keys)
		toured := h.clock.Now()
		require.Equal(t, toured, changed.TouredAt)
		kept, err := h.Agent(ctx, mira.ID)
		require.NoError(t, err)
		require.Equal(t, changed, kept)

		h.clock.Forward(time.Hour)
		again, err := h.Change(ctx, Changes{Toured: true, Language: new("en")})
		require.NoError(t, err)
		require.Equal(t, toured, again.TouredAt, "who was shown around stays so")
		require.Equal(t, changed.Keys, again.Keys)

		back, err := h.Change(ctx, Changes{Keys: Shortcuts{}})
		require.NoError(t, err)
		require.Nil(t, back.Keys, "all keys are the desk's again")
		require.Equal(t, changed.After, back.After)
	})
}

func TestAKeyIsOneCharacterForOneAct(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a", "A", "ß", "?", "#", "é", "7", "и"} {
		_, err := Shortcuts{"assign": key}.check()
		require.NoError(t, err, "%q", key)
	}
	for _, key := range []string{"ab", " ", "\u00a0", "\n", "\x00", "\u200b", "\u0301", "\ufffd", "Enter", "\xff"} {
		_, err := Shortcuts{"assign": key}.check()
		require.Equal(t, "keys", failed(t, err, hilft.Invalid, "agent.keys.invalid").Field, "%q", key)
	}
	for _, act := range []string{"", "a b", "ä", "a.b", strings.Repeat("a", 41)} {
		_, err := Shortcuts{act: "x"}.check()
		failed(t, err, hilft.Invalid, "agent.keys.invalid")
	}
	_, err := Shortcuts{"assign": "ü", "reply": "u\u0308"}.check()
	failed(t, err, hilft.Invalid, "agent.keys.twice")

	many := Shortcuts{}
	for i := range shortcutsMost + 1 {
		many[strings.Repeat("a", i%40+1)+strings.Repeat("b", i/40)] = ""
	}
	require.Len(t, many, shortcutsMost+1)
	_, err = many.check()
	failed(t, err, hilft.Invalid, "agent.keys.invalid")
	require.Equal(t, "after", failed(t, After{Solve: ThenNext, Send: "away", SendSolve: ThenNext}.check(), hilft.Invalid, "agent.after.unknown").Field)
}

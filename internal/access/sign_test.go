// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

func TestInitialsOfNamesFromEverywhere(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Jörg van der Ähre":        "JÄ",
		"Cher":                     "CH",
		"X":                        "X",
		"Lena 👩🏽‍💻 Marx":           "LM",
		"👩🏽‍💻":                     "?",
		"山田 太郎":                    "山太",
		"李":                        "李",
		"דנה לוי":                  "דל",
		"\u202bדנה לוי\u202c":      "דל",
		"محمد علي":                 "مع",
		"हिन्दी नाम":               "हम",
		"O’Neill-Ünal III.":        "OI",
		"ßtraße":                   "ßT",
		"\u200b":                   "?",
		strings.Repeat("ä ", 1000): "ÄÄ",
	} {
		require.Equal(t, want, initials(cleanName(name), func(string) bool { return false }), "%q", name)
	}
	taken := map[string]bool{}
	for i := range 100 {
		s := initials("Mo Vo", func(s string) bool { return taken[s] })
		require.False(t, taken[s], "the %dth: %s", i, s)
		require.LessOrEqual(t, utf8.RuneCountInString(s), 3)
		taken[s] = true
	}
}

func TestRepliesAreSignedAsTheBrandDecides(t *testing.T) {
	t.Parallel()
	b := Brand{Letters: Letters{SignsPublic: "initials", SignsPrivate: "name"}}
	lena := Agent{ID: "l", Name: "Lena Marx", Initials: "LM"}
	require.Equal(t, "^LM", b.Sign(lena, hilft.Public, true))
	require.Equal(t, "^Lena", b.Sign(lena, hilft.Private, true))
	require.Equal(t, "^Lena", b.Sign(lena, hilft.Public, false), "who shares initials does not sign with them")
	lena.SignsAs = "Leni"
	require.Equal(t, "^Leni", b.Sign(lena, hilft.Private, true))
	require.Empty(t, b.Sign(Agent{}, hilft.Public, true), "hilft by itself is nobody")
	require.Empty(t, Brand{}.Sign(lena, hilft.Public, true))
	for name, want := range map[string]string{"👩🏽‍💻 Lena Marx": "Lena", "דנה לוי": "דנה", strings.Repeat("x", 100): strings.Repeat("x", 20), "?": "?"} {
		require.Equal(t, want, firstName(name))
	}
	for _, bad := range []string{strings.Repeat("x", 10_000), "!!", "👩🏽‍💻"} {
		_, err := checkSignsAs(bad)
		failed(t, err, hilft.Invalid, "agent.signs_as.invalid")
	}
}

func TestNoTwoHaveTheSameInitials(t *testing.T) {
	t.Parallel()
	inHouse(t, func(t *testing.T, h house) {
		mira := h.setUp(t)
		ctx := As(t.Context(), mira)
		marco, err := h.AddAgent(ctx, Newcomer{Email: "marco@example.org", Name: "Marco Vidal", Password: "ein langes Wort voran", Brand: h.brand(t)})
		require.NoError(t, err)
		own := func(initials string) error {
			_, err := h.Change(As(t.Context(), marco), Changes{Initials: new(initials)})
			return err
		}
		require.Equal(t, "initials", failed(t, own("mv"), hilft.Conflict, "agent.initials.taken").Field)
		require.NoError(t, own("mvi"))
		require.NoError(t, own("MVI"), "one's own")
		// Both want the same at once.
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { errs[0] = own("QQ") })
		wg.Go(func() { _, errs[1] = h.Change(ctx, Changes{Initials: new("QQ")}) })
		wg.Wait()
		require.NotEqual(t, errs[0] == nil, errs[1] == nil, "one of them: %v", errs)
		require.NoError(t, h.CloseAgent(ctx, marco.ID))
		_, err = h.Change(ctx, Changes{Initials: new("MVI")})
		require.NoError(t, err, "who has left needs none")
	})
}

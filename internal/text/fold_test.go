// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package text_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/hilft/hilft/internal/text"
)

func TestTheSameWordIsWrittenInManyWays(t *testing.T) {
	t.Parallel()
	for folded, written := range map[string][]string{
		"stoerung":          {"Störung", "stoerung", "STÖRUNG", "Sto\u0308rung", "»Störung«", "Stö\u00adrung"},
		"strasse":           {"Straße", "Strasse", "STRASSE", "STRAẞE"},
		"cafe creme":        {"Café crème", "CAFE CREME", "Cafe\u0301 Crème"},
		"ersatzverkehr s 1": {"Ersatzverkehr (S-1)", "ersatzverkehr, s/1"},
		"4711 12 50":        {"#4711: 12,50 €", "4711 12.50"},
		"ada chaos social":  {"@ada@chaos.social"},
		"ελλασ":             {"ΕΛΛΑΣ", "Ελλάς"},
		"fi":                {"ﬁ"},
		"":                  {"", " – ", "🎉🎉", "\xff\xfe"},
	} {
		for _, w := range written {
			require.Equal(t, folded, text.Fold(w), w)
		}
	}
	require.Equal(t, "storung", text.Bare(text.Fold("Störung")))
}

func TestFoldingIsOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-ZäöüÄÖÜßéñçåøłŞİıΣς0-9 .,\-]{0,60}`)).Draw(t, "s")
		once := text.Fold(s)
		require.Equal(t, once, text.Fold(once))
		last := 0
		text.Words(s, func(word []byte, from, to int) {
			require.True(t, last <= from && from < to && to <= len(s), "where it stands")
			require.NotEmpty(t, word)
			require.True(t, utf8.Valid(word))
			require.Equal(t, string(word), text.Fold(s[from:to]))
			last = to
		})
	})
}

func TestItDoesNotMatterHowLettersAreComposed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-ZäöüÄÖÜßéèñçåžşğ0-9 ]{0,60}`).Draw(t, "s")
		require.Equal(t, text.Fold(s), text.Fold(norm.NFD.String(s)))
	})
}

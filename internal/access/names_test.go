// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/hilft/hilft"
)

func TestNamesAreWhatCanBeSeen(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Mira Vogel":                 "Mira Vogel",
		"  Mira \t\n Vogel ":         "Mira Vogel",
		"Jo\u0308rg":                 "Jörg",
		"Mira\u202eenola":            "Miraenola",
		"\ufeffMi\u200bra\u200d\x00": "Mira",
		"Mira\u00a0\u2003Vogel":      "Mira Vogel",
		"Mi\xffra":                   "Mira",
		"\u2066Mira\u2069":           "Mira",
		"Mira\u3164\u115f\ufe0f":     "Mira",
		"山田 太郎":                      "山田 太郎",
		"O’Neill-Ünal III.":          "O’Neill-Ünal III.",
	} {
		require.Equal(t, want, cleanName(in), "%q", in)
	}
	name, err := checkName(strings.Repeat("ä", 100), "agent.name")
	require.NoError(t, err)
	require.Equal(t, 100, utf8.RuneCountInString(name))
	_, err = checkName(strings.Repeat("ä", 101), "agent.name")
	require.Equal(t, "name", failed(t, err, hilft.Invalid, "agent.name.long").Field)
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"Mira Vogel", "Jo\u0308rg", "\u202e\u200b", "a\u0345\u0301\u034f\u0308", "\xff\xfe", "\u1112\u1161\u11ab", "e\u200d\u0301", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanName(s)
		if again := cleanName(got); again != got {
			t.Fatalf("cleaning twice changes: %+q, then %+q", got, again)
		}
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Fatalf("not composed UTF-8: %+q", got)
		}
		for _, r := range got {
			if unicode.Is(unicode.C, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.IsSpace(r) && r != ' ' {
				t.Fatalf("%U stayed in %+q", r, got)
			}
		}
		if name, err := checkName(s, "agent.name"); err == nil && (name == "" || utf8.RuneCountInString(name) > nameMost) {
			t.Fatalf("taken: %+q", name)
		}
		if s := initials(got, func(string) bool { return true }); s == "" || utf8.RuneCountInString(s) > 3 {
			t.Fatalf("initials %q of %q", s, got)
		}
	})
}

func TestMailAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		" Mira.Vogel@Nordnetz.Example ": miraMail,
		"a@b":                           "a@b",
		"o'neill+desk@mail.example":     "o'neill+desk@mail.example",
		"jo\u0308rg@münchen.example":    "jörg@münchen.example",
	} {
		got, ok := mailAddress(in)
		require.True(t, ok, in)
		require.Equal(t, want, got)
	}
	for _, in := range []string{
		"", "@", "mira", "mira@", "@b", "a@b@c", "a b@c", "a@b c", "a@.b", "a@b.", "a@b..c", "a@-b", "a@b-", "a@b_c", "a\x00@b", "a@b\x00",
		"a\u200b@b", "a\u202e@b", "a\u3164@b", "<a@b>", "a,c@b", "a\xff@b", strings.Repeat("a", 65) + "@b", "a@" + strings.Repeat("b.", 130) + "c",
	} {
		_, ok := mailAddress(in)
		require.False(t, ok, "%q", in)
	}
}

func FuzzMailAddress(f *testing.F) {
	f.Add("Mira@Example.org")
	f.Add("a@b@c\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := mailAddress(s)
		if !ok {
			return
		}
		if again, ok := mailAddress(got); !ok || again != got {
			t.Fatalf("%+q became %+q, then %+q", s, got, again)
		}
		if strings.Count(got, "@") != 1 || strings.ContainsFunc(got, unicode.IsControl) || len(got) > 254 {
			t.Fatalf("taken: %+q", got)
		}
	})
}

func TestInitialsTellColleaguesApart(t *testing.T) {
	t.Parallel()
	taken := map[string]bool{}
	give := func(name string) string {
		s := initials(name, func(s string) bool { return taken[s] })
		taken[s] = true
		return s
	}
	var got []string
	for _, name := range []string{"Mira Vogel", "Marco Vidal", "Mo Vo", "mo vo", "Özgür", "Jan-Ole von Berg", "李 雷", "X", "X"} {
		got = append(got, give(name))
	}
	require.Equal(t, []string{"MV", "MI", "MO", "MV2", "ÖZ", "JB", "李雷", "X", "X2"}, got)

	own, err := checkInitials(" m\u200bö ")
	require.NoError(t, err)
	require.Equal(t, "MÖ", own)
	for _, bad := range []string{"", "ABCD", "A B", "!?", "\u200b"} {
		_, err := checkInitials(bad)
		failed(t, err, hilft.Invalid, "agent.initials.invalid")
	}
}

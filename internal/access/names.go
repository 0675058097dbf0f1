// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hilft/hilft"
)

// nameMost is how many characters a name may have.
const nameMost = 100

// spoken tells whether the house speaks a language.
func spoken(language string) bool { return language == "de" || language == "en" }

// cleanName makes a name one line of what can be seen: composed (NFC), single spaces, without control, zero-width and
// direction characters, with which one name can be made to look like another. Cleaning twice changes nothing.
func cleanName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.In(r, unicode.Z):
			return ' '
		case unicode.In(r, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// checkName cleans a name and refuses one without a letter or digit, or too long; what is the prefix of message key
// and field ("agent.name" is the field "name", as is that of a passkey or a token; "brand.name" the field "brand.name").
func checkName(s, what string) (string, error) {
	field := what
	if of, own, _ := strings.Cut(what, "."); of != "brand" {
		field = own
	}
	s = cleanName(s)
	if !strings.ContainsFunc(s, letterOrDigit) {
		return "", hilft.FailField(hilft.Invalid, what+".empty", field, nil)
	}
	if utf8.RuneCountInString(s) > nameMost {
		return "", hilft.FailField(hilft.Invalid, what+".long", field, nil)
	}
	return s, nil
}

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// mailAddress makes an address comparable, and tells whether it can be one at all: it knows no more of the rules of
// mail than keeps mistakes and tricks out, because only a mail that arrives proves an address.
func mailAddress(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 {
		return "", false
	}
	for _, r := range local {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
			strings.ContainsRune(`@"(),:;<>[\]`, r) {
			return "", false
		}
	}
	for _, label := range strings.Split(domain, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", false
		}
		for _, r := range label {
			if !letterOrDigit(r) && r != '-' && !unicode.In(r, unicode.Mn, unicode.Mc) {
				return "", false
			}
		}
	}
	return s, true
}

// initials are two letters that stand for a name, others where those are taken: Mira Vogel is MV, or MO, MG, … or MV2.
func initials(name string, taken func(string) bool) string {
	var words [][]rune
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !letterOrDigit(r) }) {
		words = append(words, []rune(strings.ToUpper(w)))
	}
	if len(words) == 0 {
		return "?"
	}
	first, rest := words[0][:1], words[0][1:]
	if len(words) > 1 {
		rest = words[len(words)-1]
	}
	plain := string(first)
	if len(rest) > 0 {
		plain += string(rest[0])
	}
	if !taken(plain) {
		return plain
	}
	for i := 1; i < len(rest); i++ {
		if s := string(first) + string(rest[i]); !taken(s) {
			return s
		}
	}
	for n := 2; n <= 9; n++ {
		if s := plain + strconv.Itoa(n); !taken(s) {
			return s
		}
	}
	for n := 10; n <= 99; n++ {
		if s := string(first) + strconv.Itoa(n); !taken(s) {
			return s
		}
	}
	return plain
}

// checkInitials takes the agent's own: one to three letters or digits.
func checkInitials(s string) (string, error) {
	s = strings.ToUpper(cleanName(s))
	n := utf8.RuneCountInString(s)
	if n < 1 || n > 3 || strings.ContainsFunc(s, func(r rune) bool { return !letterOrDigit(r) }) {
		return "", hilft.FailField(hilft.Invalid, "agent.initials.invalid", "initials", nil)
	}
	return s, nil
}

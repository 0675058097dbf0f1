// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	_ "embed"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hilft/hilft"
)

const (
	passwordLeast = 12  // characters
	passwordMost  = 256 // bytes
	partLeast     = 4   // characters of a word that may not make up a password
)

// Words and rows of keys that people choose first, one a line, lower case.
//
//go:embed common.txt
var commonText string

var common = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(commonText) {
		words[word] = true
	}
	return words
}()

// checkPassword refuses what is too short, too long, among the first that are tried, or made of what is known about
// its owner (address, name, brand), with or without digits and signs around it.
func checkPassword(password, email string, words ...string) error {
	password = norm.NFC.String(password)
	no := func(why string) error { return hilft.FailField(hilft.Invalid, "password."+why, "password", nil) }
	if utf8.RuneCountInString(password) < passwordLeast {
		return no("short")
	}
	if len(password) > passwordMost {
		return no("long")
	}
	folded := strings.ToLower(password)
	core := letters(folded)
	if common[folded] || common[core] || predictable(folded) || predictable(core) {
		return no("common")
	}
	if folded == email {
		return no("guessable")
	}
	local, domain, _ := strings.Cut(email, "@")
	for _, word := range append([]string{email, local, domain}, words...) {
		word = letters(strings.ToLower(word))
		if utf8.RuneCountInString(word) >= partLeast && made(core, word) {
			return no("guessable")
		}
	}
	return nil
}

// letters is what is left of a word without its digits, signs and spaces.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 128 && (r < 'a' || r > 'z') {
			return -1
		}
		return r
	}, s)
}

// made tells that s is nothing but repetitions of word.
func made(s, word string) bool { return s != "" && strings.ReplaceAll(s, word, "") == "" }

// predictable tells that s is a short piece repeated (abcabcabcabc), or a row of characters up or down (123456789012).
func predictable(s string) bool {
	r := []rune(s)
	if len(r) < partLeast {
		return false
	}
	for piece := 1; piece <= 6 && piece*2 <= len(r); piece++ {
		if made(s, string(r[:piece])) {
			return true
		}
	}
	for _, step := range []rune{1, -1} {
		row := true
		for i := 1; i < len(r) && row; i++ {
			row = r[i]-r[i-1] == step || r[i-1] == '9' && r[i] == '0' || r[i-1] == '0' && r[i] == '9'
		}
		if row {
			return true
		}
	}
	return false
}

// checkPasswordOf is checkPassword with what is known of one agent and of our brands.
func (a *Access) checkPasswordOf(ctx context.Context, password string, who Agent) error {
	words := []string{who.Name}
	brands, err := a.Brands(ctx)
	if err != nil {
		return err
	}
	for _, b := range brands {
		words = append(words, b.Name)
	}
	return checkPassword(password, who.Email, words...)
}

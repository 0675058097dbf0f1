// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// wordMost bounds a folded word in bytes: what is longer is an address or noise, and found by its beginning.
const wordMost = 64

// Words calls each for every word of s in its order: folded, and where it stands in s, in bytes. A word is a row of letters
// and digits. The folded word is only good until each returns.
func Words(s string, each func(word []byte, from, to int)) {
	var room [wordMost + utf8.UTFMax]byte
	word := room[:0]
	from := -1 // where the word began; -1: we are between words
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			case 'A' <= c && c <= 'Z':
				c += 'a' - 'A'
			default:
				if len(word) > 0 {
					each(word, from, i)
				}
				word, from = room[:0], -1
				i++
				continue
			}
			if from < 0 {
				from = i
			}
			if len(word) < wordMost {
				word = append(word, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case hyphenates(r) && from >= 0: // shows nothing, and does not part a word
		case belongs(r):
			if from < 0 {
				from = i
			}
			word = fold(word, r)
		default:
			if len(word) > 0 {
				each(word, from, i)
			}
			word, from = room[:0], -1
		}
		i += size
	}
	if len(word) > 0 {
		each(word, from, len(s))
	}
}

// Fold is the words of s, folded, with one space between them.
func Fold(s string) string {
	var b strings.Builder
	Words(s, func(word []byte, _, _ int) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.Write(word)
	})
	return b.String()
}

// Bare is a folded word as somebody writes it who leaves off the dots of its umlauts: storung for stoerung. Words that
// never had an umlaut may become others by it, so it is for finding, not for telling apart.
func Bare(word string) string { return bare.Replace(word) }

var bare = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// diaeresis is what makes an umlaut of the letter before it, where it is written by itself.
const diaeresis = '\u0308'

func belongs(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r)
}

func hyphenates(r rune) bool { return r == '\u00ad' || '\u200b' <= r && r <= '\u200d' || r == '\ufeff' }

// fold adds what a letter becomes.
func fold(word []byte, r rune) []byte {
	if len(word) >= wordMost {
		return word
	}
	if as, ok := written(r); ok {
		return append(word, as...)
	}
	for _, r := range norm.NFKD.String(string(r)) {
		if r == diaeresis && len(word) > 0 && strings.IndexByte("aou", word[len(word)-1]) >= 0 {
			word = append(word, 'e')
			continue
		}
		if unicode.Is(unicode.Mn, r) || !belongs(r) {
			continue
		}
		r = lower(r)
		if as, ok := written(r); ok { // a small raised ð is one as well
			word = append(word, as...)
		} else {
			word = utf8.AppendRune(word, r)
		}
	}
	return word
}

// written is how a letter is written by those who do not have it on their keyboard.
func written(r rune) (as string, ok bool) {
	switch r {
	case 'ä', 'Ä', 'æ', 'Æ':
		return "ae", true
	case 'ö', 'Ö', 'ø', 'Ø', 'œ', 'Œ':
		return "oe", true
	case 'ü', 'Ü':
		return "ue", true
	case 'ß', 'ẞ':
		return "ss", true
	case 'ł', 'Ł':
		return "l", true
	case 'đ', 'Đ', 'ð', 'Ð':
		return "d", true
	case 'ı':
		return "i", true
	}
	return "", false
}

// lower is a letter in lower case, of which Greek has two for one.
func lower(r rune) rune {
	if r = unicode.ToLower(r); r == 'ς' {
		return 'σ'
	}
	return r
}

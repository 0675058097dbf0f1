// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hilft/hilft/internal/text"
)

// Snippet is a part of a text around what was found in it.
type Snippet struct {
	Text  string
	Marks []Mark // ascending, apart from each other
}

// Mark is what is to be marked of a text: from a place to before another, as browsers count, in UTF-16 units.
type Mark struct{ From, To int }

// word is a word of a text.
type word struct {
	folded   string
	from, to int
}

func wordsOf(s string) []word {
	var all []word
	text.Words(s, func(w []byte, from, to int) { all = append(all, word{string(w), from, to}) })
	return all
}

// within tells whether a word of a text is one that a question asks for without quotation marks.
func (t Term) within(folded string) bool {
	w := t.Words[0]
	switch {
	case folded == w:
		return true
	case t.Exact:
		return false
	case t.Begins && strings.HasPrefix(folded, w):
		return true
	}
	return parts(w) && holds(folded, w)
}

// parts tells whether a word is found within others.
func parts(w string) bool {
	return utf8.RuneCountInString(w) >= gramSize && !strings.ContainsAny(w, "0123456789")
}

// holds tells whether a folded word has another within it, also where one of them leaves off the dots of its umlauts.
func holds(folded, w string) bool {
	return strings.Contains(folded, w) || strings.Contains(text.Bare(folded), text.Bare(w))
}

// find finds a term among the words of a text: the first and the last word of each place.
func (t Term) find(words []word) [][2]int {
	var found [][2]int
	for i := range words {
		if len(t.Words) == 1 {
			if t.within(words[i].folded) {
				found = append(found, [2]int{i, i})
			}
			continue
		}
		k := 0
		for k < len(t.Words) && i+k < len(words) && words[i+k].folded == t.Words[k] {
			k++
		}
		if k == len(t.Words) {
			found = append(found, [2]int{i, i + k - 1})
		}
	}
	return found
}

const (
	snippetMost   = 200 // letters
	snippetBefore = 50  // of them before the first place
)

// snippet is the part of a text with the first of these places, which ascend, in bytes; without any it is how it begins.
func snippet(s string, places [][2]int) Snippet {
	begin := 0
	if len(places) > 0 {
		begin = places[0][0]
		for n := 0; begin > 0 && n < snippetBefore; n++ {
			_, size := utf8.DecodeLastRuneInString(s[:begin])
			begin -= size
		}
		if begin > 0 { // with a whole word
			if i := strings.IndexFunc(s[begin:places[0][0]], unicode.IsSpace); i >= 0 {
				begin += i
			}
		}
	}
	var b strings.Builder
	var sn Snippet
	units, letters, space, next := 0, 0, true, 0
	add := func(r rune) {
		b.WriteRune(r)
		letters++
		if units++; r > 0xffff {
			units++
		}
	}
	if begin > 0 {
		add('…')
		space = false
	}
	for next < len(places) && places[next][0] < begin {
		next++
	}
	from := -1
	for i, r := range s[begin:] {
		at := begin + i
		if from >= 0 && at >= places[next][1] {
			sn.Marks = append(sn.Marks, Mark{from, units})
			from = -1
			for next++; next < len(places) && places[next][0] < at; next++ {
			}
		}
		if letters >= snippetMost {
			if from < 0 {
				add('…')
				break
			}
			if letters >= 2*snippetMost { // a word without an end
				break
			}
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			if !space {
				add(' ')
			}
			space = true
			continue
		}
		if next < len(places) && from < 0 && at == places[next][0] {
			from = units
		}
		space = false
		add(r)
	}
	if from >= 0 {
		sn.Marks = append(sn.Marks, Mark{from, units})
	}
	sn.Text = strings.TrimRight(b.String(), " ")
	return sn
}

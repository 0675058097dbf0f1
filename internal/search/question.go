// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/text"
)

// Question is what is looked for. All of it has to be so.
type Question struct {
	Terms    []Term
	From     []string // words of the name of whoever said it, folded; each may be the beginning of one
	Channel  string   // what the account or its network is called, folded; may be the beginning
	State    hilft.CaseState
	Since    time.Time // it came then or later; zero: whenever
	Before   time.Time // it came before; zero: whenever
	Number   int64     // of a case, where the question is nothing but one; else 0
	Of       int64     // the number of a case of the human in whose cases it was said; 0: in anybody's
	filtered bool
}

// Term is a word, or several that follow each other, folded.
type Term struct {
	Words  []string
	Exact  bool // as in quotation marks: these words and no others
	Begins bool // it may be the beginning of a word: somebody still types
}

const (
	questionMost = 300 // bytes
	termsMost    = 12
)

// operators are what may stand before a colon, in the languages of the desk.
var operators = map[string]func(q *Question, value string, in *time.Location) error{
	"von": from, "from": from,
	"kanal": onChannel, "channel": onChannel, "netz": onChannel, "network": onChannel,
	"status": inState, "state": inState,
	"person": ofHuman, "kunde": ofHuman, "customer": ofHuman,
	"vor": before, "before": before, "bis": until, "until": until,
	"nach": after, "after": after, "seit": since, "since": since,
}

// Parse reads a question as people type it: words, "words in a row", and filters such as von:mira, kanal:mail, status:offen,
// seit:1.11.2026. Days are those of the place. What looks like a filter and is none is words. Invalid (search.…): it cannot be
// meant like that, or there is nothing to look for.
func Parse(s string, in *time.Location) (Question, error) {
	var q Question
	if len(s) > questionMost {
		return Question{}, invalid("search.too_long")
	}
	typing := false // whether the last word may go on
	for s = strings.TrimLeftFunc(s, unicode.IsSpace); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		if op, value := operator(s); op != nil {
			value, _, s = token(value)
			if err := op(&q, value, in); err != nil {
				return Question{}, err
			}
			q.filtered, typing = true, false
			continue
		}
		word, quoted, rest := token(s)
		q.say(word, quoted)
		s, typing = rest, rest == "" && !quoted
	}
	if n := len(q.Terms); typing && n > 0 {
		q.Terms[n-1].Begins = true
	}
	q.Number = q.number()
	switch {
	case len(q.Terms) > termsMost:
		return Question{}, invalid("search.too_many")
	case len(q.Terms) == 0 && !q.filtered:
		return Question{}, invalid("search.nothing")
	}
	return q, nil
}

// operator is the filter that a text begins with, and what follows its colon; nil: it begins with none.
func operator(s string) (op func(q *Question, value string, in *time.Location) error, value string) {
	i := strings.IndexAny(s, ": \t\n")
	if i < 0 || s[i] != ':' {
		return nil, ""
	}
	return operators[strings.ToLower(s[:i])], strings.TrimLeftFunc(s[i+1:], unicode.IsSpace)
}

func invalid(code string) error { return hilft.FailField(hilft.Invalid, code, "q", nil) }

// token is the next word, or what stands in quotation marks; one that is never closed ends with the text.
func token(s string) (word string, quoted bool, rest string) {
	for _, marks := range [][2]string{{`"`, `"`}, {"„", "“"}, {"“", "”"}, {"»", "«"}} {
		if after, ok := strings.CutPrefix(s, marks[0]); ok {
			word, rest, _ = strings.Cut(after, marks[1])
			return word, true, rest
		}
	}
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], false, s[i:]
	}
	return s, false, ""
}

// say adds words. Those that are written as one, as 12,50 is, follow each other.
func (q *Question) say(s string, exact bool) {
	if words := strings.Fields(text.Fold(s)); len(words) > 0 {
		q.Terms = append(q.Terms, Term{Words: words, Exact: exact || len(words) > 1})
	}
}

// number is the number of a case that the question is nothing but; 0: it is not.
func (q *Question) number() (n int64) {
	if len(q.Terms) != 1 || q.filtered || len(q.Terms[0].Words) != 1 || len(q.Terms[0].Words[0]) > 15 {
		return 0
	}
	for _, c := range q.Terms[0].Words[0] {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

func from(q *Question, value string, _ *time.Location) error {
	q.From = append(q.From, strings.Fields(text.Fold(value))...)
	if len(q.From) == 0 || len(q.From) > termsMost {
		return invalid("search.bad_from")
	}
	return nil
}

func onChannel(q *Question, value string, _ *time.Location) error {
	if q.Channel = text.Fold(value); q.Channel == "" {
		return invalid("search.bad_channel")
	}
	return nil
}

func inState(q *Question, value string, _ *time.Location) error {
	switch text.Fold(value) {
	case "offen", "open":
		q.State = hilft.Open
	case "wartet", "wartend", "waiting":
		q.State = hilft.Waiting
	case "zurueckgestellt", "schlaeft", "asleep", "snoozed":
		q.State = hilft.Asleep
	case "geloest", "solved":
		q.State = hilft.Solved
	default:
		return invalid("search.bad_state")
	}
	return nil
}

// ofHuman takes the number of any case of theirs: it is how people here speak of them.
func ofHuman(q *Question, value string, _ *time.Location) (err error) {
	if q.Of, err = strconv.ParseInt(strings.TrimPrefix(value, "#"), 10, 64); err != nil || q.Of <= 0 {
		return invalid("search.bad_person")
	}
	return nil
}

// span is the day, month or year that is written there: from its beginning to its end.
func span(value string, in *time.Location) (begins, ends time.Time, err error) {
	for _, form := range []struct {
		layout              string
		years, months, days int
	}{{"2006-1-2", 0, 0, 1}, {"2.1.2006", 0, 0, 1}, {"2006-1", 0, 1, 0}, {"1.2006", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.ParseInLocation(form.layout, value, in); err == nil && t.Year() >= 1970 && t.Year() < 3000 {
			return t, t.AddDate(form.years, form.months, form.days), nil
		}
	}
	return begins, ends, invalid("search.bad_date")
}

func before(q *Question, value string, in *time.Location) (err error) {
	q.Before, _, err = span(value, in)
	return err
}

func until(q *Question, value string, in *time.Location) (err error) {
	_, q.Before, err = span(value, in)
	return err
}

func after(q *Question, value string, in *time.Location) (err error) {
	_, q.Since, err = span(value, in)
	return err
}

func since(q *Question, value string, in *time.Location) (err error) {
	q.Since, _, err = span(value, in)
	return err
}

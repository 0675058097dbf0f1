// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/text"
)

// meaning is a question in the numbers of a brand's words.
type meaning struct {
	Question
	nothing bool      // nobody ever said one of its words
	clauses [][]int64 // a message has a word of each
	rows    [][]int64 // and these one after another

	runsMost int // how many runs are looked into, the newest; 0: all
}

// meansMost is how many words one word of a question stands for at the most: what it is the beginning or a part of.
const meansMost = 200

func meaningOf(ctx context.Context, tx *store.Tx, ask Ask) (m meaning, err error) {
	m.Question = ask.Question
	for _, t := range m.Terms {
		if err := m.term(ctx, tx, ask.Brand, t); err != nil {
			return meaning{}, err
		}
	}
	for _, w := range m.From {
		var ids []int64
		for _, mark := range []string{byCustomer, byAgent} {
			if ids, err = beginning(ctx, tx, ask.Brand, mark+w, ids); err != nil {
				return meaning{}, err
			}
		}
		m.clauses = append(m.clauses, ids)
	}
	if m.Channel != "" {
		of := map[string]int64{}
		words := make([]string, len(ask.Accounts))
		for i, a := range ask.Accounts {
			words[i] = onAccount + string(a)
		}
		if err := numbersOf(ctx, tx, ask.Brand, words, of); err != nil {
			return meaning{}, err
		}
		var ids []int64
		for _, id := range of {
			ids = append(ids, id)
		}
		m.clauses = append(m.clauses, ids)
	}
	for _, ids := range m.clauses {
		slices.Sort(ids)
	}
	m.nothing = slices.ContainsFunc(m.clauses, func(c []int64) bool { return len(c) == 0 })
	// What is rare decides soonest.
	slices.SortStableFunc(m.clauses, func(a, b []int64) int { return len(a) - len(b) })
	return m, nil
}

// term adds what a term stands for.
func (m *meaning) term(ctx context.Context, tx *store.Tx, brand hilft.BrandID, t Term) error {
	if !t.Exact {
		ids, err := meant(ctx, tx, brand, t)
		m.clauses = append(m.clauses, ids)
		return err
	}
	of := map[string]int64{}
	if err := numbersOf(ctx, tx, brand, t.Words, of); err != nil {
		return err
	}
	row := make([]int64, len(t.Words))
	for i, w := range t.Words {
		row[i] = of[w]
		clause := []int64{row[i]}
		if row[i] == 0 {
			clause = nil
		}
		m.clauses = append(m.clauses, clause)
	}
	if len(row) > 1 {
		m.rows = append(m.rows, row)
	}
	return nil
}

// meant are the words that a word of a question stands for.
func meant(ctx context.Context, tx *store.Tx, brand hilft.BrandID, t Term) (ids []int64, err error) {
	w := t.Words[0]
	of := map[string]int64{}
	if err := numbersOf(ctx, tx, brand, []string{w}, of); err != nil {
		return nil, err
	}
	for _, id := range of {
		ids = append(ids, id)
	}
	if parts(w) {
		ids, err = containing(ctx, tx, brand, w, ids)
	} else if t.Begins && utf8.RuneCountInString(w) > 1 {
		ids, err = beginning(ctx, tx, brand, w, ids)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// last is behind everything that begins the same.
const last = "\U0010ffff"

// beginning adds the words that begin so, those first that come first in the alphabet.
func beginning(ctx context.Context, tx *store.Tx, brand hilft.BrandID, w string, ids []int64) ([]int64, error) {
	found, err := store.All(ctx, tx, fmt.Sprintf(`SELECT id FROM search_word WHERE brand_id = ? AND word >= ? AND word < ? ORDER BY word LIMIT %d`, meansMost),
		[]any{string(brand), w, w + last}, func(scan func(into ...any) error, id *int64) error { return scan(id) })
	return append(ids, found...), err
}

// containing adds the words that have another within them, the shortest first.
func containing(ctx context.Context, tx *store.Tx, brand hilft.BrandID, w string, ids []int64) ([]int64, error) {
	type found struct {
		id   int64
		word string
		of   hilft.BrandID // looked at here: SQLite would rather go through all words of a brand than through these
	}
	var all []found
	for _, written := range slices.Compact([]string{w, text.Bare(w)}) {
		letters := []rune(written)
		if len(letters) < gramSize {
			continue
		}
		may, err := lettered(ctx, tx, brand, letters)
		if err != nil {
			return nil, err
		}
		if len(may) == 0 {
			continue
		}
		where, list := store.In(tx, "id", may)
		some, err := store.All(ctx, tx, `SELECT id, word, brand_id FROM search_word WHERE `+where, []any{list},
			func(scan func(into ...any) error, f *found) error { return scan(&f.id, &f.word, &f.of) })
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	all = slices.DeleteFunc(all, func(f found) bool { return f.of != brand || !holds(f.word, w) })
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(len(a.word)-len(b.word), strings.Compare(a.word, b.word)) })
	for _, f := range all[:min(len(all), meansMost)] {
		ids = append(ids, f.id)
	}
	return ids, nil
}

// lettered are words that may have these letters in a row: those with the first four and the last four of them.
func lettered(ctx context.Context, tx *store.Tx, brand hilft.BrandID, letters []rune) (ids []int64, err error) {
	for i, part := range [][]rune{letters[:gramSize], letters[len(letters)-gramSize:]} {
		g := gram(brand, string(part))
		found, err := store.All(ctx, tx, `SELECT key FROM search_gram WHERE key BETWEEN ? AND ? ORDER BY key`, []any{g, g | lower},
			func(scan func(into ...any) error, key *int64) error {
				err := scan(key)
				*key &= lower
				return err
			})
		if err != nil {
			return nil, err
		}
		if i == 0 {
			ids = found
			continue
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { _, both := slices.BinarySearch(found, id); return !both })
	}
	return ids, nil
}

// limits are between which messages a question is about: after the one, and before the other.
func (m meaning) limits(ctx context.Context, tx *store.Tx, below *int64) (above int64, err error) {
	if !m.Before.IsZero() {
		n, err := cameBefore(ctx, tx, store.Micros(m.Before))
		if err != nil {
			return 0, err
		}
		*below = min(*below, n+1)
	}
	if m.Since.IsZero() {
		return 0, nil
	}
	return cameBefore(ctx, tx, store.Micros(m.Since))
}

// cameBefore is the last message that came before a time.
func cameBefore(ctx context.Context, tx *store.Tx, at int64) (n int64, err error) {
	s, err := readState(ctx, tx, false)
	if store.IsNoRows(err) {
		return 0, nil
	}
	low, high := int64(0), s.docs // came before; not known
	for err == nil && low < high {
		middle := low + (high-low+1)/2
		var came int64
		// One that was deleted is not there: what counts is the next before it.
		err = tx.Row(ctx, `SELECT n, came_at FROM search_text WHERE n <= ? AND n > ? ORDER BY n DESC LIMIT 1`, []any{middle, low}, &n, &came)
		switch {
		case store.IsNoRows(err):
			low, err = middle, nil
		case err == nil && came < at:
			low = middle
		case err == nil:
			high = n - 1
		}
	}
	return low, err
}

// How many messages' runs are looked into at once, and how many that were found in them are gone through at once: each
// question to the database costs something by itself.
const (
	chunkFirst = 16 << 10
	chunkMost  = 256 << 10
	gathered   = 200
)

// each gives the messages that have all the words, after one and before another, the last first, some at a time, until each
// returns false.
func (m meaning) each(ctx context.Context, tx *store.Tx, above, below int64, each func(ns []int64) (bool, error)) error {
	runs, err := allRuns(ctx, tx)
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(r run) bool { return r.high <= above || r.low >= below })
	if m.runsMost > 0 {
		runs = runs[:min(len(runs), m.runsMost)]
	}
	for chunk := chunkFirst; len(runs) > 0; chunk = min(2*chunk, chunkMost) {
		n, many := 0, 0
		for n < len(runs) && (n == 0 || many < chunk) {
			many += runs[n].many()
			n++
		}
		sets, err := m.look(ctx, tx, runs[:n])
		if err != nil {
			return err
		}
		var ns []int64
		for i, r := range runs[:n] {
			ns = append(ns, r.members(sets[i], above, below)...)
			if len(ns) == 0 || len(ns) < gathered && i < n-1 {
				continue
			}
			if on, err := each(ns); err != nil || !on {
				return err
			}
			ns = nil
		}
		runs = runs[n:]
	}
	return nil
}

// members are those of the run's messages that are in the set, the last first.
func (r run) members(s set, above, below int64) []int64 {
	var ns []int64
	for n := min(r.high, below-1); n >= max(r.low, above+1); n-- {
		d := uint64(n - r.low)
		switch {
		case s == nil || s.has(uint32(d)):
			ns = append(ns, n)
		case d/64 >= uint64(len(s)):
			n = r.low + 64*int64(len(s))
		case s[d/64] == 0:
			n -= int64(d % 64) // none of these either
		}
	}
	return ns
}

// look finds in each of the runs the messages that have all the words; nil: no words are asked for.
func (m meaning) look(ctx context.Context, tx *store.Tx, runs []run) ([]set, error) {
	all := make([]set, len(runs))
	for c, ids := range m.clauses {
		left, many := 0, 0
		for i := range runs {
			if c > 0 && !all[i].none() {
				left += all[i].count()
			}
			if c == 0 || !all[i].none() {
				many += len(ids)
			}
		}
		if c > 0 && left < many { // fewer messages than words
			return all, m.read(ctx, tx, runs, all, m.clauses[c:])
		}
		found, err := having(ctx, tx, runs, ids, func(i int) bool { return c == 0 || !all[i].none() })
		if err != nil {
			return nil, err
		}
		for i := range runs {
			switch {
			case found[i] == nil:
				all[i] = set{}
			case c == 0:
				all[i] = found[i]
			default:
				all[i].and(found[i])
			}
		}
	}
	return all, nil
}

// having finds in each of the runs that are meant the messages that have any of the words; nil: none has.
func having(ctx context.Context, tx *store.Tx, runs []run, ids []int64, meant func(i int) bool) ([]set, error) {
	found := make([]set, len(runs))
	at := map[int64]int{}
	var keys []int64
	for i, r := range runs {
		if !meant(i) {
			continue
		}
		at[r.id] = i
		for _, id := range ids {
			keys = append(keys, r.id<<32|id)
		}
	}
	if len(keys) == 0 {
		return found, nil
	}
	table, list := store.Numbers(tx, keys)
	// The page in which each would be: of many words in few pages, each page once. An array, so that Postgres looks each up.
	in := `id IN (SELECT (SELECT MAX(p.id) FROM search_page p WHERE p.id <= k.value) FROM ` + table + `)`
	if tx.Dialect() == store.Postgres {
		in = `id = ANY(ARRAY(SELECT (SELECT MAX(p.id) FROM search_page p WHERE p.id <= k.value) FROM ` + table + `))`
	}
	err := tx.Rows(ctx, `SELECT id, body FROM search_page WHERE `+in, []any{list},
		func(scan func(into ...any) error) error {
			var p page
			if err := scan(&p.first, &p.body); err != nil {
				return err
			}
			i, ok := at[p.first>>32]
			if !ok {
				return nil // the last of another run: this one begins with later words
			}
			p.first &= lower
			next, _ := slices.BinarySearch(ids, p.first)
			var torn error
			err := p.eachWord(func(word int64, packed []byte) bool {
				for next < len(ids) && ids[next] < word {
					next++
				}
				if next == len(ids) {
					return false
				}
				if ids[next] == word {
					if found[i] == nil {
						found[i] = newSet(runs[i].many())
					}
					torn = found[i].add(packed)
				}
				return torn == nil
			})
			return cmp.Or(err, torn)
		})
	return found, err
}

// read leaves those messages in the sets that have a word of each of the clauses, by looking at their words.
func (m meaning) read(ctx context.Context, tx *store.Tx, runs []run, all []set, clauses [][]int64) error {
	var ns []int64
	kept := make([]set, len(runs))
	for i, r := range runs {
		if !all[i].none() {
			ns = append(ns, r.members(all[i], r.low-1, r.high+1)...)
			kept[i] = newSet(r.many())
		}
	}
	if len(ns) == 0 {
		return nil
	}
	where, list := store.In(tx, "n", ns)
	err := tx.Rows(ctx, `SELECT n, words FROM search_text WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
		var n int64
		var packed []byte
		if err := scan(&n, &packed); err != nil {
			return err
		}
		words, err := unpackWords(packed)
		if err != nil {
			return err
		}
		for _, ids := range clauses {
			if !slices.ContainsFunc(words, func(w int64) bool { _, is := slices.BinarySearch(ids, w); return is }) {
				return nil
			}
		}
		i := slices.IndexFunc(runs, func(r run) bool { return r.low <= n && n <= r.high })
		kept[i].put(uint32(n - runs[i].low))
		return nil
	})
	copy(all, kept)
	for i := range all {
		if all[i] == nil {
			all[i] = set{}
		}
	}
	return err
}

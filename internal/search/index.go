// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/text"
)

// Marks stand before words that are no words of a text.
const (
	byCustomer = "@" // in the name of the customer who said it
	byAgent    = "~" // in the name of the agent
	onAccount  = "#" // the account's id, not folded
	inTitle    = "%" // in the title of the case that begins with it
)

const (
	batchMost = 2000     // messages of one transaction
	textMost  = 16 << 10 // how much of a text is read, in letters: who writes more is found by the beginning
)

// told is a message as the index reads it.
type told struct {
	id    hilft.MessageID
	brand hilft.BrandID
	came  int64
	words []int64 // in their order; 0 parts what stands apart
}

// lexicon numbers the words of a batch, as they come, until they get their own numbers.
type lexicon struct {
	of    map[string]int64
	words []string // the first has the number 1
}

func (l *lexicon) number(mark string, word []byte) int64 {
	var room [80]byte
	key := append(append(room[:0], mark...), word...)
	if n, ok := l.of[string(key)]; ok {
		return n
	}
	l.words = append(l.words, string(key))
	n := int64(len(l.words))
	l.of[l.words[n-1]] = n
	return n
}

var toldOf = fmt.Sprintf(`SELECT m.id, m.brand_id, m.account_id, m.subject, m.warning, substr(m.body, 1, %d), COALESCE(i.name, ''), COALESCE(i.handle, ''), COALESCE(g.name, ''), c.title, m.made_at
	FROM message m JOIN cases c ON c.id = m.case_id LEFT JOIN identity i ON i.id = m.identity_id LEFT JOIN agent g ON g.id = m.agent_id
	WHERE m.case_id <> '' AND m.deleted_at = 0 AND `, textMost)

// scan reads a message, and the words that it is found by.
func (b *batch) scan(scan func(into ...any) error, t *told) error {
	var account, subject, warning, body, customer, handle, agent, title string
	if err := scan(&t.id, &t.brand, &account, &subject, &warning, &body, &customer, &handle, &agent, &title, &t.came); err != nil {
		return err
	}
	l := b.lexica[t.brand]
	if l == nil {
		l = &lexicon{of: map[string]int64{}}
		b.lexica[t.brand] = l
	}
	all := make([]int64, 0, 64)
	for _, s := range []string{subject, warning, body} {
		n := len(all)
		text.Words(s, func(word []byte, _, _ int) { all = append(all, l.number("", word)) })
		if len(all) == n {
			continue
		}
		many := l.begins(all[n:], title)
		for _, w := range all[n : n+many] {
			all = append(all, 0, l.number(inTitle, []byte(l.words[w-1])))
		}
		if many > 0 {
			title = ""
		}
		all = append(all, 0)
	}
	name := func(mark, s string) {
		text.Words(s, func(word []byte, _, _ int) { all = append(all, l.number(mark, word)) })
	}
	name(byCustomer, customer)
	name(byCustomer, handle)
	name(byAgent, agent)
	if account != "" {
		all = append(all, l.number(onAccount, []byte(account)))
	}
	t.words = slices.Clip(all)
	return nil
}

// begins is how many words of a text are those of a title, where it begins with them; the title may have been cut in a word.
func (l *lexicon) begins(words []int64, title string) int {
	of := strings.Fields(text.Fold(title))
	if len(of) == 0 || len(of) > len(words) {
		return 0
	}
	last := len(of) - 1
	for i, w := range of {
		if is := l.words[words[i]-1]; is != w && (i < last || !strings.HasPrefix(is, w)) {
			return 0
		}
	}
	return len(of)
}

// batch is messages that are to be written into the index together.
type batch struct {
	state  state
	told   []told
	fresh  []fresh // words that nobody has said before
	lexica map[hilft.BrandID]*lexicon
}

// fresh is a word that gets a number.
type fresh struct {
	id    int64
	brand hilft.BrandID
	word  string
}

// said are the events whose subject is a message that is new.
var said = map[string]bool{hilft.EventMessageHeard: true, hilft.EventMessageWritten: true, hilft.EventNoteWritten: true}

// next reads what comes next into the index. done: there is nothing more at the moment.
func next(ctx context.Context, tx *store.Tx, s state, events []jobs.Event) (b batch, err error) {
	b = batch{state: s, lexica: map[hilft.BrandID]*lexicon{}}
	if s.walking {
		b.told, err = store.All(ctx, tx, fmt.Sprintf(toldOf+`m.id > ? ORDER BY m.id LIMIT %d`, batchMost), []any{s.walked}, b.scan)
		if err != nil {
			return batch{}, err
		}
		if n := len(b.told); n < batchMost {
			b.state.walking, b.state.walked = false, ""
		} else {
			b.state.walked = string(b.told[n-1].id)
		}
	} else {
		var ids []string
		for _, e := range events {
			if said[e.Kind] {
				ids = append(ids, e.Subject)
			}
			b.state.event = e.ID
		}
		if err = b.read(ctx, tx, ids); err != nil {
			return batch{}, err
		}
	}
	if b.told, err = unknown(ctx, tx, b.told); err != nil {
		return batch{}, err
	}
	return b, b.number(ctx, tx)
}

// read reads messages in this order; those that are gone, or belong to no case yet, are left out.
func (b *batch) read(ctx context.Context, tx *store.Tx, ids []string) (err error) {
	if len(ids) == 0 {
		return nil
	}
	where, list := store.In(tx, "m.id", ids)
	if b.told, err = store.All(ctx, tx, toldOf+where, []any{list}, b.scan); err != nil {
		return err
	}
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(b.told, func(x, y told) int { return at[string(x.id)] - at[string(y.id)] })
	return nil
}

// unknown leaves out messages that are in the index already.
func unknown(ctx context.Context, tx *store.Tx, all []told) ([]told, error) {
	if len(all) == 0 {
		return nil, nil
	}
	ids := make([]string, len(all))
	for i, t := range all {
		ids[i] = string(t.id)
	}
	known := map[hilft.MessageID]bool{}
	where, list := store.In(tx, "message_id", ids)
	err := tx.Rows(ctx, `SELECT message_id FROM search_text WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
		var id hilft.MessageID
		err := scan(&id)
		known[id] = true
		return err
	})
	return slices.DeleteFunc(all, func(t told) bool { return known[t.id] }), err
}

// number gives every word of the batch its own number.
func (b *batch) number(ctx context.Context, tx *store.Tx) error {
	own := map[hilft.BrandID][]int64{}
	for _, brand := range slices.Sorted(maps.Keys(b.lexica)) {
		l := b.lexica[brand]
		said := make([]bool, len(l.words))
		for _, t := range b.told {
			for _, w := range t.words {
				if t.brand == brand && w != 0 {
					said[w-1] = true
				}
			}
		}
		ids := map[string]int64{}
		if err := numbersOf(ctx, tx, brand, l.words, ids); err != nil {
			return err
		}
		numbers := make([]int64, len(l.words))
		for i, w := range l.words {
			if numbers[i] = ids[w]; numbers[i] == 0 && said[i] {
				b.state.words++
				numbers[i] = b.state.words
				b.fresh = append(b.fresh, fresh{numbers[i], brand, w})
			}
		}
		own[brand] = numbers
	}
	for _, t := range b.told {
		for k, w := range t.words {
			if w != 0 {
				t.words[k] = own[t.brand][w-1]
			}
		}
	}
	b.lexica = nil
	return nil
}

// numbersOf reads the numbers of those words of a brand that have one.
func numbersOf(ctx context.Context, tx *store.Tx, brand hilft.BrandID, words []string, into map[string]int64) error {
	if len(words) == 0 {
		return nil
	}
	where, list := store.In(tx, "word", words)
	return tx.Rows(ctx, `SELECT word, id FROM search_word WHERE brand_id = ? AND `+where, []any{string(brand), list}, func(scan func(into ...any) error) error {
		var w string
		var id int64
		err := scan(&w, &id)
		into[w] = id
		return err
	})
}

// write puts a batch into the index, as a run of its own.
func (b *batch) write(ctx context.Context, tx *store.Tx) error {
	s := b.state // what is written twice must not count twice
	if len(b.told) == 0 {
		return s.save(ctx, tx)
	}
	low := s.docs + 1
	docs := map[int64][]uint32{}
	rows := make([][]any, len(b.told))
	for i, t := range b.told {
		s.docs++
		s.came = max(s.came, t.came)
		rows[i] = []any{s.docs, string(t.id), s.came, packWords(t.words)}
		for _, w := range t.words {
			if d := docs[w]; w != 0 && (len(d) == 0 || d[len(d)-1] != uint32(i)) {
				docs[w] = append(d, uint32(i))
			}
		}
	}
	if err := addWords(ctx, tx, b.fresh); err != nil {
		return err
	}
	if err := tx.Insert(ctx, `INSERT INTO search_text (n, message_id, came_at, words)`, rows, ``); err != nil {
		return err
	}
	s.runs++
	if err := addRun(ctx, tx, run{s.runs, low, s.docs}, pack(sorted(docs))); err != nil {
		return err
	}
	return s.save(ctx, tx)
}

func addRun(ctx context.Context, tx *store.Tx, r run, pages []page) error {
	rows := make([][]any, len(pages))
	for i, p := range pages {
		rows[i] = []any{r.id<<32 | p.first, p.body}
	}
	if err := tx.Insert(ctx, `INSERT INTO search_page (id, body)`, rows, ``); err != nil {
		return err
	}
	return tx.Defer(ctx, `INSERT INTO search_run (id, low, high) VALUES (?, ?, ?)`, r.id, r.low, r.high)
}

// addWords writes words down that have become known, and by which four letters they are found.
func addWords(ctx context.Context, tx *store.Tx, all []fresh) error {
	words := make([][]any, len(all))
	var grams [][]any
	for i, f := range all {
		words[i] = []any{f.id, string(f.brand), f.word}
		for _, g := range gramsOf(f.brand, f.word) {
			grams = append(grams, []any{g | f.id})
		}
	}
	if err := tx.Insert(ctx, `INSERT INTO search_word (id, brand_id, word)`, words, ``); err != nil {
		return err
	}
	return tx.Insert(ctx, `INSERT INTO search_gram (key)`, grams, `ON CONFLICT DO NOTHING`)
}

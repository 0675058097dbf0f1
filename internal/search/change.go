// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// changesMost is how many changed messages one transaction takes: each touches as many pages as it has words.
const changesMost = 10

// change takes out of the index what messages do not say any more, and puts in what they say now.
func change(ctx context.Context, tx *store.Tx, s state) (more bool, err error) {
	var rows []int64
	var ids []string
	err = tx.Rows(ctx, fmt.Sprintf(`SELECT id, message_id FROM search_change ORDER BY id LIMIT %d`, changesMost), nil, func(scan func(into ...any) error) error {
		var row int64
		var id string
		err := scan(&row, &id)
		rows = append(rows, row)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return err
	})
	if err != nil || len(ids) == 0 {
		return false, err
	}
	where, list := store.In(tx, "id", rows)
	if err := tx.Defer(ctx, `DELETE FROM search_change WHERE `+where, list); err != nil {
		return false, err
	}
	b := batch{state: s, lexica: map[hilft.BrandID]*lexicon{}}
	if err := b.read(ctx, tx, ids); err != nil {
		return false, err
	}
	if err := b.number(ctx, tx); err != nil {
		return false, err
	}
	if err := addWords(ctx, tx, b.fresh); err != nil {
		return false, err
	}
	b.fresh = nil
	var late []told // belong to a case only now
	for _, id := range ids {
		var now *told
		if i := slices.IndexFunc(b.told, func(t told) bool { return string(t.id) == id }); i >= 0 {
			now = &b.told[i]
		}
		known, err := reword(ctx, tx, id, now)
		if err != nil {
			return false, err
		}
		if !known && now != nil {
			late = append(late, *now)
		}
	}
	b.told = late
	return len(rows) == changesMost, b.write(ctx, tx)
}

// reword lets a message stand in the index as it reads now; nil: it is gone. known: it stood there.
func reword(ctx context.Context, tx *store.Tx, id string, now *told) (known bool, err error) {
	var n int64
	var packed []byte
	err = tx.Row(ctx, `SELECT n, words FROM search_text WHERE message_id = ?`, []any{id}, &n, &packed)
	if store.IsNoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	was, err := unpackWords(packed)
	if err != nil {
		return false, err
	}
	var is []int64
	if now != nil {
		is = now.words
		err = tx.Defer(ctx, `UPDATE search_text SET words = ? WHERE n = ?`, packWords(is), n)
	} else {
		err = tx.Defer(ctx, `DELETE FROM search_text WHERE n = ?`, n)
	}
	if err != nil {
		return false, err
	}
	var r run
	if err := tx.Row(ctx, `SELECT id, low, high FROM search_run WHERE low <= ? ORDER BY low DESC LIMIT 1`, []any{n}, &r.id, &r.low, &r.high); err != nil {
		return false, err
	}
	for _, w := range but(is, was) {
		if err := r.put(ctx, tx, w, n, true); err != nil {
			return false, err
		}
	}
	gone := but(was, is)
	for _, w := range gone {
		if err := r.put(ctx, tx, w, n, false); err != nil {
			return false, err
		}
	}
	return true, forget(ctx, tx, gone)
}

// but is each of the words once that are not among the others.
func but(words, others []int64) []int64 {
	all := slices.Clone(words)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(w int64) bool { return w == 0 || slices.Contains(others, w) })
}

// pageAt is the page of a run in which a word is, if it is in the run at all.
const pageAt = `SELECT id, body FROM search_page WHERE id <= ? AND id >= ? ORDER BY id DESC LIMIT 1`

// put puts a message into a word of the run, or takes it out.
func (r run) put(ctx context.Context, tx *store.Tx, word, n int64, in bool) error {
	p := page{}
	var old int64
	err := tx.Row(ctx, pageAt, []any{r.id<<32 | word, r.id << 32}, &old, &p.body)
	if err != nil && !store.IsNoRows(err) {
		return err
	}
	p.first = old & lower
	all, err := p.unpack()
	if err != nil {
		return err
	}
	all = with(all, word, uint32(n-r.low), in)
	if err := tx.Defer(ctx, `DELETE FROM search_page WHERE id = ?`, old); err != nil {
		return err
	}
	var rows [][]any
	for _, p := range pack(all) {
		rows = append(rows, []any{r.id<<32 | p.first, p.body})
	}
	return tx.Insert(ctx, `INSERT INTO search_page (id, body)`, rows, ``)
}

// forget lets words go that nobody says any more.
func forget(ctx context.Context, tx *store.Tx, words []int64) error {
	if len(words) == 0 {
		return nil
	}
	runs, err := allRuns(ctx, tx)
	if err != nil {
		return err
	}
	for _, w := range words {
		said := false
		for _, r := range runs {
			if said, err = r.has(ctx, tx, w); err != nil {
				return err
			}
			if said {
				break
			}
		}
		if said {
			continue
		}
		var brand hilft.BrandID
		var word string
		if err := tx.Row(ctx, `SELECT brand_id, word FROM search_word WHERE id = ?`, []any{w}, &brand, &word); err != nil {
			return err
		}
		for _, g := range gramsOf(brand, word) {
			if err := tx.Defer(ctx, `DELETE FROM search_gram WHERE key = ?`, g|w); err != nil {
				return err
			}
		}
		if err := tx.Defer(ctx, `DELETE FROM search_word WHERE id = ?`, w); err != nil {
			return err
		}
	}
	return nil
}

// has tells whether anybody says a word in the run.
func (r run) has(ctx context.Context, tx *store.Tx, word int64) (said bool, err error) {
	var p page
	err = tx.Row(ctx, pageAt, []any{r.id<<32 | word, r.id << 32}, &p.first, &p.body)
	if store.IsNoRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.first &= lower
	err = p.eachWord(func(w int64, _ []byte) bool {
		said = said || w == word
		return w < word
	})
	return said, err
}

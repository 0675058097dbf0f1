// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/text"
)

// Person is a customer whose name was found.
type Person struct {
	ID      hilft.PersonID
	Name    string
	Handle  string // of theirs, the one that was found
	Network string
	Case    hilft.CaseID // their last, as far as it was looked for
}

// Nearby is what else bears the words of a question.
type Nearby struct {
	People []Person       // by name or handle, who spoke last first
	Cases  []hilft.CaseID // by number or title, the last opened first
}

const (
	nearbyMost = 5   // of each
	lookedMost = 200 // messages that are looked at for it: of one person there may be many
	wordsMost  = 500 // words that are looked for in runs, before those that came long ago are left out
)

// Nearby finds people and cases of a brand. A question with filters is about messages.
func (s *Search) Nearby(ctx context.Context, see access.Sight, ask Ask) (found Nearby, err error) {
	if err := see.Demand(ask.Brand, access.Read, noSuchBrand); err != nil {
		return Nearby{}, err
	}
	if ask.Question.filtered {
		return Nearby{}, nil
	}
	var words []string
	for _, t := range ask.Question.Terms {
		words = append(words, t.Words...)
	}
	err = s.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if found.People, err = named(ctx, tx, ask.Brand, words); err != nil {
			return err
		}
		if n := ask.Question.Number; n != 0 {
			var id hilft.CaseID
			switch err := tx.Row(ctx, `SELECT CASE WHEN into_id <> '' THEN into_id ELSE id END FROM cases WHERE brand_id = ? AND number = ?`, []any{string(ask.Brand), n}, &id); {
			case err == nil:
				found.Cases = append(found.Cases, id)
			case !store.IsNoRows(err):
				return err
			}
		}
		titles, err := entitled(ctx, tx, ask)
		found.Cases = append(found.Cases, titles...)
		return err
	})
	if err != nil {
		return Nearby{}, fmt.Errorf("search: nearby: %w", err)
	}
	return found, nil
}

// named are people whose name or handle has words that begin so.
func named(ctx context.Context, tx *store.Tx, brand hilft.BrandID, words []string) ([]Person, error) {
	var m meaning
	for _, w := range words {
		ids, err := beginning(ctx, tx, brand, byCustomer+w, nil)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		slices.Sort(ids)
		m.clauses = append(m.clauses, ids)
	}
	var all []Person
	err := m.few(ctx, tx, func(ns []int64) (bool, error) {
		where, list := store.In(tx, "s.n", ns)
		err := tx.Rows(ctx, `SELECT p.id, p.name, i.name, i.handle, i.network, m.case_id FROM search_text s JOIN message m ON m.id = s.message_id JOIN identity i ON i.id = m.identity_id JOIN person p ON p.id = i.person_id
			WHERE `+where+` AND m.brand_id = ? ORDER BY s.n DESC`, []any{list, string(brand)}, func(scan func(into ...any) error) error {
			var p Person
			var name string
			if err := scan(&p.ID, &p.Name, &name, &p.Handle, &p.Network, &p.Case); err != nil {
				return err
			}
			known := slices.ContainsFunc(all, func(o Person) bool { return o.ID == p.ID })
			if !known && bears(p.Name+" "+name+" "+p.Handle, words) && len(all) < nearbyMost {
				all = append(all, p)
			}
			return nil
		})
		return len(all) < nearbyMost, err
	})
	return all, err
}

// bears tells whether each of the words begins one of a name, as it is now.
func bears(name string, words []string) bool {
	of := strings.Fields(text.Fold(name))
	return !slices.ContainsFunc(words, func(w string) bool {
		return !slices.ContainsFunc(of, func(o string) bool { return strings.HasPrefix(o, w) })
	})
}

// entitled are cases whose title has the words of the question.
func entitled(ctx context.Context, tx *store.Tx, ask Ask) ([]hilft.CaseID, error) {
	var m meaning
	for _, t := range ask.Question.Terms {
		ids, err := titled(ctx, tx, ask.Brand, t)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		slices.Sort(ids)
		m.clauses = append(m.clauses, ids)
	}
	var all []hilft.CaseID
	err := m.few(ctx, tx, func(ns []int64) (bool, error) {
		where, list := store.In(tx, "s.n", ns)
		err := tx.Rows(ctx, `SELECT c.id, c.title FROM search_text s JOIN message m ON m.id = s.message_id JOIN cases c ON c.id = m.case_id WHERE `+where+` AND m.brand_id = ? ORDER BY s.n DESC`,
			[]any{list, string(ask.Brand)}, func(scan func(into ...any) error) error {
				var id hilft.CaseID
				var title string
				if err := scan(&id, &title); err != nil {
					return err
				}
				words := wordsOf(title)
				says := !slices.ContainsFunc(ask.Question.Terms, func(t Term) bool { return len(t.find(words)) == 0 })
				if says && !slices.Contains(all, id) && len(all) < nearbyMost {
					all = append(all, id)
				}
				return nil
			})
		return len(all) < nearbyMost, err
	})
	return all, err
}

// titled are the words of titles that a term stands for: all words of titles are words of texts as well.
func titled(ctx context.Context, tx *store.Tx, brand hilft.BrandID, t Term) ([]int64, error) {
	words := []string{t.Words[0]}
	if !t.Exact {
		ids, err := meant(ctx, tx, brand, t)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		where, list := store.In(tx, "id", ids)
		words, err = store.All(ctx, tx, `SELECT word FROM search_word WHERE `+where, []any{list}, func(scan func(into ...any) error, w *string) error { return scan(w) })
		if err != nil {
			return nil, err
		}
	}
	for i := range words {
		words[i] = inTitle + words[i]
	}
	of := map[string]int64{}
	err := numbersOf(ctx, tx, brand, words, of)
	ids := make([]int64, 0, len(of))
	for _, id := range of {
		ids = append(ids, id)
	}
	return ids, err
}

// few gives the last messages that have all the words, until each returns false or much was looked at.
func (m meaning) few(ctx context.Context, tx *store.Tx, each func(ns []int64) (bool, error)) error {
	looked := 0
	slices.SortStableFunc(m.clauses, func(a, b []int64) int { return len(a) - len(b) })
	m.runsMost = max(1, wordsMost/len(m.clauses[0]))
	return m.each(ctx, tx, 0, math.MaxInt64, func(ns []int64) (bool, error) {
		for some := range slices.Chunk(ns, 20) {
			if on, err := each(some); err != nil || !on {
				return false, err
			}
			if looked += len(some); looked >= lookedMost {
				return false, nil
			}
		}
		return true, nil
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// Ask is who asks for what.
type Ask struct {
	Brand    hilft.BrandID
	Question Question
	Accounts []hilft.AccountID // those that Question.Channel means
	Cursor   string            // Found.Next of the page before
	Most     int
}

// Found is a page of what was found, what came last first.
type Found struct {
	Hits []Hit
	Next string // cursor of the next page; empty: there is no more. A page may have little on it and a next one
}

// Hit is a message that was found.
type Hit struct {
	Message    hilft.MessageID
	Case       hilft.CaseID
	Number     int64
	Title      string
	State      hilft.CaseState
	Person     hilft.PersonID // whose case it is
	PersonName string
	Account    hilft.AccountID
	Network    string
	Direction  hilft.Direction
	Visibility hilft.Visibility
	Agent      hilft.AgentID
	AuthorName string // of a customer
	At         time.Time
	Snippet    Snippet

	n     int64
	reads bool // as it was found
}

var noSuchBrand = hilft.FailField(hilft.NotFound, "brand.not_found", "brand", nil)

// examinedMost is how many messages one question looks at whose words alone do not say that they are meant: then the page
// ends, and the next one goes on.
const examinedMost = 600

// Find finds messages of a brand.
func (s *Search) Find(ctx context.Context, see access.Sight, ask Ask) (found Found, err error) {
	if err := see.Demand(ask.Brand, access.Read, noSuchBrand); err != nil {
		return Found{}, err
	}
	below := int64(math.MaxInt64)
	if ask.Cursor != "" {
		if below, err = strconv.ParseInt(ask.Cursor, 10, 64); err != nil {
			return Found{}, hilft.FailField(hilft.Invalid, "cursor.bad", "cursor", err)
		}
	}
	ask.Most = max(1, ask.Most)
	err = s.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err = find(ctx, tx, ask, below)
		return err
	})
	if err != nil {
		return Found{}, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

func find(ctx context.Context, tx *store.Tx, ask Ask, below int64) (found Found, err error) {
	m, err := meaningOf(ctx, tx, ask)
	if err != nil || m.nothing {
		return Found{}, err
	}
	above, err := m.limits(ctx, tx, &below)
	if err != nil {
		return Found{}, err
	}
	examined, each := 0, m.each
	if ask.Question.Of != 0 {
		each = func(ctx context.Context, tx *store.Tx, above, below int64, each func(ns []int64) (bool, error)) error {
			return m.eachOf(ctx, tx, ask.Brand, above, below, each)
		}
	}
	err = each(ctx, tx, above, below, func(ns []int64) (bool, error) {
		for some := range slices.Chunk(ns, max(2*ask.Most, 50)) {
			meant, err := m.meant(ctx, tx, some)
			if err != nil {
				return false, err
			}
			for few := range slices.Chunk(meant, ask.Most+1) {
				hits, err := m.hits(ctx, tx, ask.Brand, few)
				if err != nil {
					return false, err
				}
				found.Hits = append(found.Hits, hits...)
				if len(found.Hits) > ask.Most {
					found.Hits = found.Hits[:ask.Most]
					found.Next = strconv.FormatInt(found.Hits[ask.Most-1].n, 10)
					return false, nil
				}
			}
			if examined += len(some); examined >= examinedMost {
				found.Next = strconv.FormatInt(some[len(some)-1], 10)
				return false, nil
			}
		}
		return true, nil
	})
	return found, err
}

// meant are those of the messages that have the words of each phrase in a row, and whose case is in the state that is asked for.
func (m meaning) meant(ctx context.Context, tx *store.Tx, ns []int64) ([]int64, error) {
	if len(m.rows) > 0 {
		texts := map[int64][]byte{}
		where, list := store.In(tx, "n", ns)
		err := tx.Rows(ctx, `SELECT n, words FROM search_text WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
			var n int64
			var words []byte
			err := scan(&n, &words)
			texts[n] = words
			return err
		})
		if err != nil {
			return nil, err
		}
		var some []int64
		for _, n := range ns {
			words, err := unpackWords(texts[n])
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(m.rows, func(row []int64) bool { return !inARow(words, row) }) {
				some = append(some, n)
			}
		}
		ns = some
	}
	if m.State == "" || len(ns) == 0 {
		return ns, nil
	}
	where, list := store.In(tx, "s.n", ns)
	return store.All(ctx, tx, `SELECT s.n FROM search_text s JOIN message m ON m.id = s.message_id JOIN cases c ON c.id = m.case_id WHERE `+where+` AND c.state = ? ORDER BY s.n DESC`,
		[]any{list, string(m.State)}, func(scan func(into ...any) error, n *int64) error { return scan(n) })
}

// inARow tells whether words stand somewhere in a text one after another.
func inARow(words, row []int64) bool {
	for i := 0; i+len(row) <= len(words); i++ {
		if slices.Equal(words[i:i+len(row)], row) {
			return true
		}
	}
	return false
}

var hitColumns = fmt.Sprintf(`SELECT s.n, m.id, c.id, c.number, c.title, c.state, c.person_id, COALESCE(p.name, ''), m.account_id, m.network, m.direction, m.visibility, m.agent_id,
	COALESCE(i.name, ''), m.at, m.subject, m.warning, substr(m.body, 1, %d) FROM search_text s JOIN message m ON m.id = s.message_id JOIN cases c ON c.id = m.case_id
	LEFT JOIN person p ON p.id = c.person_id LEFT JOIN identity i ON i.id = m.identity_id WHERE `, textMost)

// hits reads messages, and leaves out those that do not read so any more.
func (m meaning) hits(ctx context.Context, tx *store.Tx, brand hilft.BrandID, ns []int64) ([]Hit, error) {
	where, list := store.In(tx, "s.n", ns)
	all, err := store.All(ctx, tx, hitColumns+where+` AND m.brand_id = ? AND m.deleted_at = 0`, []any{list, string(brand)}, func(scan func(into ...any) error, h *Hit) error {
		var at int64
		var said [3]string
		err := scan(&h.n, &h.Message, &h.Case, &h.Number, &h.Title, &h.State, &h.Person, &h.PersonName, &h.Account, &h.Network, &h.Direction, &h.Visibility, &h.Agent,
			&h.AuthorName, &at, &said[0], &said[1], &said[2])
		h.At = store.Time(at)
		h.Snippet, h.reads = m.excerpt(said[0], said[1], said[2])
		return err
	})
	slices.SortFunc(all, func(a, b Hit) int { return cmp.Compare(b.n, a.n) })
	return slices.DeleteFunc(all, func(h Hit) bool { return !h.reads }), err
}

// excerpt is what is shown of a message, and whether it has all that is looked for. What is folded behind a warning shows
// the warning.
func (q Question) excerpt(subject, warning, body string) (Snippet, bool) {
	all := [][2]int{}
	shown, reads := body, true
	if warning != "" {
		shown = warning
	}
	texts := []string{shown}
	for _, s := range []string{subject, warning, body} {
		if s != "" && s != shown {
			texts = append(texts, s)
		}
	}
	found := make([]bool, len(q.Terms))
	for i, s := range texts {
		words := wordsOf(s)
		var places [][2]int
		for k, t := range q.Terms {
			for _, f := range t.find(words) {
				found[k] = true
				places = append(places, [2]int{words[f[0]].from, words[f[1]].to})
			}
		}
		if i == 0 {
			all = places
		} else if len(all) == 0 && len(places) > 0 && s == subject && warning == "" {
			shown, all = subject, places // else nothing that was looked for would be seen
		}
	}
	for _, f := range found {
		reads = reads && f
	}
	slices.SortFunc(all, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], b[1]-a[1]) })
	return snippet(shown, all), reads
}

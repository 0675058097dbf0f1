// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Order is in which order a saved view shows its cases.
type Order string

const (
	OrderNext    Order = "next"    // who must be answered next first
	OrderChanged Order = "changed" // what changed last first
)

// column is what an order goes by, as cases and case_tag have it.
func (o Order) column() string {
	if o == OrderChanged {
		return "changed_at"
	}
	return "rank"
}

// passed is a case that a walk passes.
type passed struct {
	id  hilft.CaseID
	key int64
	standing
}

func (p passed) place() Place { return Place{p.key, p.id} }

// What is read of a stream at once: a little first, as most pages are full soon. A bound LIMIT would have SQLite plan anew at every
// question.
const (
	firstRead = 100
	laterRead = 1000
)

// head is how far a stream has been read.
type head struct {
	stream
	rows []passed
	from *Place // behind what it goes on; nil: at its beginning
	read int
	over bool // nothing is left but the rows
}

// walk passes the cases of a filter's streams in an order, each once, from behind a place, or the beginning where that is nil. It
// passes others as well: those that no index tells from them. It ends when each says so, or there are no more.
func (f *Filter) walk(ctx context.Context, tx *store.Tx, brand hilft.BrandID, me hilft.AgentID, o Order, behind *Place, each func(passed) (more bool)) error {
	var heads []*head
	for _, s := range f.streams(brand, me, o) {
		heads = append(heads, &head{stream: s, from: behind})
	}
	way := 1
	if o == OrderChanged {
		way = -1
	}
	var last Place
	for {
		var first *head
		for _, h := range heads {
			if err := h.fill(ctx, tx, way); err != nil {
				return err
			}
			if len(h.rows) > 0 && (first == nil || way*h.rows[0].place().compare(first.rows[0].place()) < 0) {
				first = h
			}
		}
		if first == nil {
			return nil
		}
		p := first.rows[0]
		first.rows = first.rows[1:]
		if p.place() == last {
			continue // in another stream as well
		}
		last = p.place()
		if !each(p) {
			return nil
		}
	}
}

func (p Place) compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Key, o.Key), cmp.Compare(p.ID, o.ID))
}

// fill reads on where nothing is left.
func (h *head) fill(ctx context.Context, tx *store.Tx, way int) error {
	if len(h.rows) > 0 || h.over {
		return nil
	}
	query, args, many := h.question(way)
	rows, err := store.All(ctx, tx, query, args, scanPassed)
	if err != nil {
		return fmt.Errorf("desk: walk: %w", err)
	}
	h.rows, h.over = rows, len(rows) < many
	if h.read += len(rows); len(rows) > 0 {
		from := rows[len(rows)-1].place()
		h.from = &from
	}
	return nil
}

// question asks for the next rows of a stream, at most so many.
func (h *head) question(way int) (query string, args []any, many int) {
	compare, direction := ">", ""
	if way < 0 {
		compare, direction = "<", " DESC"
	}
	if many = firstRead; h.read > 0 {
		many = laterRead
	}
	where, args := h.where, h.args
	if h.from != nil {
		where += fmt.Sprintf(` AND (%s, %s) %s (?, ?)`, h.key, h.id, compare)
		args = append(args[:len(args):len(args)], h.from.Key, string(h.from.ID))
	}
	return fmt.Sprintf(`SELECT c.id, c.state, c.agent_id, c.trouble, c.priority, c.network, c.account_id, c.visibility, c.late, c.tags, %s
		FROM %s WHERE %s ORDER BY %[1]s%[4]s, %[5]s%[4]s LIMIT %[6]d`, h.key, h.stream.from, where, direction, h.id, many), args, many
}

func scanPassed(scan func(into ...any) error, p *passed) error {
	var trouble int
	var tags string
	err := scan(&p.id, &p.state, &p.agent, &trouble, &p.priority, &p.network, &p.account, &p.visibility, &p.late, &tags, &p.key)
	p.trouble, p.tags = trouble > 0, tagsOf(tags)
	return err
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// How many cases a list has is never counted when it is asked for: every change of a case adds to the tally what it adds
// to the lists, in its transaction.

// standing is what the lists see of a case; the zero value: there is none.
type standing struct {
	state      hilft.CaseState
	agent      hilft.AgentID
	trouble    bool
	priority   hilft.Priority
	network    string
	account    hilft.AccountID
	visibility hilft.Visibility
	late       Lateness
	tags       []hilft.TagID
}

func (c Case) standing() standing {
	return standing{c.State, c.Agent, c.Trouble > 0, cmp.Or(c.Priority, hilft.Normal), c.Network, c.Account, c.Visibility, c.Late, c.Tags}
}

func (s *standing) same(o *standing) bool {
	return s.state == o.state && s.agent == o.agent && s.trouble == o.trouble && s.priority == o.priority && s.network == o.network &&
		s.account == o.account && s.visibility == o.visibility && s.late == o.late && slices.Equal(s.tags, o.tags)
}

// ofAgent is the list of those who wait for an agent, as the tally names it.
func ofAgent(id hilft.AgentID) string { return string(ViewMine) + ":" + string(id) }

// lists are the lists that have such a case, as the tally names them.
func (s standing) lists() []string {
	if s.state == "" {
		return nil
	}
	all := []string{string(s.state)} // each is a list of its own
	if s.state == hilft.Open && s.agent == "" {
		all = append(all, string(ViewUnassigned))
	}
	if s.state == hilft.Open && s.agent != "" {
		all = append(all, ofAgent(s.agent))
	}
	if s.trouble {
		all = append(all, string(ViewTrouble))
	}
	return all
}

// tallied is one number of the tally.
type tallied struct {
	brand hilft.BrandID
	list  string
}

// tally is what one transaction adds to the lists.
type tally struct{ moved map[hilft.CaseID]*move }

// move is a case that stood elsewhere before a transaction.
type move struct {
	brand    hilft.BrandID
	from, to standing
}

func tallyOf(tx *store.Tx) *tally {
	return store.Kept(tx, func(t *tally) {
		t.moved = map[hilft.CaseID]*move{}
		tx.Before(func(ctx context.Context) error { return t.write(ctx, tx) })
	})
}

// moves notes that a case stands elsewhere from now on.
func (t *tally) moves(c Case, to standing) {
	if m := t.moved[c.ID]; m != nil {
		m.to = to
		return
	}
	t.moved[c.ID] = &move{c.Brand, c.read, to}
}

// adds are what the moves add to the built-in lists, and to the saved views that the transaction knows of.
func (t *tally) adds(views savedViews) map[tallied]int {
	adds := map[tallied]int{}
	for _, m := range t.moved {
		if m.from.same(&m.to) {
			continue
		}
		for _, l := range m.from.lists() {
			adds[tallied{m.brand, l}]--
		}
		for _, l := range m.to.lists() {
			adds[tallied{m.brand, l}]++
		}
		for i := range views[m.brand] {
			v := &views[m.brand][i]
			was, is := v.listOf(&m.from), v.listOf(&m.to)
			if was == is {
				continue
			}
			if was != "" {
				adds[tallied{m.brand, was}]--
			}
			if is != "" {
				adds[tallied{m.brand, is}]++
			}
		}
	}
	return adds
}

// tallySlots are how many rows share one number on Postgres, so that transactions seldom wait for each other to commit.
const tallySlots = 8

func (t *tally) write(ctx context.Context, tx *store.Tx) error {
	views, err := viewsWatched(ctx, tx)
	if err != nil {
		return err
	}
	return addTally(ctx, tx, t.adds(views))
}

// addTally adds to the numbers of the tally.
func addTally(ctx context.Context, tx *store.Tx, adds map[tallied]int) error {
	slot := 0
	if tx.Dialect() == store.Postgres {
		slot = rand.IntN(tallySlots)
	}
	var rows [][]any
	for key, n := range adds {
		if n != 0 {
			rows = append(rows, []any{string(key.brand), key.list, slot, n})
		}
	}
	// In one order, so that no two transactions wait for each other.
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(cmp.Compare(a[0].(string), b[0].(string)), cmp.Compare(a[1].(string), b[1].(string))) //nolint:forcetypeassert // made above
	})
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Insert(ctx, `INSERT INTO tally (brand_id, list, slot, n)`, rows, `ON CONFLICT (brand_id, list, slot) DO UPDATE SET n = tally.n + excluded.n`); err != nil {
		return fmt.Errorf("desk: tally: %w", err)
	}
	return nil
}

// Counts tells how many cases each view of a brand has.
func (d *Desk) Counts(ctx context.Context, see access.Sight, brand hilft.BrandID) (map[View]int, error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	counts := map[View]int{}
	for _, v := range Views {
		counts[v] = 0
	}
	mine := ofAgent(see.Agent)
	err := d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Rows(ctx, `SELECT list, CAST(SUM(n) AS BIGINT) FROM tally WHERE brand_id = ? AND list IN ('open', 'unassigned', 'trouble', 'waiting', 'asleep', 'solved', ?) GROUP BY list`,
			[]any{string(brand), mine}, func(scan func(into ...any) error) error {
				var list string
				var n int
				if err := scan(&list, &n); err != nil {
					return err
				}
				if list == mine {
					list = string(ViewMine)
				}
				counts[View(list)] = n
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("desk: counts: %w", err)
	}
	return counts, nil
}

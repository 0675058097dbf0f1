// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// The queue serves whoever asks the case that must be answered next and that nobody else has, and keeps it for them for some minutes.
// A case is kept for one tab at a time, whatever nodes are asked, and given back by itself when nobody says any more that it is open.
// It leaves no events: who was served what and when is nobody's business.

const (
	reservedFor   = 3 * time.Minute // long enough for a connection that breaks and comes back
	renewedBelow  = 2 * time.Minute // what is left when it is made longer
	soonMost      = 3               // cases that come after the one that is served
	reservedSweep = 500
)

// Asking is who asks for a case, and what they are not to get.
type Asking struct {
	Tab     string         // in which of their tabs it will be open; what that had reserved before is given back
	Current hilft.CaseID   // the one at hand
	Busy    []hilft.CaseID // those that others are known to have open
}

// Served is a case that was reserved for somebody; without an id: there is none.
type Served struct {
	Case
	Soon  []hilft.CaseID // those that would come next
	Freed []hilft.CaseID // those that were given back
}

// Serve finds the case of a list that must be answered next and that nobody else has, and reserves it. A case that is somebody else's is
// not taken from them. Invalid: in the view nobody waits for us.
func (d *Desk) Serve(ctx context.Context, see access.Sight, brand hilft.BrandID, l List, ask Asking) (Served, error) {
	if err := see.Demand(brand, access.Work, noSuchBrand); err != nil {
		return Served{}, err
	}
	var views []view
	if l.Saved != "" {
		l.View = ""
	}
	for _, name := range map[View][]View{ViewOpen: {ViewUnassigned, ViewMine}, ViewUnassigned: {ViewUnassigned}, ViewMine: {ViewMine}}[l.View] {
		v, _ := viewOf(name, brand, see.Agent)
		of := l
		of.View = name
		v, ok := v.narrowed(of)
		if !ok {
			break
		}
		views = append(views, v)
	}
	if len(views) == 0 && l.Saved == "" {
		return Served{}, hilft.FailField(hilft.Invalid, "inbox.no_such_view", "view", nil)
	}
	var out Served
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = Served{}
		if tx.Dialect() == store.Postgres { // one after the other, or all would want the same
			if err := tx.Defer(ctx, `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`, turn("", "queue\x00"+string(brand))); err != nil {
				return err
			}
		}
		var err error
		if out.Freed, err = freeUp(ctx, tx, `agent_id = ? AND tab = ?`, string(see.Agent), ask.Tab); err != nil {
			return err
		}
		waiting, err := queued(ctx, tx, views, ask)
		if l.Saved != "" {
			waiting, err = queuedIn(ctx, tx, see, brand, l, ask)
		}
		if err != nil {
			return err
		}
		for i, c := range waiting {
			n, err := tx.Exec(ctx, `INSERT INTO reservation (case_id, brand_id, agent_id, tab, until) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (case_id) DO UPDATE SET agent_id = excluded.agent_id, tab = excluded.tab, until = excluded.until WHERE reservation.until <= ?`,
				string(c.ID), string(c.Brand), string(see.Agent), ask.Tab, store.Micros(tx.Now().Add(reservedFor)), store.Micros(tx.Now()))
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			c.Reserved = see.Agent
			out.Case = c
			for _, next := range waiting[i+1 : min(i+1+soonMost, len(waiting))] {
				out.Soon = append(out.Soon, next.ID)
			}
			return nil
		}
		return nil
	})
	if err != nil {
		return Served{}, fmt.Errorf("desk: serve: %w", err)
	}
	return out, nil
}

// queued are the first cases of some views that nobody has reserved, who must be answered next first.
func queued(ctx context.Context, tx *store.Tx, views []view, ask Asking) ([]Case, error) {
	not := append(slices.Clone(ask.Busy), ask.Current)
	var all []Case
	for _, v := range views {
		in, list := store.In(tx, "c.id", texts(not))
		v.where += ` AND NOT EXISTS (SELECT 1 FROM reservation r WHERE r.case_id = c.id AND r.until > ?) AND NOT (` + in + `)`
		found, err := store.All(ctx, tx, v.page(soonMost+1, false), append(slices.Clone(v.args), store.Micros(tx.Now()), list),
			func(scan func(into ...any) error, c *Case) error {
				var key int64
				return scanCase(func(into ...any) error { return scan(append(into, &key)...) }, c)
			})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b Case) int { return cmp.Or(cmp.Compare(a.Rank(), b.Rank()), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// queuedIn is queued for a saved view: those of its cases that are open, and nobody else's. However few those are, no more than passMost
// are looked at.
func queuedIn(ctx context.Context, tx *store.Tx, see access.Sight, brand hilft.BrandID, l List, ask Asking) ([]Case, error) {
	v, err := viewFor(ctx, tx, see, l.Saved, "")
	if err != nil {
		return nil, err
	}
	if v.Brand != brand {
		return nil, noSuchView
	}
	not := append(slices.Clone(ask.Busy), ask.Current)
	reserved, err := store.All(ctx, tx, `SELECT case_id FROM reservation WHERE brand_id = ? AND until > ?`, []any{string(brand), store.Micros(tx.Now())},
		func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) })
	if err != nil {
		return nil, err
	}
	not = append(not, reserved...)
	var ids []hilft.CaseID
	seen := 0
	err = v.Filter.narrowed(l).walk(ctx, tx, brand, see.Agent, OrderNext, nil, func(c passed) bool {
		seen++
		ours := c.state == hilft.Open && (c.agent == "" || c.agent == see.Agent)
		if ours && v.Filter.has(&c.standing, see.Agent) && l.has(&c.standing) && !slices.Contains(not, c.id) {
			ids = append(ids, c.id)
		}
		return len(ids) <= soonMost && seen < passMost
	})
	if err != nil {
		return nil, err
	}
	where, list := store.In(tx, "c.id", texts(ids))
	all, err := store.All(ctx, tx, caseColumns+`WHERE `+where, []any{list}, scanCase)
	slices.SortFunc(all, func(a, b Case) int { return cmp.Or(cmp.Compare(a.Rank(), b.Rank()), cmp.Compare(a.ID, b.ID)) })
	return all, err
}

// Renew keeps a case for a tab for longer that has it open. What has ended is not reserved again by that: somebody else may have it.
func (d *Desk) Renew(ctx context.Context, see access.Sight, id hilft.CaseID, tab string) error {
	var ends int64
	err := d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT until FROM reservation WHERE case_id = ? AND agent_id = ? AND tab = ?`, []any{string(id), string(see.Agent), tab}, &ends)
	})
	if store.IsNoRows(err) || err == nil && store.Time(ends).After(d.db.Now().Add(renewedBelow)) {
		return nil // it is said every few seconds, and written once a minute
	}
	if err != nil {
		return fmt.Errorf("desk: renew: %w", err)
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE reservation SET until = ? WHERE case_id = ? AND agent_id = ? AND tab = ? AND until > ? AND until < ?`,
			store.Micros(tx.Now().Add(reservedFor)), string(id), string(see.Agent), tab, store.Micros(tx.Now()), store.Micros(tx.Now().Add(renewedBelow)))
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: renew: %w", err)
	}
	return nil
}

// Release gives a case back that was reserved for a tab.
func (d *Desk) Release(ctx context.Context, see access.Sight, id hilft.CaseID, tab string) (c Case, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if c, err = oneCase(ctx, tx, see, id); err != nil {
			return err
		}
		if err := see.Demand(c.Brand, access.Work, noSuchCase); err != nil {
			return err
		}
		_, err := freeUp(ctx, tx, `case_id = ? AND agent_id = ? AND tab = ?`, string(id), string(see.Agent), tab)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("desk: release: %w", err)
	}
	return c, nil
}

// EndReservations gives back what nobody has said of for too long that it is open, and returns it by its brand.
func (d *Desk) EndReservations(ctx context.Context) (ended map[hilft.BrandID][]hilft.CaseID, err error) {
	ended = map[hilft.BrandID][]hilft.CaseID{}
	var over []string
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		over, err = store.All(ctx, tx, `SELECT case_id FROM reservation WHERE until <= ? ORDER BY until LIMIT ?`, []any{store.Micros(tx.Now()), reservedSweep},
			func(scan func(into ...any) error, id *string) error { return scan(id) })
		return err
	})
	if err == nil && len(over) > 0 {
		err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			clear(ended)
			in, list := store.In(tx, "case_id", over)
			return tx.Rows(ctx, `DELETE FROM reservation WHERE until <= ? AND `+in+` RETURNING brand_id, case_id`, []any{store.Micros(tx.Now()), list}, func(scan func(into ...any) error) error {
				var b hilft.BrandID
				var id hilft.CaseID
				err := scan(&b, &id)
				ended[b] = append(ended[b], id)
				return err
			})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("desk: reservations: %w", err)
	}
	return ended, nil
}

func freeUp(ctx context.Context, tx *store.Tx, where string, args ...any) ([]hilft.CaseID, error) {
	return store.All(ctx, tx, `DELETE FROM reservation WHERE `+where+` RETURNING case_id`, args, func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) })
}

// unreserved is a case after somebody has done something with it: one that waits for nobody, or is somebody's, is kept for nobody else.
func unreserved(ctx context.Context, tx *store.Tx, c Case) error {
	q, args := `DELETE FROM reservation WHERE case_id = ?`, []any{string(c.ID)}
	switch {
	case c.State != hilft.Open:
	case c.Agent != "":
		q, args = q+` AND agent_id <> ?`, append(args, string(c.Agent))
	default:
		return nil
	}
	if err := tx.Defer(ctx, q, args...); err != nil {
		return fmt.Errorf("desk: reservation: %w", err)
	}
	return nil
}

func pointers[T any](all []T) []*T {
	to := make([]*T, len(all))
	for i := range all {
		to[i] = &all[i]
	}
	return to
}

// reserve says of cases of a brand for whom they are reserved.
func reserve(ctx context.Context, tx *store.Tx, brand hilft.BrandID, all ...*Case) error {
	if len(all) == 0 {
		return nil
	}
	by := map[hilft.CaseID]hilft.AgentID{}
	err := tx.Rows(ctx, `SELECT case_id, agent_id FROM reservation WHERE until > ? AND brand_id = ?`, []any{store.Micros(tx.Now()), string(brand)}, func(scan func(into ...any) error) error {
		var id hilft.CaseID
		var g hilft.AgentID
		err := scan(&id, &g)
		by[id] = g
		return err
	})
	for _, c := range all {
		c.Reserved = by[c.ID]
	}
	return err
}

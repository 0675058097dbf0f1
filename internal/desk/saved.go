// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// SavedView is a list that somebody has put together: their own, or all of a brand's.
type SavedView struct {
	ID     hilft.ViewID
	Brand  hilft.BrandID
	Owner  hilft.AgentID
	Shared bool // all who read in the brand have it
	Name   string
	Filter Filter
	Order  Order

	counted bool   // the tally has what was there before it
	list    string // as the tally names it
	mine    bool   // and each agent's apart
	place   int64
}

// Wish is how somebody wants a saved view to be.
type Wish struct {
	Name   string
	Filter Filter
	Order  Order
	Shared bool
}

// How many views there are: each is looked at whenever a case changes.
const (
	viewNameMost = 40  // runes
	viewsOwn     = 20  // of an agent in a brand
	viewsShared  = 50  // of a brand
	viewsMost    = 500 // of a brand, all of its agents' together
	viewChange   = `desk: view: %w`
)

var noSuchView = hilft.FailField(hilft.NotFound, "view.not_found", "view", nil)

const viewColumns = `SELECT id, brand_id, owner_id, shared, name, filter, sort, place, list, mine, counted FROM saved_view `

func scanView(scan func(into ...any) error, v *SavedView) error {
	var shared, mine, counted int
	var filter string
	if err := scan(&v.ID, &v.Brand, &v.Owner, &shared, &v.Name, &filter, &v.Order, &v.place, &v.list, &mine, &counted); err != nil {
		return err
	}
	v.Shared, v.mine, v.counted = shared == 1, mine == 1, counted == 1
	return json.Unmarshal([]byte(filter), &v.Filter)
}

// listOf is the list of the tally in which a view has a case that stands so; empty: the view does not have it.
func (v *SavedView) listOf(s *standing) string {
	if s.state == "" || !v.Filter.has(s, s.agent) {
		return ""
	}
	if v.mine {
		return v.list + ":" + string(s.agent)
	}
	return v.list
}

// SavedViews lists the views that somebody has in a brand, those of the brand first, then their own, each in its order.
func (d *Desk) SavedViews(ctx context.Context, see access.Sight, brand hilft.BrandID) (all []SavedView, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return nil, err
	}
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, viewColumns+`WHERE brand_id = ? AND (shared = 1 OR owner_id = ?) ORDER BY shared DESC, place, id`, []any{string(brand), string(see.Agent)}, scanView)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("desk: views: %w", err)
	}
	return all, nil
}

// viewFor finds a view for whoever sees it.
func viewFor(ctx context.Context, tx *store.Tx, see access.Sight, id hilft.ViewID, lock string) (SavedView, error) {
	all, err := store.All(ctx, tx, viewColumns+`WHERE id = ?`+lock, []any{string(id)}, scanView)
	if err != nil {
		return SavedView{}, fmt.Errorf(viewChange, err)
	}
	if len(all) == 0 || !all[0].Shared && all[0].Owner != see.Agent {
		return SavedView{}, noSuchView
	}
	return all[0], see.Demand(all[0].Brand, access.Read, noSuchView)
}

// changes demands that somebody may change a view: their own, or one of a brand that they lead.
func (v *SavedView) changes(see access.Sight) error {
	if v.Shared {
		return see.Demand(v.Brand, access.Lead, noSuchView)
	}
	return see.Demand(v.Brand, access.Work, noSuchView)
}

// SaveView adds a view, behind the others. Whoever works in a brand has own ones; its leads make those that all have. Until what is
// there already is counted, it has no number. Invalid: its name, a part of its filter, or there are too many.
func (d *Desk) SaveView(ctx context.Context, see access.Sight, brand hilft.BrandID, w Wish) (v SavedView, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return SavedView{}, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		v = SavedView{ID: hilft.ViewID(hilft.NewIDAt(tx.Now())), Brand: brand, Owner: see.Agent, Shared: w.Shared}
		if err := v.changes(see); err != nil {
			return err
		}
		if err := v.become(ctx, tx, w); err != nil {
			return err
		}
		if err := roomForView(ctx, tx, &v); err != nil {
			return err
		}
		filter, err := json.Marshal(v.Filter)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO saved_view (id, brand_id, owner_id, shared, name, filter, sort, place, list, mine, counted, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
			string(v.ID), string(brand), string(v.Owner), store.Bit(v.Shared), v.Name, string(filter), string(v.Order), v.place, v.list, store.Bit(v.mine), store.Micros(tx.Now())); err != nil {
			return err
		}
		return d.viewChanged(ctx, tx, see, v, v.Shared, audit.ViewShared, true)
	})
	if err != nil {
		return SavedView{}, fmt.Errorf(viewChange, err)
	}
	return v, nil
}

// roomForView puts a view behind those of its kind. Invalid: there are as many as there may be.
func roomForView(ctx context.Context, tx *store.Tx, v *SavedView) error {
	var all, kind int
	if err := tx.Row(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN shared = ? AND (shared = 1 OR owner_id = ?) THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(MAX(place), 0) + 1 AS BIGINT) FROM saved_view WHERE brand_id = ? AND id <> ?`,
		[]any{store.Bit(v.Shared), string(v.Owner), string(v.Brand), string(v.ID)}, &all, &kind, &v.place); err != nil {
		return err
	}
	if most := map[bool]int{true: viewsShared, false: viewsOwn}[v.Shared]; kind >= most || all >= viewsMost {
		return hilft.FailField(hilft.Invalid, "view.too_many", "shared", nil)
	}
	return nil
}

// become makes a view as somebody wishes it. Where that finds other cases, they are to be counted.
func (v *SavedView) become(ctx context.Context, tx *store.Tx, w Wish) error {
	name := people.CleanName(w.Name)
	switch {
	case name == "":
		return hilft.FailField(hilft.Invalid, "view.nothing", "name", nil)
	case utf8.RuneCountInString(name) > viewNameMost:
		return hilft.FailField(hilft.Invalid, "view.long", "name", nil)
	case !w.Filter.sound() || w.Order != OrderNext && w.Order != OrderChanged:
		return hilft.FailField(hilft.Invalid, "view.filter", "filter", nil)
	}
	v.Name, v.Order = name, w.Order
	if v.list != "" && v.Filter.same(&w.Filter) {
		return nil
	}
	if len(w.Filter.Tags) > 0 {
		where, list := store.In(tx, "id", texts(w.Filter.Tags))
		there, err := store.All(ctx, tx, tagColumns+`WHERE brand_id = ? AND goes = 0 AND `+where, []any{string(v.Brand), list}, scanTag)
		if err != nil {
			return err
		}
		if len(there) != len(w.Filter.Tags) {
			return hilft.FailField(hilft.Invalid, "view.gone", "filter.tags", nil)
		}
	}
	v.Filter, v.mine, v.counted = w.Filter, w.Filter.Owner == OwnerMe, false
	v.list = listsOf(v.ID) + hilft.NewID()
	return nil
}

// listsOf is how the lists of a view begin, as the tally names them.
func listsOf(id hilft.ViewID) string { return "view:" + string(id) + ":" }

func (f *Filter) same(o *Filter) bool {
	a, err1 := json.Marshal(f)
	b, err2 := json.Marshal(o)
	return err1 == nil && err2 == nil && string(a) == string(b)
}

// ChangeView makes a view as somebody wishes it; their own, or as a lead one of the brand. One that is shared no more is theirs.
func (d *Desk) ChangeView(ctx context.Context, see access.Sight, id hilft.ViewID, w Wish) error {
	return d.alterView(ctx, see, id, func(ctx context.Context, tx *store.Tx, v SavedView) error {
		was := v
		if err := v.become(ctx, tx, w); err != nil {
			return err
		}
		if v.Shared = w.Shared; v.Shared != was.Shared {
			if err := v.changes(see); err != nil {
				return err
			}
			v.Owner = see.Agent
			if err := roomForView(ctx, tx, &v); err != nil {
				return err
			}
		}
		filter, err := json.Marshal(v.Filter)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE saved_view SET owner_id = ?, shared = ?, name = ?, filter = ?, sort = ?, place = ?, list = ?, mine = ?, counted = ? WHERE id = ?`,
			string(v.Owner), store.Bit(v.Shared), v.Name, string(filter), string(v.Order), v.place, v.list, store.Bit(v.mine), store.Bit(v.counted), string(id)); err != nil {
			return err
		}
		what := audit.ViewChanged
		if v.Shared && !was.Shared {
			what = audit.ViewShared
		}
		return d.viewChanged(ctx, tx, see, v, v.Shared || was.Shared, what, v.list != was.list)
	})
}

// RemoveView takes a view away: their own, or as a lead one of the brand. Its cases stay as they are.
func (d *Desk) RemoveView(ctx context.Context, see access.Sight, id hilft.ViewID) error {
	return d.alterView(ctx, see, id, func(ctx context.Context, tx *store.Tx, v SavedView) error {
		if _, err := tx.Exec(ctx, `DELETE FROM saved_view WHERE id = ?`, string(id)); err != nil {
			return err
		}
		return d.viewChanged(ctx, tx, see, v, v.Shared, audit.ViewRemoved, true)
	})
}

// OrderViews puts the views of a brand in an order, those that it leaves out behind. Whoever may not change one leaves it where it is.
func (d *Desk) OrderViews(ctx context.Context, see access.Sight, brand hilft.BrandID, ids []hilft.ViewID) error {
	if err := see.Demand(brand, access.Work, noSuchBrand); err != nil {
		return err
	}
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := store.All(ctx, tx, viewColumns+`WHERE brand_id = ? AND (shared = 1 OR owner_id = ?) ORDER BY id`+tx.Lock(), []any{string(brand), string(see.Agent)}, scanView)
		if err != nil {
			return err
		}
		lead := see.May(brand, access.Lead)
		all = slices.DeleteFunc(all, func(v SavedView) bool { return v.Shared && !lead })
		at := func(v SavedView) int {
			if i := slices.Index(ids, v.ID); i >= 0 {
				return i
			}
			return len(ids)
		}
		slices.SortStableFunc(all, func(a, b SavedView) int { return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a.place, b.place)) })
		for i, v := range all {
			if err := tx.Defer(ctx, `UPDATE saved_view SET place = ? WHERE id = ?`, i+1, string(v.ID)); err != nil {
				return err
			}
		}
		return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventViewsChanged, Brand: brand, Agent: see.Agent})
	})
	if err != nil {
		return fmt.Errorf(viewChange, err)
	}
	return nil
}

func (d *Desk) alterView(ctx context.Context, see access.Sight, id hilft.ViewID, fn func(ctx context.Context, tx *store.Tx, v SavedView) error) error {
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		v, err := viewFor(ctx, tx, see, id, tx.Lock())
		if err == nil {
			err = v.changes(see)
		}
		if err != nil {
			return err
		}
		return fn(ctx, tx, v)
	})
	if err != nil {
		return fmt.Errorf(viewChange, err)
	}
	return nil
}

// viewChanged tells all who have a view that it is not as it was, and writes into the trail what a brand has in common. Where it is
// about other cases than before, all who change cases know from now on, and what is there already is counted.
func (d *Desk) viewChanged(ctx context.Context, tx *store.Tx, see access.Sight, v SavedView, common bool, what audit.What, others bool) error {
	if others {
		if _, err := tx.Exec(ctx, `INSERT INTO saved_view_stamp (one, stamp) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET stamp = excluded.stamp`, hilft.NewID()); err != nil {
			return err
		}
		if err := d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobCount, Args: counting{v.ID, v.Brand}}); err != nil {
			return err
		}
	}
	if common {
		if err := access.Trail(ctx, tx, what, v.Brand, string(v.ID), nil); err != nil {
			return err
		}
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventViewsChanged, Brand: v.Brand, Subject: string(v.ID), Agent: see.Agent})
}

// savedViews are the views of a house, by brand.
type savedViews map[hilft.BrandID][]SavedView

// knownViews are the views of the house in which cases were changed last: until the stamp is another, they are these. A stamp is of
// one house and one moment, so where several run in one process they are read more often, and nothing else.
var knownViews atomic.Pointer[stamped]

type stamped struct {
	stamp string
	views savedViews
}

// watch is what a transaction that changes cases knows of the saved views. It asks before it has changed anything, together with what
// it asks anyhow: a view that is made later waits, before what is there is counted, until such transactions are over.
type watch struct {
	asked, told bool
	stamp       string
}

func watchOf(tx *store.Tx) *watch { return store.Kept(tx, func(*watch) {}) }

// watchViews asks for the stamp of the saved views, once in a transaction.
func watchViews(ctx context.Context, tx *store.Tx) error {
	w := watchOf(tx)
	if w.asked {
		return nil
	}
	w.asked = true
	// One row, even where there never was a view: an answer is told from none.
	return tx.DeferRows(ctx, `SELECT COALESCE((SELECT stamp FROM saved_view_stamp WHERE one = 1), '')`, nil, func(scan func(into ...any) error) error {
		w.told = true
		return scan(&w.stamp)
	})
}

// viewsWatched are the saved views as the transaction knows them.
func viewsWatched(ctx context.Context, tx *store.Tx) (savedViews, error) {
	if err := watchViews(ctx, tx); err != nil {
		return nil, err
	}
	w := watchOf(tx)
	if !w.told {
		if err := tx.Flush(ctx); err != nil {
			return nil, err
		}
	}
	if w.stamp == "" {
		return savedViews{}, nil
	}
	if known := knownViews.Load(); known != nil && known.stamp == w.stamp {
		return known.views, nil
	}
	// One question, so that the stamp is of these views; it may be a newer one.
	now := stamped{views: savedViews{}}
	err := tx.Rows(ctx, `SELECT s.stamp, v.id, v.brand_id, v.filter, v.list, v.mine FROM saved_view_stamp s LEFT JOIN saved_view v ON v.id <> '' WHERE s.one = 1 ORDER BY v.id`, nil,
		func(scan func(into ...any) error) error {
			var id, brand, filter, list *string
			var mine *int
			if err := scan(&now.stamp, &id, &brand, &filter, &list, &mine); err != nil || id == nil {
				return err
			}
			v := SavedView{ID: hilft.ViewID(*id), Brand: hilft.BrandID(*brand), list: *list, mine: *mine == 1}
			now.views[v.Brand] = append(now.views[v.Brand], v)
			all := now.views[v.Brand]
			return json.Unmarshal([]byte(*filter), &all[len(all)-1].Filter)
		})
	if err != nil {
		return nil, fmt.Errorf("desk: views: %w", err)
	}
	knownViews.Store(&now)
	return now.views, nil
}

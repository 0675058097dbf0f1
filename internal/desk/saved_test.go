// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// saves saves a view and lets it be counted.
func (r *room) saves(see access.Sight, w Wish) SavedView {
	r.t.Helper()
	if w.Order == "" {
		w.Order = OrderNext
	}
	v, err := r.desk.SaveView(r.t.Context(), see, brand, w)
	require.NoError(r.t, err)
	r.counts()
	return v
}

// counts lets what is to be counted be counted.
func (r *room) counts() {
	r.t.Helper()
	for {
		var ids []int64
		var all []counting
		require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Rows(ctx, `SELECT id, args FROM job WHERE kind = 'count' ORDER BY id`, nil, func(scan func(into ...any) error) error {
				var id int64
				var args string
				var c counting
				if err := scan(&id, &args); err != nil {
					return err
				}
				ids = append(ids, id)
				err := jobs.Job{Args: []byte(args)}.Read(&c)
				all = append(all, c)
				return err
			})
		}))
		if len(all) == 0 {
			return
		}
		for i, c := range all {
			for range 2 { // it may be done twice
				require.NoError(r.t, r.desk.countView(r.t.Context(), c, func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, `DELETE FROM job WHERE id = ?`, ids[i])
					return err
				}))
			}
		}
	}
}

// numberOf is the number of a view for somebody; -2: they do not have it.
func (r *room) numberOf(see access.Sight, id hilft.ViewID) int {
	r.t.Helper()
	counts, err := r.desk.SavedCounts(r.t.Context(), see, brand)
	require.NoError(r.t, err)
	if n, has := counts[id]; has {
		return n
	}
	return -2
}

func (r *room) names(see access.Sight) (all []string) {
	r.t.Helper()
	views, err := r.desk.SavedViews(r.t.Context(), see, brand)
	require.NoError(r.t, err)
	for _, v := range views {
		all = append(all, v.Name)
	}
	return all
}

func TestWhoeverWorksSavesViewsAndLeadsShareThem(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		open := Filter{States: []hilft.CaseState{hilft.Open}}
		own := r.saves(as(ada), Wish{Name: " Bens\u202E Ecke ", Filter: Filter{Owner: OwnerAgent, Agent: ben}})
		require.Equal(t, "Bens Ecke", own.Name)
		_, err := r.desk.SaveView(ctx, as(ada), brand, Wish{Name: "Alle", Filter: open, Order: OrderNext, Shared: true})
		r.is(err, hilft.Forbidden)
		_, err = r.desk.SaveView(ctx, being(access.RoleReader, brand, ben), brand, Wish{Name: "x", Order: OrderNext})
		r.is(err, hilft.Forbidden)
		_, err = r.desk.SaveView(ctx, at("other", ada), brand, Wish{Name: "x", Order: OrderNext})
		r.is(err, hilft.NotFound)
		lead := being(access.RoleLead, brand, "lea")
		all := r.saves(lead, Wish{Name: "Alle", Filter: open, Shared: true})
		late := r.saves(lead, Wish{Name: "Spät", Filter: Filter{Due: DueLate}, Shared: true})

		require.Equal(t, []string{"Alle", "Spät", "Bens Ecke"}, r.names(as(ada)), "those of the brand first")
		require.Equal(t, []string{"Alle", "Spät"}, r.names(being(access.RoleReader, brand, ben)), "nobody sees another's own")
		r.is(r.desk.ChangeView(ctx, as(ben), own.ID, Wish{Name: "Meins", Order: OrderNext}), hilft.NotFound)
		r.is(r.desk.RemoveView(ctx, lead, own.ID), hilft.NotFound)
		r.is(r.desk.RemoveView(ctx, as(ada), all.ID), hilft.Forbidden)
		r.is(r.desk.RemoveView(ctx, at("other", ada), all.ID), hilft.NotFound)
		_, err = r.desk.Inbox(ctx, as(ben), brand, List{Saved: own.ID}, "", 5)
		r.is(err, hilft.NotFound)
		_, err = r.desk.Inbox(ctx, at("other", ada), "other", List{Saved: all.ID}, "", 5)
		r.is(err, hilft.NotFound)

		require.NoError(t, r.desk.OrderViews(ctx, lead, brand, []hilft.ViewID{late.ID, own.ID, all.ID}))
		require.Equal(t, []string{"Spät", "Alle"}, r.names(lead))
		require.NoError(t, r.desk.ChangeView(ctx, lead, all.ID, Wish{Name: "Leas", Filter: open, Order: OrderChanged}))
		require.Equal(t, []string{"Spät", "Bens Ecke"}, r.names(as(ada)), "shared no more")
		require.Equal(t, []string{"Spät", "Leas"}, r.names(lead))
		require.NoError(t, r.desk.RemoveView(ctx, lead, late.ID))
		r.is(r.desk.RemoveView(ctx, lead, late.ID), hilft.NotFound)
		r.counts()

		for _, bad := range []Wish{
			{Name: "", Order: OrderNext},
			{Name: "\u202E\u200F", Order: OrderNext},
			{Name: strings.Repeat("ä", 10_000), Order: OrderNext},
			{Name: "x"},
			{Name: "x", Order: "c.rank; DROP TABLE cases"},
			{Name: "x", Order: OrderNext, Filter: Filter{States: []hilft.CaseState{"x"}}},
			{Name: "x", Order: OrderNext, Filter: Filter{Tags: []hilft.TagID{"of another brand"}}},
		} {
			_, err = r.desk.SaveView(ctx, as(ada), brand, bad)
			r.is(err, hilft.Invalid)
		}
		r.saves(as(ada), Wish{Name: "👩🏽‍💻🏳️‍🌈"})
		for range viewsOwn - 2 {
			_, err = r.desk.SaveView(ctx, as(ada), brand, Wish{Name: "x", Order: OrderNext})
			require.NoError(t, err)
		}
		_, err = r.desk.SaveView(ctx, as(ada), brand, Wish{Name: "x", Order: OrderNext})
		r.is(err, hilft.Invalid)
	})
}

func TestASavedViewHasItsCasesAndItsNumberFollowsThem(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		for _, name := range []string{"1", "2", "3", "4"} {
			r.hear(r.says(name, name, name))
		}
		r.clock.Forward(time.Second)
		_, err := r.desk.Tag(ctx, as(ada), r.message("2").Case, []string{"Störung", "Rechnung"}, nil)
		require.NoError(t, err)
		r.clock.Forward(time.Second)
		_, err = r.desk.Tag(ctx, as(ada), r.message("3").Case, []string{"Störung"}, nil)
		require.NoError(t, err)
		_, err = r.desk.Assign(ctx, as(ada), r.message("3").Case, as(ben))
		require.NoError(t, err)
		fault, bill := r.tagID("Störung"), r.tagID("Rechnung")
		either := r.saves(as(ada), Wish{Name: "oder", Filter: Filter{Tags: []hilft.TagID{fault, bill}}})
		both := r.saves(as(ada), Wish{Name: "und", Filter: Filter{Tags: []hilft.TagID{fault, bill}, AllTags: true}})
		mine := r.saves(leads(brand), Wish{Name: "meine", Filter: Filter{Owner: OwnerMe}, Shared: true})
		last := r.saves(as(ada), Wish{Name: "zuletzt", Order: OrderChanged})
		number := func(want ...int) {
			t.Helper()
			var got []int
			for _, v := range []hilft.ViewID{either.ID, both.ID, mine.ID, last.ID} {
				got = append(got, r.numberOf(as(ben), v), r.numberOf(as(ada), v))
			}
			require.Equal(t, want, got)
		}
		number(-2, 2, -2, 1, 1, 0, -2, 4)
		require.Equal(t, []string{"2", "3"}, r.listed(List{Saved: either.ID}, 1))
		require.Equal(t, []string{"2"}, r.listed(List{Saved: both.ID}, 5))
		require.Empty(t, r.listed(List{Saved: mine.ID}, 5))
		require.Equal(t, []string{"3", "2", "4", "1"}, r.listed(List{Saved: last.ID}, 3))
		require.Equal(t, []string{"2"}, r.listed(List{Saved: last.ID, Tag: bill}, 5))

		for _, do := range []func() (Acted, error){
			func() (Acted, error) { return r.desk.Assign(ctx, as(ada), r.message("2").Case, as(ada)) },
			func() (Acted, error) { return r.desk.Tag(ctx, as(ada), r.message("3").Case, nil, []hilft.TagID{fault}) },
			func() (Acted, error) { return r.desk.Prioritise(ctx, as(ada), r.message("1").Case, hilft.Urgent) },
		} {
			_, err := do()
			require.NoError(t, err)
		}
		r.hear(r.says("5", "5", "5"))
		number(-2, 1, -2, 1, 1, 1, -2, 5)
		require.Equal(t, []string{"2"}, r.listed(List{Saved: mine.ID}, 5))
		require.Equal(t, []string{"1"}, r.listed(List{Saved: last.ID, Priority: hilft.Urgent}, 5))

		// One that is about other cases from now on has no number until those are counted, also where cases change meanwhile.
		require.NoError(t, r.desk.ChangeView(ctx, as(ada), both.ID, Wish{Name: "eilig", Filter: Filter{Priorities: []hilft.Priority{hilft.Urgent}}, Order: OrderNext}))
		require.Equal(t, Counting, r.numberOf(as(ada), both.ID))
		_, err = r.desk.Prioritise(ctx, as(ada), r.message("5").Case, hilft.Urgent)
		require.NoError(t, err)
		r.counts()
		require.Equal(t, 2, r.numberOf(as(ada), both.ID))
		require.Equal(t, []string{"1", "5"}, r.listed(List{Saved: both.ID}, 5))

		// A tag that goes takes those out of the view that had no other, and the view stays.
		require.NoError(t, r.desk.RemoveTag(ctx, leads(brand), bill, ""))
		r.works(hilft.JobRetag, r.desk.retag)
		require.Equal(t, []string{"2"}, r.listed(List{Saved: either.ID}, 5), "by its other tag")
		require.Equal(t, 1, r.numberOf(as(ada), either.ID))
		require.NoError(t, r.desk.ChangeView(ctx, as(ada), either.ID, Wish{Name: "anders", Filter: either.Filter, Order: OrderNext}), "its name alone")
		r.is(r.desk.ChangeView(ctx, as(ada), either.ID, Wish{Name: "x", Filter: Filter{Tags: []hilft.TagID{bill}}, Order: OrderNext}), hilft.Invalid)
	})
}

// Whatever people do at the same time, and while views come, change and go.
func TestTheNumbersOfSavedViewsAreExact(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		const cases = 12
		for i := range cases {
			r.hear(r.says(fmt.Sprint(i), fmt.Sprint(i), "x"))
		}
		var ids []hilft.CaseID
		for i := range cases {
			ids = append(ids, r.message(fmt.Sprint(i)).Case)
		}
		_, err := r.desk.Tag(ctx, as(ada), ids[0], []string{"A", "B"}, nil)
		require.NoError(t, err)
		a, b := r.tagID("A"), r.tagID("B")
		random := func(rnd *rand.Rand) Filter {
			filters := []Filter{
				{},
				{States: []hilft.CaseState{hilft.Open}, Owner: OwnerMe},
				{Tags: []hilft.TagID{a, b}},
				{Tags: []hilft.TagID{a}, States: []hilft.CaseState{hilft.Open, hilft.Solved}},
				{Owner: OwnerNobody},
				{Owner: OwnerAgent, Agent: ben},
				{Owner: OwnerMe},
				{Priorities: []hilft.Priority{hilft.High, hilft.Urgent}},
				{States: []hilft.CaseState{hilft.Asleep}},
			}
			return filters[rnd.IntN(len(filters))]
		}
		var wait sync.WaitGroup
		for w := range 3 {
			rnd := rand.New(rand.NewPCG(7, uint64(w)))
			wait.Go(func() {
				for range 40 {
					id, see := ids[rnd.IntN(cases)], as([]hilft.AgentID{ada, ben}[rnd.IntN(2)])
					var err error
					switch rnd.IntN(6) {
					case 0:
						_, err = r.desk.Assign(ctx, see, id, []access.Sight{{}, as(ada), as(ben)}[rnd.IntN(3)])
					case 1:
						_, err = r.desk.Tag(ctx, see, id, []string{"A", "B"}[rnd.IntN(2):], []hilft.TagID{a, b}[rnd.IntN(2):])
					case 2:
						_, err = r.desk.Prioritise(ctx, see, id, []hilft.Priority{hilft.High, hilft.Normal}[rnd.IntN(2)])
					case 3:
						_, err = r.desk.Reopen(ctx, see, id)
					case 4:
						_, err = r.desk.Sleep(ctx, see, id, r.clock.Now().Add(hour), "")
					case 5:
						_, err = r.solveBlindly(id)
					}
					if k := hilft.KindOf(err); err != nil && k != hilft.Conflict && k != hilft.Invalid {
						t.Error(err)
					}
				}
			})
		}
		rnd := rand.New(rand.NewPCG(7, 7))
		var views []hilft.ViewID
		for range 25 {
			wish := Wish{Name: "x", Filter: random(rnd), Order: []Order{OrderNext, OrderChanged}[rnd.IntN(2)], Shared: true}
			switch n := rnd.IntN(4); {
			case n < 2 || len(views) == 0:
				v, err := r.desk.SaveView(ctx, leads(brand), brand, wish)
				require.NoError(t, err)
				views = append(views, v.ID)
			case n == 2:
				require.NoError(t, r.desk.ChangeView(ctx, leads(brand), views[rnd.IntN(len(views))], wish))
			default:
				i := rnd.IntN(len(views))
				require.NoError(t, r.desk.RemoveView(ctx, leads(brand), views[i]))
				views = slices.Delete(views, i, i+1)
			}
			if rnd.IntN(2) == 0 {
				r.counts()
			}
		}
		wait.Wait()
		r.counts()
		require.Zero(t, r.count(`SELECT COUNT(*) FROM saved_view WHERE counted = 0`))
		// What is in the lists is what their numbers say.
		for _, id := range views {
			for _, see := range []access.Sight{as(ada), as(ben)} {
				cursor, n := "", 0
				for {
					page, err := r.desk.Inbox(ctx, see, brand, List{Saved: id}, cursor, 5)
					require.NoError(t, err)
					n += len(page.Cases)
					if cursor = page.Next; cursor == "" {
						break
					}
				}
				require.Equal(t, n, r.numberOf(see, id))
			}
		}
	})
}

// solveBlindly solves a case, having seen what was last said in it.
func (r *room) solveBlindly(id hilft.CaseID) (Acted, error) {
	t, err := r.desk.Case(r.t.Context(), as(ada), id)
	if err != nil {
		return Acted{}, err
	}
	return r.desk.Solve(r.t.Context(), as(ada), id, t.Messages[len(t.Messages)-1].ID)
}

// A page of a view of which there is little among much says how far it came, and takes no longer for that.
func TestAPageOfASavedViewLooksAtSoMuchAndNoMore(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		const many = passMost + 50
		require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			all := make([]Case, many)
			for i := range all {
				all[i] = Case{
					ID: hilft.CaseID(fmt.Sprintf("c%05d", i)), Number: int64(i + 1), Brand: brand, Person: "p", Title: fmt.Sprint(i), State: hilft.Open, Account: "a", Network: "n",
					Visibility: hilft.Public, DueAt: time.UnixMicro(int64(i/2 + 1)),
				}
			}
			all[3].Account, all[many-1].Account = "b", "b"
			return insertCases(ctx, tx, all...)
		}))
		v := r.saves(as(ada), Wish{Name: "b", Filter: Filter{Accounts: []hilft.AccountID{"b"}}})
		require.Equal(t, 2, r.numberOf(as(ada), v.ID))
		first, err := r.desk.Inbox(t.Context(), as(ada), brand, List{Saved: v.ID}, "", 50)
		require.NoError(t, err)
		require.Len(t, first.Cases, 1)
		require.Equal(t, hilft.CaseID(fmt.Sprintf("c%05d", passMost-1)), first.Until.ID)
		then, err := r.desk.Inbox(t.Context(), as(ada), brand, List{Saved: v.ID}, first.Next, 50)
		require.NoError(t, err)
		require.Len(t, then.Cases, 1)
		require.Empty(t, then.Next)
		require.Equal(t, fmt.Sprint(many-1), then.Cases[0].Title)
	})
}

// plantView is a view that has nothing to be counted.
func plantView(ctx context.Context, tx *store.Tx, i int, f Filter) error {
	filter, err := json.Marshal(f)
	if err != nil {
		return err
	}
	id := fmt.Sprint("v", i)
	if _, err := tx.Exec(ctx, `INSERT INTO saved_view (id, brand_id, owner_id, shared, name, filter, sort, place, list, mine, counted, made_at) VALUES (?, ?, 'ada', 1, 'x', ?, 'next', 1, ?, ?, 1, 0)`,
		id, string(brand), string(filter), "view:"+id+":1", store.Bit(f.Owner == OwnerMe)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO saved_view_stamp (one, stamp) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET stamp = excluded.stamp`, hilft.NewID())
	return err
}

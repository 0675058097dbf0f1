// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
	"github.com/hilft/hilft/internal/store/storetest"
)

// However many cases there are, a page is found by its index, wherever in its list it lies: nothing before it is read,
// and nothing is sorted.
func TestAPageIsARangeOfItsIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, index := range map[View]string{
			ViewOpen: "cases_next", ViewMine: "cases_owner", ViewUnassigned: "cases_owner", ViewTrouble: "cases_trouble", ViewWaiting: "cases_changed", ViewAsleep: "cases_asleep", ViewSolved: "cases_changed",
		} {
			v, ok := viewOf(name, "b", "a")
			require.True(t, ok)
			for _, later := range []bool{false, true} {
				args := v.args
				if later {
					args = append(args, int64(1), "c")
				}
				plan := planOf(t, db, v.page(26, later), args)
				require.Contains(t, plan, index, "%s, later: %t", name, later)
				require.NotContains(t, plan, "TEMP B-TREE", "%s, later: %t", name, later)
				require.NotContains(t, plan, "Sort", "%s, later: %t", name, later)
				if later {
					require.Regexp(t, `\((rank|changed_at|wakes_at),id\)[<>]\(\?,\?\)|Index Cond: .*ROW\(`, plan, name)
				}
			}
		}
		for l, index := range map[List]string{
			{View: ViewOpen, Tag: "t"}: "case_tag_next", {View: ViewUnassigned, Tag: "t"}: "case_tag_next", {View: ViewSolved, Tag: "t"}: "case_tag_changed",
			{View: ViewWaiting, Tag: "t", Priority: hilft.High}: "case_tag_changed", {View: ViewMine, Tag: "t"}: "cases_owner", {View: ViewAsleep, Tag: "t"}: "cases_asleep", {View: ViewTrouble, Tag: "t"}: "cases_trouble",
			{View: ViewOpen, Priority: hilft.Urgent}: "cases_priority", {View: ViewSolved, Priority: hilft.Low}: "cases_priority_changed",
		} {
			v, _ := viewOf(l.View, "b", "a")
			v, ok := v.narrowed(l)
			require.True(t, ok)
			plan := planOf(t, db, v.page(26, true), append(v.args, int64(1), "c"))
			require.Contains(t, plan, index, l)
			require.NotContains(t, plan, "TEMP B-TREE", l)
			require.NotContains(t, plan, "Sort", l)
		}
	})
}

// What a walk passes is a range of an index, too: the one that has least besides what a filter asks for.
func TestAWalkPassesRangesOfItsIndex(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		open := []hilft.CaseState{hilft.Open}
		for _, one := range []struct {
			f       Filter
			next    string
			changed string
			streams int
		}{
			{Filter{}, "cases_next", "cases_changed", 4},
			{Filter{States: open, Due: DueLate, Networks: []string{"n"}}, "cases_next", "cases_changed", 1},
			{Filter{States: open, Owner: OwnerMe}, "cases_owner", "cases_changed", 1},
			{Filter{States: open, Owner: OwnerAgent, Agent: "b"}, "cases_owner", "cases_changed", 1},
			{Filter{Owner: OwnerNobody}, "cases_owner", "cases_changed", 4},
			{Filter{Priorities: []hilft.Priority{hilft.Urgent, hilft.High}}, "cases_priority", "cases_priority_changed", 8},
			{Filter{Priorities: []hilft.Priority{hilft.Urgent, hilft.Normal}}, "cases_next", "cases_changed", 4},
			{Filter{Tags: []hilft.TagID{"t", "u"}, States: open, Owner: OwnerMe}, "case_tag_next", "case_tag_changed", 2},
			{Filter{Tags: []hilft.TagID{"t", "u"}, AllTags: true, States: open}, "case_tag_next", "case_tag_changed", 1},
			{Filter{Trouble: true, States: open}, "cases_trouble", "cases_changed", 1},
		} {
			for order, index := range map[Order]string{OrderNext: one.next, OrderChanged: one.changed} {
				way := 1
				if order == OrderChanged {
					way = -1
				}
				all := one.f.streams("b", "a", order)
				require.Len(t, all, one.streams, "%+v", one.f)
				for _, s := range all {
					h := &head{stream: s, from: &Place{1, "c"}, read: firstRead}
					query, args, _ := h.question(way)
					plan := planOf(t, db, query, args)
					require.Regexp(t, index+`\b`, plan, "%+v", one.f)
					require.NotContains(t, plan, "TEMP B-TREE", "%+v", one.f)
					require.NotContains(t, plan, "Sort", "%+v", one.f)
				}
			}
		}
	})
}

// planOf is how a database means to answer a question, however little it holds as yet.
func planOf(t *testing.T, db *store.DB, query string, args []any) string {
	t.Helper()
	var lines []string
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		explain := "EXPLAIN QUERY PLAN "
		if tx.Dialect() == store.Postgres {
			explain = "EXPLAIN "
			for _, shortcut := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} { // which only pay with few rows
				if err := tx.Defer(ctx, "SET LOCAL "+shortcut+" = off"); err != nil {
					return err
				}
			}
		}
		return tx.Rows(ctx, explain+query, args, func(scan func(into ...any) error) error {
			var line string
			into := []any{&line}
			if tx.Dialect() == store.SQLite {
				var id, parent, unused int64
				into = []any{&id, &parent, &unused, &line}
			}
			err := scan(into...)
			lines = append(lines, line)
			return err
		})
	}))
	return strings.Join(lines, "\n")
}

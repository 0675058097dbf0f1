// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

func TestOneActWithManyCasesIsDoneWhereItCanBe(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		var all []Seen
		for i := range 5 {
			r.hear(r.says(fmt.Sprint(i), fmt.Sprint(i), "x"))
			c := r.caseOf(fmt.Sprint(i)).Case
			all = append(all, Seen{c.ID, c.ChangedAt})
		}
		// The customer of one has said more than the list showed; one was solved by somebody else; one is another brand's.
		r.hear(r.says("1", "more", "and another thing", refs("1")))
		_, err := r.solve(all[2].ID)
		require.NoError(t, err)
		r.hearAt("other", "@other", r.says("o", "o", "x"))
		all[4].ID = r.message("o").Case

		took, err := r.desk.DoTogether(ctx, as(ada), brand, Together{Act: ActSolve, Cases: all})
		require.NoError(t, err)
		codes := func() (codes []string) {
			for i, t := range took {
				require.Equal(r.t, all[i].ID, t.ID)
				code := fmt.Sprint(t.State, t.Act > 0)
				if t.Err != nil {
					code = fmt.Sprint(hilft.KindOf(t.Err))
				}
				codes = append(codes, code)
			}
			return codes
		}
		require.Equal(t, []string{"solvedtrue", fmt.Sprint(hilft.Conflict), "solvedfalse", "solvedtrue", fmt.Sprint(hilft.NotFound)}, codes())
		require.Equal(t, 1, r.count(`SELECT COUNT(*) FROM audit WHERE what = 'brand.done_together'`), "one line in the trail")
		require.Equal(t, 3, r.events(hilft.EventCaseSolved), "an event of each")

		// One step takes it back where it was done.
		var back []Taken
		for _, t := range took {
			if t.Err == nil && t.Act > 0 {
				back = append(back, Taken{t.ID, t.Act})
			}
		}
		r.hear(r.says("3", "moved on", "wait", refs("3")))
		undone, err := r.desk.UndoTogether(ctx, as(ada), brand, back)
		require.NoError(t, err)
		require.Len(t, undone, 2)
		require.Equal(t, hilft.Open, undone[0].State)
		r.is(undone[1].Err, hilft.Conflict)

		for _, do := range []Together{
			{Act: ActAssign, To: as(ben)},
			{Act: ActPriority, Priority: hilft.High},
			{Act: ActTag, Add: []string{"Störung"}},
			{Act: ActSleep, Until: r.clock.Now().Add(hour)},
			{Act: ActWake},
			{Act: ActReopen},
		} {
			do.Cases = []Seen{{all[0].ID, r.caseOf("0").Case.ChangedAt}}
			one, err := r.desk.DoTogether(ctx, as(ada), brand, do)
			require.NoError(t, err)
			require.NoError(t, one[0].Err, do.Act)
		}
		c := r.caseOf("0").Case
		require.Equal(t, []any{ben, hilft.High, 1, hilft.Open}, []any{c.Agent, c.Priority, len(c.Tags), c.State})
	})
}

func TestManyCasesAreNoMoreThanTwoHundredAndOfSomebodyWhoWorks(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx, one := t.Context(), []Seen{{"c", r.clock.Now()}}
		for _, bad := range []Together{
			{Act: ActSolve},
			{Act: ActSolve, Cases: make([]Seen, togetherMost+1)},
			{Act: "delete", Cases: one},
		} {
			_, err := r.desk.DoTogether(ctx, as(ada), brand, bad)
			r.is(err, hilft.Invalid)
		}
		_, err := r.desk.DoTogether(ctx, being(access.RoleReader, brand, ada), brand, Together{Act: ActSolve, Cases: one})
		r.is(err, hilft.Forbidden)
		_, err = r.desk.UndoTogether(ctx, at("other", ada), brand, []Taken{{"c", 1}})
		r.is(err, hilft.NotFound)
		took, err := r.desk.DoTogether(ctx, as(ada), brand, Together{Act: ActSolve, Cases: one})
		require.NoError(t, err)
		r.is(took[0].Err, hilft.NotFound)
		require.Zero(t, r.count(`SELECT COUNT(*) FROM audit`), "nothing was done")
	})
}

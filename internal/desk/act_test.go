// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

func TestWhatSomebodyHasDoneTheyCanTakeBack(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"))
		seen := r.message("1")
		waits := r.caseOf("1").Case

		solved, err := r.desk.Solve(ctx, as(ada), seen.Case, seen.ID)
		require.NoError(t, err)
		require.NotZero(t, solved.Act)
		back, err := r.desk.Undo(ctx, as(ada), seen.Case, solved.Act)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Open, waits.WaitsSince, waits.DueAt, waits.SolvedAt}, []any{back.State, back.WaitsSince, back.DueAt, back.SolvedAt}, "as it was before")
		_, err = r.desk.Undo(ctx, as(ada), seen.Case, solved.Act)
		r.is(err, hilft.Conflict)

		// A case that was solved before and opened by its customer keeps when that was.
		again, err := r.desk.Solve(ctx, as(ada), seen.Case, seen.ID)
		require.NoError(t, err)
		r.hear(r.says("mira", "2", "Still none", refs("1")))
		second, err := r.desk.Solve(ctx, as(ada), seen.Case, r.message("2").ID)
		require.NoError(t, err)
		back, err = r.desk.Undo(ctx, as(ada), seen.Case, second.Act)
		require.NoError(t, err)
		require.Equal(t, again.SolvedAt, back.SolvedAt)
		require.Equal(t, r.message("2").At, back.WaitsSince)

		// Whose it is.
		given, err := r.desk.Assign(ctx, as(ada), seen.Case, as(ben))
		require.NoError(t, err)
		same, err := r.desk.Assign(ctx, as(ada), seen.Case, as(ben))
		require.NoError(t, err)
		require.Zero(t, same.Act, "it was Ben's already")
		back, err = r.desk.Undo(ctx, as(ada), seen.Case, given.Act)
		require.NoError(t, err)
		require.Empty(t, back.Agent)

		// Opened again by mistake.
		solved, err = r.desk.Solve(ctx, as(ada), seen.Case, r.message("2").ID)
		require.NoError(t, err)
		opened, err := r.desk.Reopen(ctx, as(ada), seen.Case)
		require.NoError(t, err)
		back, err = r.desk.Undo(ctx, as(ada), seen.Case, opened.Act)
		require.NoError(t, err)
		require.Equal(t, []any{hilft.Solved, solved.SolvedAt}, []any{back.State, back.SolvedAt})
		require.Contains(t, r.happened(), hilft.EventCaseUndone)
	})
}

func TestNothingIsTakenBackThatHasMovedOn(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.hear(r.says("mira", "1", "No internet"), r.says("jo", "9", "No water"))
		c, seen := r.message("1").Case, r.message("1").ID
		given, err := r.desk.Assign(ctx, as(ada), c, as(ada))
		require.NoError(t, err)
		_, err = r.desk.Undo(ctx, as(ben), c, given.Act)
		r.is(err, hilft.NotFound) // another's
		_, err = r.desk.Undo(ctx, as(ada), r.message("9").Case, given.Act)
		r.is(err, hilft.NotFound) // of another case
		_, err = r.desk.Undo(ctx, as(ada), c, 1<<40)
		r.is(err, hilft.NotFound)
		_, err = r.desk.Undo(ctx, at("other", ada), c, given.Act)
		r.is(err, hilft.NotFound)
		_, err = r.desk.Undo(ctx, being(access.RoleReader, brand, ada), c, given.Act)
		r.is(err, hilft.Forbidden)

		_, err = r.desk.Assign(ctx, as(ben), c, as(ben))
		require.NoError(t, err)
		_, err = r.desk.Undo(ctx, as(ada), c, given.Act)
		r.is(err, hilft.Conflict) // Ben has taken it

		solved, err := r.desk.Solve(ctx, as(ada), c, seen)
		require.NoError(t, err)
		r.hear(r.says("mira", "2", "Still none", refs("1")))
		_, err = r.desk.Undo(ctx, as(ada), c, solved.Act)
		r.is(err, hilft.Conflict) // its customer has opened it
		require.Equal(t, r.message("2").At, r.caseOf("1").Case.WaitsSince, "what was seen when it was solved does not wait again")

		late, err := r.desk.Solve(ctx, as(ada), c, r.message("2").ID)
		require.NoError(t, err)
		r.clock.Forward(undoFor + time.Second)
		_, err = r.desk.Undo(ctx, as(ada), c, late.Act)
		r.is(err, hilft.Conflict)
		require.Equal(t, hilft.Solved, r.caseOf("1").Case.State)
	})
}

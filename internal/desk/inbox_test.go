// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

func (r *room) titles(view View, me hilft.AgentID) (all []string) {
	r.t.Helper()
	page, err := r.desk.Inbox(r.t.Context(), as(me), brand, List{View: view}, "", 100)
	require.NoError(r.t, err)
	require.Empty(r.t, page.Next)
	for _, c := range page.Cases {
		all = append(all, c.Title)
	}
	return all
}

func TestTheInboxShowsWhoMustBeAnsweredNext(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		now := r.clock.Now()
		for i, at := range []int{3, 1, 2} {
			r.hear(r.says(fmt.Sprint("customer", i), fmt.Sprint(i), fmt.Sprint("since ", at), saidAt(now.Add(time.Duration(at)*time.Minute-hour))))
		}
		require.Equal(t, []string{"since 1", "since 2", "since 3"}, r.titles(ViewOpen, ada))
		require.Equal(t, []string{"since 1", "since 2", "since 3"}, r.titles(ViewUnassigned, ada))
		_, err := r.desk.Assign(t.Context(), as(ben), r.message("2").Case, as(ada))
		require.NoError(t, err)
		require.Equal(t, []string{"since 2"}, r.titles(ViewMine, ada))
		require.Empty(t, r.titles(ViewMine, ""))
		require.Equal(t, []string{"since 1", "since 3"}, r.titles(ViewUnassigned, ada))

		failed := r.replied("0", "On it.")
		r.told(report(failed, hilft.Failed))
		require.Equal(t, []string{"since 3", "since 1", "since 2"}, r.titles(ViewOpen, ada), "what did not arrive comes first")
		r.replied("1", "On it.")
		r.replied("2", "Done.", func(say *Reply) { say.Solve = true })
		require.Equal(t, []string{"since 3"}, r.titles(ViewTrouble, ada))
		require.Equal(t, []string{"since 1"}, r.titles(ViewWaiting, ada))
		require.Equal(t, []string{"since 2"}, r.titles(ViewSolved, ada))
		counts, err := r.desk.Counts(t.Context(), as(ada), brand)
		require.NoError(t, err)
		require.Equal(t, map[View]int{ViewOpen: 1, ViewMine: 1, ViewUnassigned: 0, ViewTrouble: 1, ViewWaiting: 1, ViewAsleep: 0, ViewSolved: 1}, counts)

		// Nobody's again.
		_, err = r.desk.Assign(t.Context(), as(ben), r.message("0").Case, access.Sight{})
		require.NoError(t, err)
		require.Equal(t, []string{"since 3"}, r.titles(ViewUnassigned, ada))
	})
}

// fill makes many cases quickly; half of them have the same rank.
func (r *room) fill(n int) {
	r.t.Helper()
	require.NoError(r.t, r.db.Write(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			c := Case{ID: hilft.CaseID(fmt.Sprintf("c%05d", i)), Number: int64(5000 + i), Brand: brand, Person: "p", Title: fmt.Sprint(i), State: hilft.Open, Account: "a", Network: "n", Visibility: hilft.Public}
			c.DueAt = time.UnixMicro(int64(i/2 + 1))
			if err := insertCases(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestPagingIsStableWhileCasesMove(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.fill(25)
		seen := map[hilft.CaseID]int{}
		cursor, pages := "", 0
		for {
			page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewOpen}, cursor, 7)
			require.NoError(t, err)
			pages++
			for _, c := range page.Cases {
				seen[c.ID]++
			}
			// Between two pages one that was seen is solved, and one that was seen comes in again, at the end.
			if pages == 1 {
				_, err := r.desk.Solve(t.Context(), as(ada), page.Cases[0].ID, "")
				require.NoError(t, err)
				require.NoError(t, r.db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE cases SET rank = 0 WHERE id = 'c00003'`)
					return err
				}))
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		require.Equal(t, 4, pages)
		require.Len(t, seen, 25)
		for id, n := range seen {
			require.Equal(t, 1, n, id)
		}
		for _, bad := range []string{"%%%", "bm9wZQ", "bm8gcGU"} {
			_, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewOpen}, bad, 7)
			r.is(err, hilft.Invalid)
		}
		_, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: "everything"}, "", 7)
		r.is(err, hilft.Invalid)
		page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewOpen}, "", 0)
		require.NoError(t, err)
		require.Len(t, page.Cases, 1)
	})
}

func TestPagesOfWhatChangedLastGoBackInTime(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.fill(9)
		for i := range 9 {
			r.clock.Forward(time.Second)
			_, err := r.desk.Solve(t.Context(), as(ada), hilft.CaseID(fmt.Sprintf("c%05d", i)), "")
			require.NoError(t, err)
		}
		var got []string
		cursor := ""
		for {
			page, err := r.desk.Inbox(t.Context(), as(ada), brand, List{View: ViewSolved}, cursor, 4)
			require.NoError(t, err)
			for _, c := range page.Cases {
				got = append(got, string(c.ID[len(c.ID)-1:]))
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		require.Equal(t, []string{"8", "7", "6", "5", "4", "3", "2", "1", "0"}, got)
	})
}

func TestACaseShowsEverything(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("mira", "2", "4711", private))
		note, err := r.desk.Note(t.Context(), as(ben), r.message("1").Case, "Ask Tom", "", "")
		require.NoError(t, err)
		m := r.replied("2", "Thank you.")
		got := r.caseOf("1")
		require.Equal(t, []string{"No internet", "4711", "Ask Tom", "Thank you."}, bodies(got.Messages))
		require.Equal(t, []hilft.ConversationID{m.Conversation, r.message("1").Conversation}, []hilft.ConversationID{got.Conversations[0].ID, got.Conversations[1].ID}, "the last spoken in first")
		require.Equal(t, "mira", got.Person.Name)
		require.Equal(t, "mira", got.Case.PersonName)
		require.Equal(t, note.ID, got.Messages[2].ID)
		require.Len(t, got.Events, 6)
		p, cases, err := r.desk.Person(t.Context(), as(ada), got.Case.Person)
		require.NoError(t, err)
		require.Equal(t, []any{"mira", 1}, []any{p.Name, len(cases)})
		require.Equal(t, int64(1001), got.Case.Number)
		numbered, err := r.desk.Numbered(t.Context(), as(ada), brand, 1001)
		require.NoError(t, err)
		require.Equal(t, got.Case.ID, numbered.ID)
		_, err = r.desk.Numbered(t.Context(), at("other", ada), brand, 1001)
		require.Equal(t, hilft.NotFound, hilft.KindOf(err))
		for _, b := range []hilft.BrandID{brand, "other"} {
			_, err = r.desk.Numbered(t.Context(), at(b, ada), b, map[hilft.BrandID]int64{brand: 1002, "other": 1001}[b])
			require.Equal(t, hilft.NotFound, hilft.KindOf(err), "neither another number nor another brand's")
		}
	})
}

func TestRowsAreReadByTheirIdsAndOfOneBrandOnly(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		r.hear(r.says("mira", "1", "No internet"), r.says("jo", "2", "No water"))
		r.hearAt("other", "@other", r.says("eve", "9", "No light"))
		ids := []hilft.CaseID{r.message("2").Case, "nobody's", r.caseIDs("other")[0], r.message("1").Case, r.message("1").Case}
		rows, err := r.desk.Rows(t.Context(), as(ada), brand, ids)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		for _, c := range rows {
			require.Equal(t, brand, c.Brand)
			require.NotEmpty(t, c.PersonName)
		}
		_, err = r.desk.Rows(t.Context(), as(ada), "other", ids)
		r.is(err, hilft.NotFound)
	})
}

// caseIDs are the cases of a brand.
func (r *room) caseIDs(b hilft.BrandID) (all []hilft.CaseID) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT id FROM cases WHERE brand_id = ? ORDER BY id`, []any{string(b)}, func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) })
		return err
	}))
	return all
}

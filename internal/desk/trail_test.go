// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// trail is what stands in the audit trail, in order.
func (r *room) trail() (all []string) {
	r.t.Helper()
	require.NoError(r.t, r.db.Read(r.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, `SELECT what || ' by ' || who FROM audit ORDER BY n`, nil, func(scan func(into ...any) error, s *string) error { return scan(s) })
		return err
	}))
	return all
}

func TestWhatIsDoneToTagsAndHeldRepliesStandsInTheTrail(t *testing.T) {
	t.Parallel()
	atDesk(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		r.holds()
		r.hear(r.says("mira", "1", "No internet"))
		_, err := r.desk.Tag(ctx, as(ada), r.message("1").Case, []string{"line"}, nil)
		require.NoError(t, err)
		require.NoError(t, r.desk.RenameTag(ctx, leads(brand), r.tagID("line"), "Line"))
		require.NoError(t, r.desk.RenameTag(ctx, leads(brand), r.tagID("Line"), "Line"), "it is called so already")
		require.NoError(t, r.desk.RemoveTag(ctx, leads(brand), r.tagID("Line"), ""))
		require.NoError(t, r.desk.CloseTagging(ctx, leads(brand), brand, true))

		// A reply that puts its case aside is taken back: so is that.
		m := r.replied("1", "We look at it", func(say *Reply) { say.Sleep = r.clock.Now().Add(3 * hour) })
		require.Equal(t, hilft.Asleep, r.caseOf("1").Case.State)
		_, err = r.desk.Withdraw(ctx, as(ben), m.ID)
		require.NoError(t, err)
		r.stands("1", hilft.Open, r.message("1").At)
		require.Equal(t, []string{"brand.tag_renamed by ada", "brand.tag_removed by ada", "brand.tagging_set by ada", "reply.withdrawn by ben"}, r.trail())
	})
}

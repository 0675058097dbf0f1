// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft"
)

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
		require.Equal(t, []string{"brand.tag_renamed", "brand.tag_removed", "brand.tagging_set", "reply.withdrawn"}, r.trail(""))
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// ofHumanMost is in how many messages of one human is looked at once; then the next.
const ofHumanMost = 500

// eachOf is each among what was said in the cases of one human, whichever of their persons speaks in them: that is little, so it is
// gone through as it was said.
func (m meaning) eachOf(ctx context.Context, tx *store.Tx, brand hilft.BrandID, above, below int64, each func(ns []int64) (bool, error)) error {
	var person hilft.PersonID
	err := tx.Row(ctx, `SELECT person_id FROM cases WHERE brand_id = ? AND number = ?`, []any{string(brand), m.Of}, &person)
	if store.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	same, err := people.Same(ctx, tx, person)
	if err != nil {
		return err
	}
	ids := make([]string, len(same))
	for i, id := range same {
		ids[i] = string(id)
	}
	where, list := store.In(tx, "c.person_id", ids)
	for {
		var ns, all []int64
		err := tx.Rows(ctx, fmt.Sprintf(`WITH theirs AS MATERIALIZED (SELECT m.id FROM cases c CROSS JOIN message m WHERE %s AND m.case_id = c.id)
			SELECT s.n, s.words FROM theirs CROSS JOIN search_text s WHERE s.message_id = theirs.id AND s.n > ? AND s.n < ? ORDER BY s.n DESC LIMIT %d`, where, ofHumanMost), []any{list, above, below}, func(scan func(into ...any) error) error {
			var n int64
			var packed []byte
			if err := scan(&n, &packed); err != nil {
				return err
			}
			all = append(all, n)
			words, err := unpackWords(packed)
			if err == nil && !slices.ContainsFunc(m.clauses, func(ids []int64) bool {
				return !slices.ContainsFunc(words, func(w int64) bool { _, is := slices.BinarySearch(ids, w); return is })
			}) {
				ns = append(ns, n)
			}
			return err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		if len(ns) > 0 {
			if on, err := each(ns); err != nil || !on {
				return err
			}
		}
		below = all[len(all)-1]
	}
}

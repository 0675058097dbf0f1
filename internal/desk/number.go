// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/store"
)

// Numbered finds a case by the number by which people call it; one that has gone into another leads there. NotFound: the brand has none of that number.
func (d *Desk) Numbered(ctx context.Context, see access.Sight, brand hilft.BrandID, number int64) (c Case, err error) {
	if err := see.Demand(brand, access.Read, noSuchBrand); err != nil {
		return Case{}, err
	}
	var found []Case
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err = store.All(ctx, tx, caseColumns+`WHERE c.id = (SELECT CASE WHEN into_id <> '' THEN into_id ELSE id END FROM cases WHERE brand_id = ? AND number = ?)`, []any{string(brand), number}, scanCase)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("desk: numbered: %w", err)
	}
	if len(found) == 0 {
		return Case{}, noSuchCase
	}
	return found[0], nil
}

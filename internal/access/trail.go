// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"maps"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Trail writes into the audit trail what whoever acts has done, in the transaction in which they do it. An empty brand: it
// is about the whole house. about is the id of what it is about.
func Trail(ctx context.Context, tx *store.Tx, what audit.What, brand hilft.BrandID, about string, detail audit.Detail) error {
	return audit.Write(ctx, tx, Acted(ctx, what, brand, about, detail))
}

// Acted is what whoever acts has done, as the trail has it; with the id of the token, if it was done with one.
func Acted(ctx context.Context, what audit.What, brand hilft.BrandID, about string, detail audit.Detail) audit.Entry {
	if t := TokenOf(ctx); t.ID != "" {
		detail = maps.Clone(detail)
		if detail == nil {
			detail = audit.Detail{}
		}
		detail["token"] = t.ID
	}
	return audit.Entry{Brand: brand, Who: Actor(ctx).ID, What: what, About: about, Detail: detail}
}

// tried writes that somebody who is not signed in yet has tried to be, as one of our agents or as nobody we know. What they
// gave as their address is not kept: it may have been their password.
func tried(ctx context.Context, tx *store.Tx, what audit.What, as hilft.AgentID, by, from string) error {
	detail := audit.Detail{"by": by}
	if near := NearPlace(from); near != "" {
		detail["from"] = near
	}
	return audit.Write(ctx, tx, audit.Entry{Who: as, What: what, About: string(as), Detail: detail})
}

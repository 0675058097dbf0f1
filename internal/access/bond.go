// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Bond is a way in which an agent may sign in by a provider.
type Bond struct {
	ID     string
	Name   string // of the provider; of one that is gone, its address
	MadeAt time.Time
	UsedAt time.Time
}

// bondsMost is how many an agent has at most.
const bondsMost = 20

// Bonds lists the acting agent's, the oldest first.
func (a *Access) Bonds(ctx context.Context) (all []Bond, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT id, COALESCE((SELECT MIN(name) FROM provider WHERE issuer = b.issuer), issuer), made_at, used_at FROM provider_bond b
			WHERE agent_id = ? ORDER BY made_at, id`, []any{who.ID}, func(scan func(into ...any) error, b *Bond) error {
			var made, used int64
			err := scan(&b.ID, &b.Name, &made, &used)
			b.MadeAt, b.UsedAt = store.Time(made), store.Time(used)
			return err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: bonds: %w", err)
	}
	return all, nil
}

// bind ties an agent, who is signed in and asked for it, to somebody at a provider whose address there is proved and theirs.
func (a *Access) bind(ctx context.Context, tx *store.Tx, p Provider, said claims, id hilft.AgentID) (who Agent, err error) {
	if who, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`+tx.Lock(), string(id)); store.IsNoRows(err) {
		return who, hilft.Fail(hilft.Unauthenticated, "session.missing", nil)
	} else if err != nil {
		return who, err
	}
	address, elsewhere := p.Rules.addressOf(said)
	switch {
	case elsewhere:
		return who, hilft.Fail(hilft.Unauthenticated, "provider.elsewhere", nil)
	case address == "":
		return who, hilft.Fail(hilft.Unauthenticated, "provider.unproved", nil)
	case address != who.Email:
		return who, hilft.Fail(hilft.Conflict, "provider.other_address", nil)
	}
	bonded, err := bondOf(ctx, tx, p.Issuer, said.text("sub"))
	if err != nil || bonded == who.ID {
		return who, err // it is done already
	}
	var has int
	if err := tx.Row(ctx, `SELECT COUNT(*) FROM provider_bond WHERE agent_id = ?`, []any{who.ID}, &has); err != nil {
		return who, err
	}
	if has >= bondsMost {
		return who, hilft.Fail(hilft.Conflict, "provider.too_many_bonds", nil)
	}
	if err := tie(ctx, tx, p.Issuer, said.text("sub"), who.ID); err != nil {
		return who, err
	}
	return who, Trail(ctx, tx, audit.BondMade, "", string(who.ID), audit.Detail{"issuer": p.Issuer})
}

// Unbind ends one of the acting agent's bonds. NotFound: they have none of that id. Conflict ("provider.only_way"): they
// could not sign in any more.
func (a *Access) Unbind(ctx context.Context, id string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		me, hash, err := oneAgent(ctx, tx, `id = ?`+tx.Lock(), string(who.ID))
		if err != nil {
			return err
		}
		var issuer string
		err = tx.Row(ctx, `DELETE FROM provider_bond WHERE id = ? AND agent_id = ? RETURNING issuer`, []any{id, who.ID}, &issuer)
		if store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "provider.no_bond", nil)
		}
		if err != nil {
			return err
		}
		var others int
		if err := tx.Row(ctx, `SELECT COUNT(*) FROM provider_bond b WHERE agent_id = ? AND EXISTS (SELECT 1 FROM provider WHERE issuer = b.issuer AND off_at = 0)`, []any{who.ID}, &others); err != nil {
			return err
		}
		if others == 0 && (nobodys(hash) || mayOwn(ctx, tx, me) != nil) {
			return hilft.Fail(hilft.Conflict, "provider.only_way", nil)
		}
		return Trail(ctx, tx, audit.BondEnded, "", string(who.ID), audit.Detail{"issuer": issuer})
	})
	if err != nil {
		return fmt.Errorf("access: unbind: %w", err)
	}
	return nil
}

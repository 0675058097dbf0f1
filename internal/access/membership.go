// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"slices"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// memberships reads who is what in which brand, of one agent, or of all with an empty id.
func memberships(ctx context.Context, tx *store.Tx, of hilft.AgentID) (map[hilft.AgentID]map[hilft.BrandID]Role, error) {
	query, args := `SELECT agent_id, brand_id, role FROM membership`, []any(nil)
	if of != "" {
		query, args = query+` WHERE agent_id = ?`, []any{string(of)}
	}
	all := map[hilft.AgentID]map[hilft.BrandID]Role{}
	err := tx.Rows(ctx, query, args, func(scan func(into ...any) error) error {
		var agent hilft.AgentID
		var brand hilft.BrandID
		var role Role
		err := scan(&agent, &brand, &role)
		if all[agent] == nil {
			all[agent] = map[hilft.BrandID]Role{}
		}
		all[agent][brand] = role
		return err
	})
	return all, err
}

// setMembership keeps what somebody is in a brand; empty: nothing any more.
func setMembership(ctx context.Context, tx *store.Tx, agent hilft.AgentID, brand hilft.BrandID, role Role) error {
	if role == "" {
		_, err := tx.Exec(ctx, `DELETE FROM membership WHERE agent_id = ? AND brand_id = ?`, string(agent), string(brand))
		return err
	}
	if err := isBrand(ctx, tx, brand); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO membership (agent_id, brand_id, role, made_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (agent_id, brand_id) DO UPDATE SET role = excluded.role`, string(agent), string(brand), string(role), store.Micros(tx.Now()))
	return err
}

// isBrand is NotFound where there is no such brand.
func isBrand(ctx context.Context, tx *store.Tx, brand hilft.BrandID) error {
	var id string
	err := tx.Row(ctx, `SELECT id FROM brand WHERE id = ?`, []any{string(brand)}, &id)
	if store.IsNoRows(err) {
		return hilft.FailField(hilft.NotFound, "brand.not_found", "brand", nil)
	}
	return err
}

// SetRole changes what an agent is. RoleAdministrator makes them one, in the whole house, whatever the brand; any role of a
// brand makes them that in it, and an administrator a member of it alone; an empty one takes them out of it. Only an
// administrator may, and nobody may take the house from themselves, so that one administrator always stays: Conflict.
// NotFound: there is no such agent or brand. Invalid: no such role.
func (a *Access) SetRole(ctx context.Context, id hilft.AgentID, brand hilft.BrandID, role Role) (agent Agent, err error) {
	who, err := administrator(ctx)
	if err != nil {
		return Agent{}, err
	}
	if role != "" && role != RoleAdministrator && !slices.Contains(BrandRoles, role) {
		return Agent{}, hilft.FailField(hilft.Invalid, "agent.role.unknown", "role", nil)
	}
	if who.ID == id && role != RoleAdministrator {
		return Agent{}, hilft.Fail(hilft.Conflict, "agent.role.self", nil)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := administratorAnd(ctx, tx, who.ID, id); err != nil {
			return err
		}
		if agent, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`, string(id)); store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
		} else if err != nil {
			return err
		}
		if role != RoleAdministrator {
			if err := setMembership(ctx, tx, id, brand, role); err != nil {
				return err
			}
		}
		house := RoleMember
		if role == RoleAdministrator {
			house = RoleAdministrator
		}
		if _, err := tx.Exec(ctx, `UPDATE agent SET role = ? WHERE id = ?`, string(house), string(id)); err != nil {
			return err
		}
		detail := audit.Detail{"role": string(role)}
		if role == "" {
			detail["role"] = "none"
		}
		if role == RoleAdministrator {
			brand = ""
		}
		if err := Trail(ctx, tx, audit.RoleSet, brand, string(id), detail); err != nil {
			return err
		}
		agent, _, err = oneAgent(ctx, tx, `id = ?`, string(id))
		return err
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: set role: %w", err)
	}
	return agent, nil
}

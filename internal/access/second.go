// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	halfFor = 10 * time.Minute // to find the phone
	// graceFor is how long after they came somebody signs in without the second step that their role asks for. A house is
	// set up and tried out on one day; on the next the second step is set up before anything else is done.
	graceFor = 24 * time.Hour
)

// Half is the first half of a sign-in: the password was right, the second step is still to come. It is no session, and
// grants nothing but trying that step.
type Half struct {
	Agent hilft.AgentID `json:"agent"`
	Proof string        `json:"proof"` // of the password that was right: with another one, the half is worth nothing
	Until time.Time     `json:"until"`
}

func (*Half) Error() string { return "the second step is still to come" }

func proofOf(hash string) string {
	sum := sha256.Sum256([]byte(hash))
	return hex.EncodeToString(sum[:])
}

// Second is what somebody has for the second step of a sign-in.
type Second struct {
	Codes    bool // an app on their phone that tells codes
	Passkeys int
	Recovery int // recovery codes that are left
}

// Set tells whether a sign-in has a second step. Recovery codes alone make none.
func (s Second) Set() bool { return s.Codes || s.Passkeys > 0 }

func secondOf(ctx context.Context, tx *store.Tx, id hilft.AgentID) (s Second, err error) {
	err = tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM totp WHERE agent_id = ? AND confirmed_at > 0),
		(SELECT COUNT(*) FROM passkey WHERE agent_id = ?), (SELECT COUNT(*) FROM recovery WHERE agent_id = ? AND used_at = 0)`, []any{id, id, id}, &s.Codes, &s.Passkeys, &s.Recovery)
	return s, err
}

// Second tells what the acting agent has for the second step.
func (a *Access) Second(ctx context.Context) (s Second, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return Second{}, err
	}
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		s, err = secondOf(ctx, tx, who.ID)
		return err
	})
	if err != nil {
		return Second{}, fmt.Errorf("access: second step: %w", err)
	}
	return s, nil
}

// SecondOfHalf tells what there is to finish a sign-in with. Unauthenticated: its half is over.
func (a *Access) SecondOfHalf(ctx context.Context, half Half) (s Second, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := half.agent(ctx, tx, ""); err != nil {
			return err
		}
		s, err = secondOf(ctx, tx, half.Agent)
		return err
	})
	if err != nil {
		return Second{}, fmt.Errorf("access: second step: %w", err)
	}
	return s, nil
}

// agent is whose half it is, if it still holds.
func (h Half) agent(ctx context.Context, tx *store.Tx, lock string) (Agent, error) {
	over := hilft.Fail(hilft.Unauthenticated, "session.half_over", nil)
	who, hash, err := oneAgent(ctx, tx, `id = ? AND closed_at = 0`+lock, h.Agent)
	switch {
	case store.IsNoRows(err):
		return Agent{}, over
	case err != nil:
		return Agent{}, err
	case !tx.Now().Before(h.Until) || proofOf(hash) != h.Proof:
		return Agent{}, over
	}
	return who, nil
}

// Asked is what the house asks of somebody who may or must have a second step.
type Asked string

const (
	AskedNothing Asked = "nothing" // they may have one
	AskedSoon    Asked = "soon"    // their role asks for one, from the day after they came
	AskedNow     Asked = "now"     // they set one up before they do anything else
)

// AskedOf tells what is asked of an agent: of one who has a second step, or whose role needs none, nothing.
func (a *Access) AskedOf(ctx context.Context, who Agent) (asked Asked, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		second, err := secondOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		roles, err := secondRoles(ctx, tx)
		asked = askedOf(who, second, roles, tx.Now())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("access: second step: %w", err)
	}
	return asked, nil
}

func askedOf(who Agent, has Second, roles []Role, now time.Time) Asked {
	switch {
	case has.Set() || !slices.ContainsFunc(roles, who.is):
		return AskedNothing
	case now.Sub(who.MadeAt) < graceFor:
		return AskedSoon
	}
	return AskedNow
}

// SecondRoles are the roles that must have a second step. Administrators always must.
func (a *Access) SecondRoles(ctx context.Context) (roles []Role, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		roles, err = secondRoles(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: roles with a second step: %w", err)
	}
	return roles, nil
}

func secondRoles(ctx context.Context, tx *store.Tx) (roles []Role, err error) {
	var kept string
	err = tx.Row(ctx, `SELECT value FROM house WHERE what = 'second_step'`, nil, &kept)
	if err == nil {
		err = json.Unmarshal([]byte(kept), &roles)
	} else if store.IsNoRows(err) {
		err = nil
	}
	if !slices.Contains(roles, RoleAdministrator) {
		roles = append([]Role{RoleAdministrator}, roles...)
	}
	return roles, err
}

// SetSecondRoles says which roles must have a second step; administrators always must, named or not. Who is signed in
// stays so: it is asked for at the next sign-in. Only an administrator may. Invalid: there is no such role.
func (a *Access) SetSecondRoles(ctx context.Context, roles []Role) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if r != RoleAdministrator && !slices.Contains(BrandRoles, r) {
			return hilft.FailField(hilft.Invalid, "agent.role.unknown", "roles", nil)
		}
	}
	kept, err := json.Marshal(slices.Compact(slices.Sorted(slices.Values(roles))))
	if err != nil {
		return fmt.Errorf("access: roles with a second step: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.SecondRoles, "", "", audit.Detail{"roles": string(kept)}); err != nil {
			return err
		}
		return setHouse(ctx, tx, "second_step", string(kept))
	})
	if err != nil {
		return fmt.Errorf("access: roles with a second step: %w", err)
	}
	return nil
}

// RemoveSecond takes away the second step of somebody who has lost it, recovery codes too, and ends their sessions: what
// is lost may have been found by somebody. Only an administrator may, and not for themselves: whoever sits at an open
// desk has not lost anything. It is told by an event and in the log. NotFound: nobody of that id works here.
func (a *Access) RemoveSecond(ctx context.Context, id hilft.AgentID) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if who.ID == id {
		return hilft.Fail(hilft.Conflict, "second.self", nil)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		var found string
		if err := tx.Row(ctx, `SELECT id FROM agent WHERE id = ? AND closed_at = 0`+tx.Lock(), []any{id}, &found); store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
		} else if err != nil {
			return err
		}
		for _, what := range []string{`DELETE FROM totp WHERE agent_id = ?`, `DELETE FROM passkey WHERE agent_id = ?`, `DELETE FROM recovery WHERE agent_id = ?`} {
			if _, err := tx.Exec(ctx, what, id); err != nil {
				return err
			}
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.SecondRemoved, "", string(id), nil); err != nil {
			return err
		}
		return a.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventSecondRemoved, Subject: string(id), Agent: who.ID})
	})
	if err != nil {
		return fmt.Errorf("access: remove second step: %w", err)
	}
	a.log.WarnContext(ctx, "an administrator took away somebody's second step", "agent", id, "by", who.ID)
	return nil
}

// Prove asks the acting agent once more for their password, before something that whoever sits at an open desk must not
// do. The limits are those of a sign-in. Invalid ("password.wrong", with the field password): it is wrong.
func (a *Access) Prove(ctx context.Context, password, from string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	try := attemptOf("password of "+string(who.ID), from)
	var kept string
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := try.count(ctx, tx); err != nil {
			return err
		}
		_, kept, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`, who.ID)
		if store.IsNoRows(err) {
			return hilft.Fail(hilft.Unauthenticated, "session.missing", nil)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("access: prove: %w", err)
	}
	proof, err := a.prove(ctx, kept, password)
	if err != nil {
		return fmt.Errorf("access: prove: %w", err)
	}
	if proof == "" {
		return a.proofFailed(ctx, "password", from)
	}
	if err := a.db.Write(ctx, try.right); err != nil {
		return fmt.Errorf("access: prove: %w", err)
	}
	return nil
}

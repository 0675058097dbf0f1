// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Scheme is how the desk looks.
type Scheme string

const (
	SchemeAuto  Scheme = "auto" // as the system has it
	SchemeLight Scheme = "light"
	SchemeDark  Scheme = "dark"
)

// Agent is somebody who works here. The password is not part of it.
type Agent struct {
	ID        hilft.AgentID
	Email     string // lower case
	Name      string
	Initials  string                 // one to three letters or digits
	Role      Role                   // RoleAdministrator or RoleMember
	Roles     map[hilft.BrandID]Role // what a member is in each brand; of administrators those they had before
	Language  string                 // "de" or "en"
	Scheme    Scheme
	Signature string // under their letters; {agent} and {brand} stand for the names
	SignsAs   string // their name under replies that are no letters; empty: their first name
	Keys      Shortcuts
	After     After
	TouredAt  time.Time // when they had been shown around, or had declined; zero: not yet
	MadeAt    time.Time
	ClosedAt  time.Time // zero: works here
}

// LogValue is the id alone: names and addresses stay out of logs.
func (a Agent) LogValue() slog.Value { return slog.StringValue(string(a.ID)) }

// Newcomer is somebody who is to work here.
type Newcomer struct {
	Email    string
	Name     string
	Password string        // the first one, to be told to them and changed by them
	Language string        // empty: that of the administrator who adds them
	Role     Role          // RoleAdministrator, or what they are in Brand; empty: RoleAgent
	Brand    hilft.BrandID // administrators need none
}

// LogValue hides who it is.
func (Newcomer) LogValue() slog.Value { return slog.StringValue("newcomer") }

// clean is the agent the newcomer becomes, without id, initials and times.
func (n Newcomer) clean() (a Agent, err error) {
	if a.Name, err = checkName(n.Name, "agent.name"); err != nil {
		return a, err
	}
	var ok bool
	if a.Email, ok = mailAddress(n.Email); !ok {
		return a, hilft.FailField(hilft.Invalid, "agent.email.invalid", "email", nil)
	}
	if a.Language = n.Language; !spoken(a.Language) {
		return a, hilft.FailField(hilft.Invalid, "agent.language.unknown", "language", nil)
	}
	switch {
	case n.Role == RoleAdministrator:
		a.Role = RoleAdministrator
	case n.Role == "":
		a.Role, a.Roles = RoleMember, map[hilft.BrandID]Role{n.Brand: RoleAgent}
	case slices.Contains(BrandRoles, n.Role):
		a.Role, a.Roles = RoleMember, map[hilft.BrandID]Role{n.Brand: n.Role}
	default:
		return a, hilft.FailField(hilft.Invalid, "agent.role.unknown", "role", nil)
	}
	a.Scheme = SchemeAuto
	return a, nil
}

// sight is what the newcomer is to see.
func (n Newcomer) sight() Sight {
	return Agent{Role: n.Role, Roles: map[hilft.BrandID]Role{n.Brand: n.Role}}.Sight()
}

// is tells whether somebody is something in the house or in any brand.
func (a Agent) is(r Role) bool {
	return a.Role == r || slices.Contains(slices.Collect(maps.Values(a.Roles)), r)
}

const agentColumns = `SELECT id, email, name, initials, role, language, scheme, signature, signs_as,
	keys, after_solve, after_send, after_send_solve, toured_at, made_at, closed_at, password FROM agent`

// scanAgent reads one row of agentColumns; the password's hash goes its own way.
func scanAgent(scan func(into ...any) error, a *Agent, hash *string) error {
	var keys string
	var toured, made, closed int64
	err := scan(&a.ID, &a.Email, &a.Name, &a.Initials, &a.Role, &a.Language, &a.Scheme, &a.Signature, &a.SignsAs,
		&keys, &a.After.Solve, &a.After.Send, &a.After.SendSolve, &toured, &made, &closed, hash)
	if err != nil {
		return err
	}
	a.TouredAt, a.MadeAt, a.ClosedAt = store.Time(toured), store.Time(made), store.Time(closed)
	a.Keys, err = shortcutsOf(keys)
	return err
}

// oneAgent finds an agent; store.IsNoRows where there is none.
func oneAgent(ctx context.Context, tx *store.Tx, where string, arg any) (a Agent, hash string, err error) {
	err = scanAgent(func(into ...any) error { return tx.Row(ctx, agentColumns+` WHERE `+where, []any{arg}, into...) }, &a, &hash)
	if err != nil {
		return a, hash, err
	}
	roles, err := memberships(ctx, tx, a.ID)
	a.Roles = roles[a.ID]
	return a, hash, err
}

// insertAgent gives the agent initials that no colleague has, and keeps it. Conflict: the address is taken.
func insertAgent(ctx context.Context, tx *store.Tx, a Agent, hash string) (Agent, error) {
	taken, err := takenInitials(ctx, tx, a.ID)
	if err != nil {
		return Agent{}, err
	}
	a.Initials, a.MadeAt = initials(a.Name, func(s string) bool { return taken[s] }), store.Time(store.Micros(tx.Now()))
	a.After = afterAtFirst
	n, err := tx.Exec(ctx, `INSERT INTO agent (id, email, name, initials, role, language, scheme, after_solve, after_send, after_send_solve, password, made_at, closed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (email) DO NOTHING`,
		a.ID, a.Email, a.Name, a.Initials, a.Role, a.Language, a.Scheme, a.After.Solve, a.After.Send, a.After.SendSolve, hash, store.Micros(a.MadeAt))
	if err != nil {
		return Agent{}, err
	}
	if n == 0 {
		return Agent{}, hilft.FailField(hilft.Conflict, "agent.email.taken", "email", nil)
	}
	for brand, role := range a.Roles {
		if err := setMembership(ctx, tx, a.ID, brand, role); err != nil {
			return Agent{}, err
		}
	}
	return a, nil
}

// Agents lists everybody who works here or has worked here (ClosedAt), in the order in which they came.
func (a *Access) Agents(ctx context.Context) (all []Agent, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var hash string
		all, err = store.All(ctx, tx, agentColumns+` ORDER BY made_at, id`, nil,
			func(scan func(into ...any) error, a *Agent) error { return scanAgent(scan, a, &hash) })
		if err != nil {
			return err
		}
		roles, err := memberships(ctx, tx, "")
		for i := range all {
			all[i].Roles = roles[all[i].ID]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: agents: %w", err)
	}
	return all, nil
}

// Agent returns one agent, also one who has left. NotFound: there is none of that id.
func (a *Access) Agent(ctx context.Context, id hilft.AgentID) (agent Agent, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		agent, _, err = oneAgent(ctx, tx, `id = ?`, id)
		return err
	})
	if store.IsNoRows(err) {
		return Agent{}, hilft.Fail(hilft.NotFound, "agent.not_found", nil)
	}
	if err != nil {
		return Agent{}, fmt.Errorf("access: agent: %w", err)
	}
	return agent, nil
}

// AddAgent takes a newcomer in. Only an administrator may. Invalid names the field: name, email, password, language,
// role; Conflict: somebody has that address already; NotFound: there is no such brand.
func (a *Access) AddAgent(ctx context.Context, n Newcomer) (Agent, error) {
	who, err := administrator(ctx)
	if err != nil {
		return Agent{}, err
	}
	if n.Language == "" {
		n.Language = who.Language
	}
	agent, err := n.clean()
	if err != nil {
		return Agent{}, err
	}
	if err := a.checkPasswordOf(ctx, n.Password, agent); err != nil {
		return Agent{}, err
	}
	hash, err := a.passwords.hash(ctx, n.Password)
	if err != nil {
		return Agent{}, fmt.Errorf("access: add agent: %w", err)
	}
	agent.ID = hilft.AgentID(hilft.NewID())
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if agent, err = insertAgent(ctx, tx, agent, hash); err != nil {
			return err
		}
		return Trail(ctx, tx, audit.AgentAdded, n.Brand, string(agent.ID), audit.Detail{"role": string(cmp.Or(n.Role, RoleAgent))})
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: add agent: %w", err)
	}
	return agent, nil
}

// CloseAgent ends somebody's work here: no sign-in, every session ended; what they wrote keeps their name. Only an
// administrator may, and nobody can close themselves, so that one administrator always stays. Closing twice is fine.
func (a *Access) CloseAgent(ctx context.Context, id hilft.AgentID) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if who.ID == id {
		return hilft.Fail(hilft.Conflict, "agent.close.self", nil)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := administratorAnd(ctx, tx, who.ID, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE agent SET closed_at = ? WHERE id = ? AND closed_at = 0`, store.Micros(tx.Now()), id); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.AgentClosed, "", string(id), nil); err != nil {
			return err
		}
		return endSessions(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("access: close agent: %w", err)
	}
	return nil
}

// Changes are an agent's own settings; what is nil stays.
type Changes struct {
	Name      *string
	Initials  *string
	Language  *string
	Scheme    *Scheme
	Signature *string
	SignsAs   *string
	Keys      Shortcuts // all that are the agent's own from now on; empty but not nil: none any more
	After     *After
	Toured    bool // they have been shown around now, or have declined
}

// apply is the agent with the changes, cleaned.
func (c Changes) apply(a Agent) (_ Agent, err error) {
	if c.Name != nil {
		if a.Name, err = checkName(*c.Name, "agent.name"); err != nil {
			return a, err
		}
	}
	if c.Initials != nil {
		if a.Initials, err = checkInitials(*c.Initials); err != nil {
			return a, err
		}
	}
	if c.Language != nil {
		if a.Language = *c.Language; !spoken(a.Language) {
			return a, hilft.FailField(hilft.Invalid, "agent.language.unknown", "language", nil)
		}
	}
	if c.Scheme != nil {
		switch a.Scheme = *c.Scheme; a.Scheme {
		case SchemeAuto, SchemeLight, SchemeDark:
		default:
			return a, hilft.FailField(hilft.Invalid, "agent.scheme.unknown", "scheme", nil)
		}
	}
	if c.Signature != nil {
		if a.Signature, err = checkLetter(*c.Signature, "agent.signature", "signature"); err != nil {
			return a, err
		}
	}
	if c.SignsAs != nil {
		if a.SignsAs, err = checkSignsAs(*c.SignsAs); err != nil {
			return a, err
		}
	}
	if c.Keys != nil {
		if a.Keys, err = c.Keys.check(); err != nil {
			return a, err
		}
	}
	if c.After != nil {
		a.After = *c.After
		if err = a.After.check(); err != nil {
			return a, err
		}
	}
	return a, nil
}

// Change changes the acting agent's own settings and returns the agent as it is now. Invalid names the field: name,
// initials, language, scheme, signature, signs_as, keys, after. Conflict (agent.initials.taken): a colleague has them.
func (a *Access) Change(ctx context.Context, c Changes) (agent Agent, err error) {
	who, err := signedIn(ctx)
	if err != nil {
		return Agent{}, err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if agent, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`+tx.Lock(), who.ID); store.IsNoRows(err) {
			return hilft.Fail(hilft.Unauthenticated, "session.missing", nil)
		} else if err != nil {
			return err
		}
		before := agent.Initials
		if agent, err = c.apply(agent); err != nil {
			return err
		}
		if agent.Initials != before {
			taken, err := takenInitials(ctx, tx, agent.ID)
			if err != nil {
				return err
			}
			if taken[agent.Initials] {
				return hilft.FailField(hilft.Conflict, "agent.initials.taken", "initials", nil)
			}
		}
		if c.Toured && agent.TouredAt.IsZero() {
			agent.TouredAt = store.Time(store.Micros(tx.Now()))
		}
		keys, err := agent.Keys.text()
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE agent SET name = ?, initials = ?, language = ?, scheme = ?, signature = ?, signs_as = ?,
			keys = ?, after_solve = ?, after_send = ?, after_send_solve = ?, toured_at = ? WHERE id = ?`,
			agent.Name, agent.Initials, agent.Language, agent.Scheme, agent.Signature, agent.SignsAs,
			keys, agent.After.Solve, agent.After.Send, agent.After.SendSolve, store.Micros(agent.TouredAt), agent.ID)
		return err
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: change: %w", err)
	}
	return agent, nil
}

// SightOf is what an agent sees, within the transaction that wants to know; of somebody who does not work here, nothing.
func SightOf(ctx context.Context, tx *store.Tx, id hilft.AgentID) (Sight, error) {
	agent, _, err := oneAgent(ctx, tx, `id = ?`, string(id))
	if err != nil && !store.IsNoRows(err) {
		return Sight{}, fmt.Errorf("access: sight: %w", err)
	}
	return agent.Sight(), nil
}

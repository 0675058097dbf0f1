// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// Role is what somebody may do here.
type Role string

const (
	RoleAdministrator Role = "administrator"
	RoleAgent         Role = "agent"
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
	Initials  string // one to three letters or digits
	Role      Role
	Language  string // "de" or "en"
	Scheme    Scheme
	Signature string // under their letters; {agent} and {brand} stand for the names
	MadeAt    time.Time
	ClosedAt  time.Time // zero: works here
}

// LogValue is the id alone: names and addresses stay out of logs.
func (a Agent) LogValue() slog.Value { return slog.StringValue(string(a.ID)) }

// Newcomer is somebody who is to work here.
type Newcomer struct {
	Email    string
	Name     string
	Password string // the first one, to be told to them and changed by them
	Language string // empty: that of the administrator who adds them
	Role     Role   // empty: RoleAgent
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
	switch n.Role {
	case "":
		a.Role = RoleAgent
	case RoleAgent, RoleAdministrator:
		a.Role = n.Role
	default:
		return a, hilft.FailField(hilft.Invalid, "agent.role.unknown", "role", nil)
	}
	a.Scheme = SchemeAuto
	return a, nil
}

const agentColumns = `SELECT id, email, name, initials, role, language, scheme, signature, made_at, closed_at, password FROM agent`

// scanAgent reads one row of agentColumns; the password's hash goes its own way.
func scanAgent(scan func(into ...any) error, a *Agent, hash *string) error {
	var made, closed int64
	err := scan(&a.ID, &a.Email, &a.Name, &a.Initials, &a.Role, &a.Language, &a.Scheme, &a.Signature, &made, &closed, hash)
	a.MadeAt, a.ClosedAt = store.Time(made), store.Time(closed)
	return err
}

// oneAgent finds an agent; store.IsNoRows where there is none.
func oneAgent(ctx context.Context, tx *store.Tx, where string, arg any) (a Agent, hash string, err error) {
	err = scanAgent(func(into ...any) error { return tx.Row(ctx, agentColumns+` WHERE `+where, []any{arg}, into...) }, &a, &hash)
	return a, hash, err
}

// insertAgent gives the agent initials that no colleague has, and keeps it. Conflict: the address is taken.
func insertAgent(ctx context.Context, tx *store.Tx, a Agent, hash string) (Agent, error) {
	taken := map[string]bool{}
	err := tx.Rows(ctx, `SELECT initials FROM agent WHERE closed_at = 0`, nil, func(scan func(into ...any) error) error {
		var s string
		err := scan(&s)
		taken[s] = true
		return err
	})
	if err != nil {
		return Agent{}, err
	}
	a.Initials, a.MadeAt = initials(a.Name, func(s string) bool { return taken[s] }), store.Time(store.Micros(tx.Now()))
	n, err := tx.Exec(ctx, `INSERT INTO agent (id, email, name, initials, role, language, scheme, password, made_at, closed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (email) DO NOTHING`,
		a.ID, a.Email, a.Name, a.Initials, a.Role, a.Language, a.Scheme, hash, store.Micros(a.MadeAt))
	if err != nil {
		return Agent{}, err
	}
	if n == 0 {
		return Agent{}, hilft.FailField(hilft.Conflict, "agent.email.taken", "email", nil)
	}
	return a, nil
}

// Agents lists everybody who works here or has worked here (ClosedAt), in the order in which they came.
func (a *Access) Agents(ctx context.Context) (all []Agent, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		var hash string
		all, err = store.All(ctx, tx, agentColumns+` ORDER BY made_at, id`, nil,
			func(scan func(into ...any) error, a *Agent) error { return scanAgent(scan, a, &hash) })
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
// role; Conflict: somebody has that address already.
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
		agent, err = insertAgent(ctx, tx, agent, hash)
		return err
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
		// Both rows in one order: of two administrators who close each other at once, the second finds their right gone.
		found := 0
		err := tx.Rows(ctx, `SELECT id FROM agent WHERE id IN (?, ?) ORDER BY id`+tx.Lock(), []any{who.ID, id},
			func(scan func(into ...any) error) error { found++; return scan(new(string)) })
		if err != nil {
			return err
		}
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if found < 2 {
			return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
		}
		if _, err := tx.Exec(ctx, `UPDATE agent SET closed_at = ? WHERE id = ? AND closed_at = 0`, store.Micros(tx.Now()), id); err != nil {
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
	return a, nil
}

// Change changes the acting agent's own settings and returns the agent as it is now. Invalid names the field: name,
// initials, language, scheme, signature.
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
		if agent, err = c.apply(agent); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE agent SET name = ?, initials = ?, language = ?, scheme = ?, signature = ? WHERE id = ?`,
			agent.Name, agent.Initials, agent.Language, agent.Scheme, agent.Signature, agent.ID)
		return err
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: change: %w", err)
	}
	return agent, nil
}

// WorksHere tells whether an agent is one of the house who has not been closed.
func WorksHere(ctx context.Context, tx *store.Tx, id hilft.AgentID) (bool, error) {
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM agent WHERE id = ? AND closed_at = 0`, []any{string(id)}, &one)
	if err != nil && !store.IsNoRows(err) {
		return false, fmt.Errorf("access: works here: %w", err)
	}
	return err == nil, nil
}

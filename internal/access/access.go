// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Access is the room of the people who work here. It is safe for concurrent use.
type Access struct {
	db        *store.DB
	jobs      *jobs.Jobs
	keys      *Keys
	log       *slog.Logger
	party     *webauthn.WebAuthn // nil: no passkeys
	passwords *passwords
	publicURL string
	plain     bool // the house itself has no https, so a provider needs none either
	sites     *sites
}

// Deps is what the room needs. Log may be nil; so may Keys and Jobs, where nobody signs in with more than a password, and
// HTTP, where nobody does by a provider. PublicURL is the address for which passkeys are made, and to which providers send
// people back.
type Deps struct {
	DB   *store.DB
	Jobs *jobs.Jobs
	Keys *Keys
	Log  *slog.Logger
	HTTP *http.Client // guarded against private addresses

	PublicURL string
	Weak      bool // passwords are hashed quickly and worth nothing: for tests that sign in all the time
}

// New opens the room. It does no I/O.
func New(d Deps) *Access {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	hardness := argonNow
	if d.Weak {
		hardness = argonWeak
	}
	plain := !strings.HasPrefix(d.PublicURL, "https://")
	return &Access{
		db: d.DB, jobs: d.Jobs, keys: d.Keys, log: d.Log, party: relyingParty(d.PublicURL), passwords: newPasswords(hardness),
		publicURL: d.PublicURL, plain: plain, sites: newSites(d.HTTP, plain, d.DB.Now),
	}
}

type actorKey struct{}

// As returns a context in which agent acts. The HTTP room sets it from the session of a request.
func As(ctx context.Context, agent Agent) context.Context {
	return context.WithValue(ctx, actorKey{}, agent)
}

// Actor is who acts in this context. The zero Agent, with an empty ID: nobody is signed in, or hilft acts by itself.
func Actor(ctx context.Context) Agent {
	agent, _ := ctx.Value(actorKey{}).(Agent)
	return agent
}

func signedIn(ctx context.Context) (Agent, error) {
	who := Actor(ctx)
	if who.ID == "" {
		return who, hilft.Fail(hilft.Unauthenticated, "session.missing", nil)
	}
	return who, nil
}

// administrator refuses everybody else. It trusts the context: what may not be wrong asks stillAdministrator too.
func administrator(ctx context.Context) (Agent, error) {
	who, err := signedIn(ctx)
	if err == nil && who.Role != RoleAdministrator {
		err = hilft.Fail(hilft.Forbidden, "access.administrator_only", nil)
	}
	return who, err
}

// stillAdministrator asks the table, within the transaction that needs the right, and keeps the answer true until that
// transaction ends.
func stillAdministrator(ctx context.Context, tx *store.Tx, id hilft.AgentID) error {
	var role Role
	var closed int64
	err := tx.Row(ctx, `SELECT role, closed_at FROM agent WHERE id = ?`+tx.Lock(), []any{id}, &role, &closed)
	if err != nil && !store.IsNoRows(err) {
		return err
	}
	if err != nil || role != RoleAdministrator || closed != 0 {
		return hilft.Fail(hilft.Forbidden, "access.administrator_only", nil)
	}
	return nil
}

// administratorAnd is stillAdministrator for one who changes another agent. NotFound: there is no such other. Both rows are
// held in one order: of two administrators who take the house from each other at once, the second finds their right gone.
func administratorAnd(ctx context.Context, tx *store.Tx, who, other hilft.AgentID) error {
	there := false
	err := tx.Rows(ctx, `SELECT id FROM agent WHERE id IN (?, ?) ORDER BY id`+tx.Lock(), []any{string(who), string(other)},
		func(scan func(into ...any) error) error {
			var id hilft.AgentID
			err := scan(&id)
			there = there || id == other
			return err
		})
	if err != nil {
		return err
	}
	if err := stillAdministrator(ctx, tx, who); err != nil {
		return err
	}
	if !there {
		return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
	}
	return nil
}

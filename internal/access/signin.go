// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// SignIn proves who somebody is. from is the address the request came from, for the limits. Unauthenticated
// ("session.wrong"): address or password is wrong, or the agent no longer works here; ("session.second_step", with a
// *Half as its cause): they are right, and the agent's second step is still to come. Unavailable ("session.locked",
// with a *Locked as its cause): too many wrong tries; nothing was looked at. Forbidden ("session.provider_only"): both are
// right, and count for nothing any more.
//
// The caller then renews the session's token and puts the id under SessionAgent.
func (a *Access) SignIn(ctx context.Context, email, password, from string) (Agent, error) {
	email, _ = mailAddress(email) // what is no address becomes empty, and nobody has that
	try := attemptOf(email, from)
	var who Agent
	var kept string
	err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := try.count(ctx, tx); err != nil {
			return err
		}
		var err error
		if who, kept, err = oneAgent(ctx, tx, `email = ? AND closed_at = 0`, email); store.IsNoRows(err) {
			who, kept, err = Agent{}, a.passwords.nobody(), nil
		}
		return err
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: sign in: %w", err)
	}
	fresh, err := a.prove(ctx, kept, password)
	if err != nil {
		return Agent{}, fmt.Errorf("access: sign in: %w", err)
	}
	if fresh == "" || who.ID == "" {
		if err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tried(ctx, tx, audit.SignInFailed, who.ID, "password", from)
		}); err != nil {
			return Agent{}, fmt.Errorf("access: sign in: %w", err)
		}
		return Agent{}, hilft.Fail(hilft.Unauthenticated, "session.wrong", nil)
	}
	var half *Half
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Only if the agent still has that password: it may have been changed while this one was looked at.
		n, err := tx.Exec(ctx, `UPDATE agent SET password = ? WHERE id = ? AND password = ? AND closed_at = 0`, fresh, who.ID, kept)
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.Unauthenticated, "session.wrong", nil)
		}
		if err := mayOwn(ctx, tx, who); err != nil {
			return err
		}
		second, err := secondOf(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if half = nil; second.Set() {
			half = &Half{Agent: who.ID, Proof: proofOf(fresh), Until: tx.Now().Add(halfFor)}
		} else if err := tried(ctx, tx, audit.SignedIn, who.ID, "password", from); err != nil {
			return err
		}
		return try.right(ctx, tx)
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: sign in: %w", err)
	}
	if half != nil {
		return Agent{}, hilft.Fail(hilft.Unauthenticated, "session.second_step", half)
	}
	return who, nil
}

// prove returns the hash to keep from now on when the password fits the kept one (the same hash, or a renewed one), and
// an empty one when it does not.
func (a *Access) prove(ctx context.Context, kept, password string) (string, error) {
	if len(password) > passwordMost {
		password = "" // no one has it, and the work is the same
	}
	fits, stale, err := a.passwords.check(ctx, kept, password)
	if err != nil || !fits {
		return "", err
	}
	if stale {
		return a.passwords.hash(ctx, password)
	}
	return kept, nil
}

// count counts a try as wrong before it is looked at, so that of many at once no more are looked at than of one after
// the other. Unavailable: it has to wait.
func (a attempt) count(ctx context.Context, tx *store.Tx) error {
	all, err := tallies(ctx, tx, a)
	if err != nil {
		return err
	}
	now := tx.Now()
	counts := a.counting(all, now)
	var wait Locked
	for key := range counts {
		if until, is := all[key].locked(now); is && until.After(wait.Until) {
			wait.Until = until
		}
	}
	if !wait.Until.IsZero() {
		return hilft.Fail(hilft.Unavailable, "session.locked", &wait)
	}
	for key, l := range counts {
		if err := keepTally(ctx, tx, key, l.wrong(all[key], now)); err != nil {
			return err
		}
	}
	return nil
}

// right takes back what was counted: the place is known now and begins anew.
func (a attempt) right(ctx context.Context, tx *store.Tx) error {
	all, err := tallies(ctx, tx, a)
	if err != nil {
		return err
	}
	now := tx.Now()
	for key, l := range a.counting(all, now) {
		t := l.undone(all[key])
		if key == a.pair {
			t = tally{at: now, known: now.Add(knownFor)}
		}
		if err := keepTally(ctx, tx, key, t); err != nil {
			return err
		}
	}
	return nil
}

// ChangePassword replaces the acting agent's own password and ends all their sessions, the current one too: the caller
// renews its token. The old password is asked for under the same limits as a sign-in. Invalid names the field: password
// ("password.wrong" with the field old: the old one is wrong); Unavailable ("session.locked"): as with SignIn.
func (a *Access) ChangePassword(ctx context.Context, old, password, from string) error {
	who, err := signedIn(ctx)
	if err != nil {
		return err
	}
	if err := a.checkPasswordOf(ctx, password, who); err != nil {
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
		return fmt.Errorf("access: change password: %w", err)
	}
	proof, err := a.prove(ctx, kept, old)
	if err != nil {
		return fmt.Errorf("access: change password: %w", err)
	}
	if proof == "" {
		return a.proofFailed(ctx, "old", from)
	}
	fresh, err := a.passwords.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("access: change password: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE agent SET password = ? WHERE id = ? AND password = ? AND closed_at = 0`, fresh, who.ID, kept)
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.FailField(hilft.Invalid, "password.wrong", "old", nil)
		}
		if err := try.right(ctx, tx); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.PasswordSet, "", string(who.ID), nil); err != nil {
			return err
		}
		return endSessions(ctx, tx, who.ID)
	})
	if err != nil {
		return fmt.Errorf("access: change password: %w", err)
	}
	return nil
}

// GivePassword gives somebody who has forgotten theirs a new first password, to be told to them and changed by them, and
// ends their sessions. Only an administrator may, and not to themselves: whoever sits at an open desk does not know the
// old one. NotFound: nobody of that id works here. Invalid names the field: password.
func (a *Access) GivePassword(ctx context.Context, id hilft.AgentID, password string) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	if who.ID == id {
		return hilft.Fail(hilft.Conflict, "agent.password.self", nil)
	}
	agent, err := a.Agent(ctx, id)
	if err != nil {
		return err
	}
	if err := a.checkPasswordOf(ctx, password, agent); err != nil {
		return err
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("access: give password: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE agent SET password = ? WHERE id = ? AND closed_at = 0`, hash, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
		}
		if err := Trail(ctx, tx, audit.PasswordGiven, "", string(id), nil); err != nil {
			return err
		}
		return endSessions(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("access: give password: %w", err)
	}
	return nil
}

// proofFailed writes down that whoever acts did not know their agent's password, and says so.
func (a *Access) proofFailed(ctx context.Context, field, from string) error {
	if err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tried(ctx, tx, audit.ProofFailed, Actor(ctx).ID, "password", from)
	}); err != nil {
		return err
	}
	return hilft.FailField(hilft.Invalid, "password.wrong", field, nil)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// LinkKind is what a link is good for.
type LinkKind string

const (
	LinkInvite LinkKind = "invite" // to begin to work here
	LinkReset  LinkKind = "reset"  // to choose a new password
)

const (
	// inviteFor: whoever is invited may be on holiday, and a link that somebody else finds opens an empty account, which its
	// administrator sees and closes.
	inviteFor = 7 * 24 * time.Hour
	// resetFor: a reset opens an account with everything in it, for somebody who sits and waits for the mail.
	resetFor = 30 * time.Minute
	// resetEvery is how often somebody is mailed a link at most, whoever asks.
	resetEvery = 2 * time.Minute
	tokenSize  = 32 // random bytes
)

// Link is what a token is good for, once. The token itself stands in the link alone, and is kept nowhere.
type Link struct {
	Kind   LinkKind
	Name   string // whose it is, or is to be
	Email  string
	Sight  Sight // what they see, or are to see: of what they do not, the link says nothing
	EndsAt time.Time
}

// LogValue hides whose it is.
func (Link) LogValue() slog.Value { return slog.StringValue("link") }

// newToken is 256 random bits as they stand in addresses.
func newToken() string {
	random := make([]byte, tokenSize)
	_, _ = rand.Read(random)
	return base64.RawURLEncoding.EncodeToString(random)
}

var tokenLength = base64.RawURLEncoding.EncodedLen(tokenSize)

// linkOver is said of links that were used, are too old, or never were: which of them is nobody's business.
func linkOver() error { return hilft.Fail(hilft.NotFound, "link.over", nil) }

// openLink is one row of link that still holds, with what it is about.
type openLink struct {
	Link
	agent      hilft.AgentID // LinkReset
	invitation string        // LinkInvite
	newcomer   Newcomer      // LinkInvite
}

// findLink finds what a token is good for. NotFound ("link.over"): nothing, any more.
func findLink(ctx context.Context, tx *store.Tx, token string) (l openLink, err error) {
	if len(token) != tokenLength {
		return l, linkOver()
	}
	var ends int64
	err = tx.Row(ctx, `SELECT kind, agent_id, invitation_id, ends_at FROM link WHERE hash = ? AND used_at = 0 AND ends_at > ?`,
		[]any{tokenHash(token), store.Micros(tx.Now())}, &l.Kind, &l.agent, &l.invitation, &ends)
	if store.IsNoRows(err) {
		return l, linkOver()
	}
	if err != nil {
		return l, err
	}
	l.EndsAt = store.Time(ends)
	if l.Kind == LinkReset {
		var who Agent
		who, _, err = oneAgent(ctx, tx, `id = ? AND closed_at = 0`, l.agent)
		l.Name, l.Email, l.Sight = who.Name, who.Email, who.Sight()
	} else {
		n := &l.newcomer
		err = tx.Row(ctx, `SELECT email, name, role, brand_id, language FROM invitation WHERE id = ? AND used_at = 0 AND ends_at > ?`,
			[]any{l.invitation, store.Micros(tx.Now())}, &n.Email, &n.Name, &n.Role, &n.Brand, &n.Language)
		l.Name, l.Email, l.Sight = n.Name, n.Email, n.sight()
	}
	if store.IsNoRows(err) {
		return l, linkOver()
	}
	return l, err
}

// Look tells what a link is good for, as often as one likes: what opens links by itself, such as a mail scanner, uses
// nothing up. from is for the limits. NotFound ("link.over"): for nothing, any more.
func (a *Access) Look(ctx context.Context, token, from string) (Link, error) {
	l, err := a.tryLink(ctx, token, from)
	if err != nil {
		return Link{}, fmt.Errorf("access: look at a link: %w", err)
	}
	return l.Link, nil
}

// tryLink is findLink for somebody who may be guessing.
func (a *Access) tryLink(ctx context.Context, token, from string) (l openLink, err error) {
	try := attemptOf("link "+tokenHash(token), from)
	over := false
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := try.count(ctx, tx); err != nil {
			return err
		}
		l, err = findLink(ctx, tx, token)
		if over = hilft.KindOf(err) == hilft.NotFound; over {
			return nil // and the try stays counted
		}
		if err != nil {
			return err
		}
		return try.right(ctx, tx)
	})
	if err == nil && over {
		err = linkOver()
	}
	return l, err
}

// useUp uses a token up, if it still holds.
func useUp(ctx context.Context, tx *store.Tx, token string, kind LinkKind) error {
	now := store.Micros(tx.Now())
	n, err := tx.Exec(ctx, `UPDATE link SET used_at = ? WHERE hash = ? AND kind = ? AND used_at = 0 AND ends_at > ?`, now, tokenHash(token), string(kind), now)
	if err == nil && n == 0 {
		err = linkOver()
	}
	return err
}

// forgetLinks makes an agent's open links worth nothing.
func forgetLinks(ctx context.Context, tx *store.Tx, id hilft.AgentID) error {
	_, err := tx.Exec(ctx, `UPDATE link SET used_at = ? WHERE agent_id = ? AND used_at = 0`, store.Micros(tx.Now()), id)
	return err
}

// Reset gives the owner of a reset link a new password, which ends their sessions and other links. Their second step
// stays: whoever reads their mail is not in yet. NotFound ("link.over"): it is good for nothing, any more. Invalid names
// the field: password.
func (a *Access) Reset(ctx context.Context, token, password, from string) error {
	l, err := a.tryLink(ctx, token, from)
	if err == nil && l.Kind != LinkReset {
		err = linkOver()
	}
	if err == nil {
		err = a.checkPasswordOf(ctx, password, Agent{Email: l.Email, Name: l.Name})
	}
	if err != nil {
		return fmt.Errorf("access: reset: %w", err)
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("access: reset: %w", err)
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := useUp(ctx, tx, token, LinkReset); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE agent SET password = ? WHERE id = ? AND closed_at = 0`, hash, l.agent)
		if err != nil {
			return err
		}
		if n == 0 {
			return linkOver()
		}
		if err := tried(ctx, tx, audit.PasswordReset, l.agent, "link", from); err != nil {
			return err
		}
		return endSessions(ctx, tx, l.agent)
	})
	if err != nil {
		return fmt.Errorf("access: reset: %w", err)
	}
	return nil
}

// Errand is the mail of a link that is still to be written: for an agent, or for an invitation. The link is made when the
// mail is, so that its token lies nowhere meanwhile.
type Errand struct {
	Agent      hilft.AgentID `json:"agent,omitempty"`
	Invitation string        `json:"invitation,omitempty"`
}

// Forgotten has somebody mailed a link to choose a new password, if anybody of that address works here; it does not tell
// whether. from is for the limits, which are those of a sign-in: each time counts as a wrong try. Unavailable
// ("session.locked", with a *Locked as its cause): too many.
func (a *Access) Forgotten(ctx context.Context, email, from string) error {
	email, _ = mailAddress(email)
	try := attemptOf("forgotten "+email, from)
	err := a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := try.count(ctx, tx); err != nil {
			return err
		}
		var id hilft.AgentID
		err := tx.Row(ctx, `SELECT id FROM agent WHERE email = ? AND closed_at = 0 AND NOT EXISTS
			(SELECT 1 FROM link WHERE agent_id = agent.id AND made_at > ?)`, []any{email, store.Micros(tx.Now().Add(-resetEvery))}, &id)
		if store.IsNoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return a.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobLink, Key: "reset " + string(id), Args: Errand{Agent: id}})
	})
	if err != nil {
		return fmt.Errorf("access: forgotten: %w", err)
	}
	return nil
}

// ResetLink makes a link for a new password, to be handed to somebody who works here. Only an administrator may, and not
// for themselves. NotFound: nobody of that id works here.
func (a *Access) ResetLink(ctx context.Context, id hilft.AgentID) (token string, l Link, err error) {
	who, err := administrator(ctx)
	if err != nil {
		return "", Link{}, err
	}
	if who.ID == id {
		return "", Link{}, hilft.Fail(hilft.Conflict, "agent.password.self", nil)
	}
	return a.makeLink(ctx, Errand{Agent: id}, func(ctx context.Context, tx *store.Tx) error { return stillAdministrator(ctx, tx, who.ID) })
}

// MakeLink makes the link of an errand. NotFound: its agent or invitation is gone, or used.
func (a *Access) MakeLink(ctx context.Context, e Errand) (token string, l Link, err error) {
	return a.makeLink(ctx, e, func(context.Context, *store.Tx) error { return nil })
}

func (a *Access) makeLink(ctx context.Context, e Errand, allowed func(context.Context, *store.Tx) error) (token string, l Link, err error) {
	token = newToken()
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := allowed(ctx, tx); err != nil {
			return err
		}
		var ends int64
		if e.Agent != "" {
			who, _, err := oneAgent(ctx, tx, `id = ? AND closed_at = 0`, e.Agent)
			l = Link{Kind: LinkReset, Name: who.Name, Email: who.Email, Sight: who.Sight(), EndsAt: tx.Now().Add(resetFor)}
			if store.IsNoRows(err) {
				return hilft.Fail(hilft.NotFound, "agent.not_found", nil)
			}
			if err != nil {
				return err
			}
		} else {
			var n Newcomer
			err := tx.Row(ctx, `SELECT name, email, role, brand_id, ends_at FROM invitation WHERE id = ? AND used_at = 0 AND ends_at > ?`, []any{e.Invitation, store.Micros(tx.Now())},
				&n.Name, &n.Email, &n.Role, &n.Brand, &ends)
			if store.IsNoRows(err) {
				return hilft.Fail(hilft.NotFound, "invitation.not_found", nil)
			}
			if err != nil {
				return err
			}
			l = Link{Kind: LinkInvite, Name: n.Name, Email: n.Email, Sight: n.sight(), EndsAt: store.Time(ends)}
		}
		_, err := tx.Exec(ctx, `INSERT INTO link (hash, kind, agent_id, invitation_id, made_at, ends_at, used_at) VALUES (?, ?, ?, ?, ?, ?, 0)`,
			tokenHash(token), string(l.Kind), e.Agent, e.Invitation, store.Micros(tx.Now()), store.Micros(l.EndsAt))
		if err != nil {
			return err
		}
		what, about := audit.PasswordLink, string(e.Agent)
		if e.Invitation != "" {
			what, about = audit.InviteLink, e.Invitation
		}
		return Trail(ctx, tx, what, "", about, nil)
	})
	if err != nil {
		return "", Link{}, fmt.Errorf("access: make link: %w", err)
	}
	return token, l, nil
}

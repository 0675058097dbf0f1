// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Invitation is somebody who was asked to work here and has not begun yet.
type Invitation struct {
	ID       string
	Email    string
	Name     string
	Role     Role          // RoleAdministrator, or what they are to be in Brand
	Brand    hilft.BrandID // of an administrator, where they were invited
	Language string
	MadeAt   time.Time
	EndsAt   time.Time
}

// LogValue is the id alone.
func (i Invitation) LogValue() slog.Value { return slog.StringValue(i.ID) }

// Invite asks somebody to work here: by a mail that is written for them, or by a link that MakeLink makes for the
// administrator to hand over. An earlier invitation to the same address is withdrawn. The newcomer's password is not
// looked at: they choose it themselves. Only an administrator may. Invalid names the field: name, email, language, role;
// Conflict: somebody has that address already; NotFound: there is no such brand.
func (a *Access) Invite(ctx context.Context, n Newcomer, byMail bool) (i Invitation, err error) {
	who, err := administrator(ctx)
	if err != nil {
		return Invitation{}, err
	}
	if n.Language == "" {
		n.Language = who.Language
	}
	agent, err := n.clean()
	if err != nil {
		return Invitation{}, err
	}
	i = Invitation{ID: hilft.NewID(), Email: agent.Email, Name: agent.Name, Role: n.Role, Brand: n.Brand, Language: agent.Language}
	if i.Role == "" {
		i.Role = RoleAgent
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		if err := notTaken(ctx, tx, i.Email); err != nil {
			return err
		}
		if i.Role != RoleAdministrator {
			if err := isBrand(ctx, tx, i.Brand); err != nil {
				return err
			}
		}
		now := tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE invitation SET ends_at = ? WHERE email = ? AND used_at = 0 AND ends_at > ?`, store.Micros(now), i.Email, store.Micros(now)); err != nil {
			return err
		}
		i.MadeAt, i.EndsAt = store.Time(store.Micros(now)), store.Time(store.Micros(now.Add(inviteFor)))
		if _, err := tx.Exec(ctx, `INSERT INTO invitation (id, email, name, role, brand_id, language, by_agent, made_at, ends_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			i.ID, i.Email, i.Name, string(i.Role), string(i.Brand), i.Language, who.ID, store.Micros(i.MadeAt), store.Micros(i.EndsAt)); err != nil {
			return err
		}
		if err := Trail(ctx, tx, audit.AgentInvited, i.Brand, i.ID, audit.Detail{"role": string(i.Role)}); err != nil {
			return err
		}
		if !byMail {
			return nil
		}
		return a.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobLink, Args: Errand{Invitation: i.ID}})
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("access: invite: %w", err)
	}
	return i, nil
}

func notTaken(ctx context.Context, tx *store.Tx, email string) error {
	var taken bool
	if err := tx.Row(ctx, `SELECT EXISTS (SELECT 1 FROM agent WHERE email = ?)`, []any{email}, &taken); err != nil {
		return err
	}
	if taken {
		return hilft.FailField(hilft.Conflict, "agent.email.taken", "email", nil)
	}
	return nil
}

// Invitations lists those that are open, the newest first.
func (a *Access) Invitations(ctx context.Context) (all []Invitation, err error) {
	err = a.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT id, email, name, role, brand_id, language, made_at, ends_at FROM invitation WHERE used_at = 0 AND ends_at > ? ORDER BY made_at DESC, id`,
			[]any{store.Micros(tx.Now())}, func(scan func(into ...any) error, i *Invitation) error {
				var made, ends int64
				err := scan(&i.ID, &i.Email, &i.Name, &i.Role, &i.Brand, &i.Language, &made, &ends)
				i.MadeAt, i.EndsAt = store.Time(made), store.Time(ends)
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("access: invitations: %w", err)
	}
	return all, nil
}

// InvitationLink makes a link of an open invitation, to be handed over. Only an administrator may. NotFound: there is none
// of that id that is open.
func (a *Access) InvitationLink(ctx context.Context, id string) (token string, l Link, err error) {
	who, err := administrator(ctx)
	if err != nil {
		return "", Link{}, err
	}
	return a.makeLink(ctx, Errand{Invitation: id}, func(ctx context.Context, tx *store.Tx) error { return stillAdministrator(ctx, tx, who.ID) })
}

// Withdraw takes an invitation back: its links are worth nothing any more. Only an administrator may. NotFound: there is
// none of that id that is open.
func (a *Access) Withdraw(ctx context.Context, id string) error {
	who, err := administrator(ctx)
	if err != nil {
		return err
	}
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := stillAdministrator(ctx, tx, who.ID); err != nil {
			return err
		}
		now := store.Micros(tx.Now())
		n, err := tx.Exec(ctx, `UPDATE invitation SET ends_at = ? WHERE id = ? AND used_at = 0 AND ends_at > ?`, now, id, now)
		if err == nil && n == 0 {
			err = hilft.Fail(hilft.NotFound, "invitation.not_found", nil)
		}
		if err != nil {
			return err
		}
		return Trail(ctx, tx, audit.InviteWithdrawn, "", id, nil)
	})
	if err != nil {
		return fmt.Errorf("access: withdraw: %w", err)
	}
	return nil
}

// Join makes an agent of somebody who was invited, under the name and with the password they choose. NotFound
// ("link.over"): the link is good for nothing, any more. Invalid names the field: name, password. Conflict: somebody has
// their address by now. Forbidden ("session.provider_only"): they begin by signing in at a provider.
func (a *Access) Join(ctx context.Context, token, name, password, from string) (agent Agent, err error) {
	l, err := a.tryLink(ctx, token, from)
	if err == nil && l.Kind != LinkInvite {
		err = linkOver()
	}
	if err != nil {
		return Agent{}, fmt.Errorf("access: join: %w", err)
	}
	if name != "" {
		l.newcomer.Name = name
	}
	if agent, err = l.newcomer.clean(); err == nil {
		err = a.checkPasswordOf(ctx, password, agent)
	}
	if err != nil {
		return Agent{}, fmt.Errorf("access: join: %w", err)
	}
	hash, err := a.passwords.hash(ctx, password)
	if err != nil {
		return Agent{}, fmt.Errorf("access: join: %w", err)
	}
	agent.ID = hilft.AgentID(hilft.NewID())
	err = a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := mayOwn(ctx, tx, agent); err != nil {
			return err
		}
		if err := useUp(ctx, tx, token, LinkInvite); err != nil {
			return err
		}
		now := store.Micros(tx.Now())
		n, err := tx.Exec(ctx, `UPDATE invitation SET used_at = ? WHERE id = ? AND used_at = 0 AND ends_at > ?`, now, l.invitation, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return linkOver() // withdrawn, or used by another of its links
		}
		if agent, err = insertAgent(ctx, tx, agent, hash); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Brand: l.newcomer.Brand, Who: agent.ID, What: audit.AgentJoined, About: l.invitation, Detail: audit.Detail{"role": string(l.newcomer.Role)}})
	})
	if err != nil {
		return Agent{}, fmt.Errorf("access: join: %w", err)
	}
	return agent, nil
}

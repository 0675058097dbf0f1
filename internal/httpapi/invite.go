// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// InvitationJSON is somebody who was asked to work here and has not begun yet.
type InvitationJSON struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Email  string    `json:"email"`
	Role   string    `json:"role"`
	MadeAt time.Time `json:"made_at"`
	EndsAt time.Time `json:"ends_at"`
}

func invitationJSON(i access.Invitation) InvitationJSON {
	return InvitationJSON{i.ID, i.Name, i.Email, string(i.Role), i.MadeAt, i.EndsAt}
}

type invitationList struct {
	Invitations []InvitationJSON `json:"invitations" nullable:"false"`
	Mail        bool             `json:"mail" doc:"Whether an account of this house can send mail."`
}

type invitedJSON struct {
	Invitation InvitationJSON `json:"invitation"`
	Link       string         `json:"link" doc:"To hand over. Empty: it goes by mail. It is told this once."`
}

type linkJSON struct {
	Link   string    `json:"link" doc:"To hand over. It is good once, and told this once."`
	EndsAt time.Time `json:"ends_at"`
}

type lookedAtJSON struct {
	Kind   string    `json:"kind" enum:"invite,reset"`
	Name   string    `json:"name"`
	Email  string    `json:"email"`
	Brand  string    `json:"brand"`
	EndsAt time.Time `json:"ends_at"`
}

type inviteRequest struct {
	InBrand
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Email    string `json:"email" maxLength:"254"`
		Role     string `json:"role,omitempty" enum:"administrator,lead,agent,reviewer,reader" doc:"What they are to be in the brand, or administrator of the house; empty: agent."`
		Language string `json:"language,omitempty" enum:"de,en"`
		Mail     bool   `json:"mail,omitempty" doc:"Send it by mail; otherwise the answer has a link to hand over."`
	}
}

// linkTo is the address of a page that uses a token up when somebody says so on it. Its host is the one that the house was
// told, whatever a request claims. The token stands behind the #, which no browser sends anywhere.
func (a *API) linkTo(token string) string { return a.PublicURL + "/welcome#" + token }

// linkOperations are those by which people get in without a password, or a new one.
func (a *API) linkOperations() {
	operation(a, administrators, http.MethodGet, "/api/invitations", "list-invitations", "Who was invited and has not begun yet", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[invitationList], error) {
			all, err := a.Access.Invitations(ctx)
			if err != nil {
				return nil, err
			}
			b, err := a.known.brand(ctx, *in, access.Lead)
			if err != nil {
				return nil, err
			}
			ways, err := a.Watch.Ways(ctx, b.ID)
			out := &bodyOf[invitationList]{invitationList{[]InvitationJSON{}, len(ways) > 0}}
			for _, i := range all {
				out.Body.Invitations = append(out.Body.Invitations, invitationJSON(i))
			}
			return out, err
		})
	operation(a, administrators, http.MethodPost, "/api/invitations", "invite", "Ask somebody to work here", 201,
		func(ctx context.Context, in *inviteRequest) (*bodyOf[invitedJSON], error) {
			of, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			b := in.Body
			i, err := a.Access.Invite(ctx, access.Newcomer{Name: b.Name, Email: b.Email, Role: access.Role(b.Role), Brand: of.ID, Language: b.Language}, b.Mail)
			if err != nil {
				return nil, err
			}
			out := &bodyOf[invitedJSON]{invitedJSON{Invitation: invitationJSON(i)}}
			if b.Mail {
				return out, nil
			}
			token, _, err := a.Access.InvitationLink(ctx, i.ID)
			out.Body.Link = a.linkTo(token)
			return out, err
		})
	operation(a, administrators, http.MethodPost, "/api/invitations/{id}/link", "link-invitation", "A link of an invitation, to hand over", 201,
		func(ctx context.Context, in *ByID) (*bodyOf[linkJSON], error) {
			token, l, err := a.Access.InvitationLink(ctx, in.ID)
			return &bodyOf[linkJSON]{linkJSON{a.linkTo(token), l.EndsAt}}, err
		})
	operation(a, administrators, http.MethodDelete, "/api/invitations/{id}", "withdraw-invitation", "Take an invitation back", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) { return nil, a.Access.Withdraw(ctx, in.ID) })
	operation(a, administrators, http.MethodPost, "/api/agents/{id}/link", "link-password", "A link for a new password, to hand to somebody who has forgotten theirs", 201,
		func(ctx context.Context, in *ByID) (*bodyOf[linkJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			token, l, err := a.Access.ResetLink(ctx, hilft.AgentID(in.ID))
			return &bodyOf[linkJSON]{linkJSON{a.linkTo(token), l.EndsAt}}, err
		})
	operation(a, anybody, http.MethodPost, "/api/session/forgotten", "forget-password", "Have a link for a new password mailed to oneself; the answer is the same whether anybody has that address", 204,
		func(ctx context.Context, in *struct {
			Body struct {
				Email string `json:"email" maxLength:"254"`
			}
		},
		) (*nothing, error) {
			return nil, a.Access.Forgotten(ctx, in.Body.Email, placeFrom(ctx))
		})
	operation(a, anybody, http.MethodPost, "/api/links/look", "look-at-link", "What a link is good for; this does not use it up", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Token string `json:"token" maxLength:"64"`
			}
		},
		) (*bodyOf[lookedAtJSON], error) {
			l, err := a.Access.Look(ctx, in.Body.Token, placeFrom(ctx))
			if err != nil {
				return nil, err
			}
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, _ := n.brand(l.Sight, InBrand{}, access.Read) // without one, it names none
			return &bodyOf[lookedAtJSON]{lookedAtJSON{string(l.Kind), l.Name, l.Email, b.Name, l.EndsAt}}, nil
		})
	operation(a, anybody, http.MethodPost, "/api/links/join", "join", "Begin to work here, as one was invited to, and sign in", 201,
		func(ctx context.Context, in *struct {
			Body struct {
				Token    string `json:"token" maxLength:"64"`
				Name     string `json:"name,omitempty" maxLength:"200" doc:"Empty: as one was invited."`
				Password string `json:"password" maxLength:"256"`
			}
		},
		) (*bodyOf[meJSON], error) {
			me, err := a.Access.Join(ctx, in.Body.Token, in.Body.Name, in.Body.Password, placeFrom(ctx))
			if err != nil {
				return nil, err
			}
			a.known.forget()
			return a.enter(ctx, me)
		})
	operation(a, anybody, http.MethodPost, "/api/links/reset", "reset-password", "Choose a new password; every session ends, and one signs in anew", 204,
		func(ctx context.Context, in *struct {
			Body struct {
				Token    string `json:"token" maxLength:"64"`
				Password string `json:"password" maxLength:"256"`
			}
		},
		) (*nothing, error) {
			return nil, a.Access.Reset(ctx, in.Body.Token, in.Body.Password, placeFrom(ctx))
		})
}

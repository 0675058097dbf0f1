// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
)

// reads notes in the audit trail that whoever acts is shown something private. Unavailable: it cannot be noted any more,
// and so is not shown.
func (a *API) reads(ctx context.Context, what audit.What, brand hilft.BrandID, about string) error {
	way := access.TokenOf(ctx).ID
	if way == "" {
		way = a.sessions.Token(ctx)
	}
	return a.Trail.Read(access.Acted(ctx, what, brand, about, nil), way)
}

// TrailEntry is one act. It is exported because what others contain must be, to stand in the API's description.
type TrailEntry struct {
	N      int64             `json:"n" doc:"Its place in the chain."`
	At     time.Time         `json:"at"`
	Brand  *brandRef         `json:"brand" doc:"Null: it is about the whole house."`
	Agent  *AgentJSON        `json:"agent" doc:"Who did it. Null: nobody who works here, or hilft by itself."`
	What   string            `json:"what" doc:"Its group, a dot, and what was done."`
	About  string            `json:"about" doc:"Id of what it is about."`
	Name   string            `json:"name" doc:"What people call that, where it is somebody who works here, a brand or an account."`
	Detail map[string]string `json:"detail" nullable:"false"`
	Hash   string            `json:"hash" doc:"SHA-256 of the hash before it and of the row, in hexadecimal."`
}

type brandRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type trailJSON struct {
	Entries []TrailEntry `json:"entries" nullable:"false" doc:"The newest first."`
	Next    int64        `json:"next" doc:"As before, for what stands before these; 0: there is nothing."`
	Groups  []string     `json:"groups" nullable:"false" doc:"The groups that one may ask for."`
	Chain   chainJSON    `json:"chain"`
}

type chainJSON struct {
	N         int64      `json:"n" doc:"The last place."`
	Hash      string     `json:"hash" doc:"Of the last row: whoever keeps it elsewhere can prove later that nothing before it was changed."`
	SignedN   int64      `json:"signed_n" doc:"Up to which place the chain is signed."`
	CheckedAt *time.Time `json:"checked_at" doc:"When the whole chain was last gone through."`
	CheckedN  int64      `json:"checked_n"`
	Fault     string     `json:"fault" doc:"What is wrong, in English; empty: the chain holds."`
}

type trailRequest struct {
	InBrand
	Agent  string    `query:"agent" maxLength:"64" doc:"What one person did."`
	Group  string    `query:"group" maxLength:"40" doc:"Only of this group."`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
	Before int64     `query:"before" minimum:"0"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (a *API) trailOperations() {
	operation(a, leads, http.MethodGet, "/api/trail", "list-trail", "What was done in a brand, the newest first; administrators see the whole house, and what was read", 200,
		func(ctx context.Context, in *trailRequest) (*bodyOf[trailJSON], error) {
			out, err := a.trail(ctx, in)
			return &bodyOf[trailJSON]{out}, err
		})
	operation(a, administrators, http.MethodPost, "/api/trail/check", "check-trail", "Go through the whole chain, and say whether it holds", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[chainJSON], error) {
			if _, err := a.Trail.Check(ctx); err != nil {
				return nil, err
			}
			out, err := a.chain(ctx)
			return &bodyOf[chainJSON]{out}, err
		})
}

func (a *API) chain(ctx context.Context) (chainJSON, error) {
	s, err := a.Trail.State(ctx)
	return chainJSON{s.N, s.Hash, s.Signed, when(s.CheckedAt), s.CheckedN, s.Fault}, err
}

// trail is what somebody may see: a lead what was done in the brand, but not who of their colleagues has read what.
func (a *API) trail(ctx context.Context, in *trailRequest) (trailJSON, error) {
	out := trailJSON{Entries: []TrailEntry{}}
	n, err := a.known.look(ctx)
	if err != nil {
		return out, err
	}
	b, err := n.brand(sight(ctx), in.InBrand, access.Lead)
	if err != nil {
		return out, err
	}
	q := audit.Query{Brand: b.ID, Who: hilft.AgentID(in.Agent), Group: in.Group, From: in.From, To: in.To, Before: in.Before, Most: in.Limit}
	if access.Actor(ctx).Role == access.RoleAdministrator {
		q.Brand, q.Readings = "", true
	}
	out.Groups = q.Groups()
	if q.Group != "" && !slices.Contains(out.Groups, q.Group) {
		return out, hilft.FailField(hilft.Invalid, "trail.group.unknown", "group", nil)
	}
	if out.Chain, err = a.chain(ctx); err != nil {
		return out, err
	}
	all, more, err := a.Trail.List(ctx, q)
	if err != nil {
		return out, err
	}
	for _, e := range all {
		out.Entries = append(out.Entries, n.trailEntry(e))
	}
	if more {
		out.Next = all[len(all)-1].N
	}
	return out, nil
}

func (n *names) trailEntry(e audit.Entry) TrailEntry {
	out := TrailEntry{N: e.N, At: e.At, Agent: n.agent(e.Who), What: string(e.What), About: e.About, Name: n.nameOf(e.About), Detail: e.Detail, Hash: e.Hash}
	for _, b := range n.brands {
		if b.ID == e.Brand && e.Brand != "" {
			out.Brand = &brandRef{string(b.ID), b.Name}
		}
	}
	return out
}

// nameOf is what people call somebody who works here, a brand or an account; empty: it is none of these.
func (n *names) nameOf(id string) string {
	if g := n.agent(hilft.AgentID(id)); g != nil {
		return g.Name
	}
	for _, b := range n.brands {
		if string(b.ID) == id {
			return b.Name
		}
	}
	return n.account(hilft.AccountID(id)).Name
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

const (
	sessionAway   = "away"   // the state that a provider is to bring back
	sessionStrong = "strong" // its agent did two steps at a provider that is believed
)

// DoorJSON is a provider, as whoever stands at the door sees it.
type DoorJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// GrantJSON is what somebody becomes whom a provider has sent.
type GrantJSON struct {
	Value string `json:"value,omitempty" maxLength:"500" doc:"Of the claim."`
	Role  string `json:"role" enum:"lead,agent,reviewer,reader," doc:"Nothing: they are not let in."`
	Brand string `json:"brand_id" maxLength:"64"`
}

// ProviderBody is what is said of a provider. It is exported because what others contain must be, to stand in the API's
// description.
type ProviderBody struct {
	Name        string      `json:"name" maxLength:"200" doc:"On the button."`
	Issuer      string      `json:"issuer" maxLength:"500" doc:"Its address, to the letter as its own description has it."`
	ClientID    string      `json:"client_id" maxLength:"500"`
	Domains     []string    `json:"domains" maxItems:"50" nullable:"false" doc:"The only ones whose addresses count; none: all."`
	Vouches     bool        `json:"vouches" doc:"Every address of those domains counts as proved, said or not."`
	Claim       string      `json:"claim" maxLength:"500" doc:"What of an unknown person's token decides what they become."`
	Grants      []GrantJSON `json:"grants" maxItems:"50" nullable:"false" doc:"The first that fits counts."`
	Otherwise   GrantJSON   `json:"otherwise" doc:"What unknown people become whom no grant fits."`
	Second      bool        `json:"second" doc:"Who did two steps there, by its word, is asked for none here."`
	SecondLevel string      `json:"second_level" maxLength:"500" doc:"The acr that says so, beside the amr mfa."`
	On          bool        `json:"on" doc:"People may sign in by it."`
}

// ProviderJSON is a provider as administrators see it; its client's secret is not part of it.
type ProviderJSON struct {
	ID string `json:"id"`
	ProviderBody
	HasSecret bool       `json:"has_secret"`
	Callback  string     `json:"callback" doc:"The address that is to be registered with it."`
	UsedAt    *time.Time `json:"used_at" nullable:"true" doc:"When somebody last came in by it. Null: never."`
}

func (a *API) providerJSON(p access.Provider) ProviderJSON {
	r := p.Rules
	out := ProviderJSON{ID: p.ID, HasSecret: p.HasSecret(), Callback: a.Access.CallbackOf(p.ID), UsedAt: when(p.UsedAt), ProviderBody: ProviderBody{
		Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Domains: append([]string{}, r.Domains...), Vouches: r.Vouches, Claim: r.Claim, Grants: []GrantJSON{},
		Otherwise: grantJSON(r.Otherwise), Second: r.Second, SecondLevel: r.SecondLevel, On: p.OffAt.IsZero(),
	}}
	for _, g := range r.Grants {
		out.Grants = append(out.Grants, grantJSON(g))
	}
	return out
}

func grantJSON(g access.Grant) GrantJSON { return GrantJSON{g.Value, string(g.Role), string(g.Brand)} }

func (g GrantJSON) grant() access.Grant {
	return access.Grant{Value: g.Value, Role: access.Role(g.Role), Brand: hilft.BrandID(g.Brand)}
}

func (b ProviderBody) provider(id string) access.Provider {
	p := access.Provider{ID: id, Name: b.Name, Issuer: b.Issuer, ClientID: b.ClientID, Rules: access.ProviderRules{
		Domains: b.Domains, Vouches: b.Vouches, Claim: b.Claim, Otherwise: b.Otherwise.grant(), Second: b.Second, SecondLevel: b.SecondLevel,
	}}
	for _, g := range b.Grants {
		p.Rules.Grants = append(p.Rules.Grants, g.grant())
	}
	return p
}

type providerList struct {
	Providers []ProviderJSON `json:"providers" nullable:"false"`
	Next      DoorJSON       `json:"next" doc:"The id of the next one; its name is the address that is to be registered with it."`
	Own       string         `json:"own" enum:"everybody,administrators" doc:"Who may sign in without a provider."`
}

type setProviderRequest struct {
	ByID
	Body struct {
		ProviderBody
		Secret *string `json:"secret,omitempty" maxLength:"500" doc:"Of the client; empty: it has none; not there: the one that is kept."`
	}
}

type departRequest struct {
	Body struct {
		Provider string `json:"provider" maxLength:"64"`
		Back     string `json:"back,omitempty" maxLength:"500" doc:"The page of ours to which the browser comes back."`
	}
}

type departedJSON struct {
	URL string `json:"url" doc:"Where the browser goes."`
}

// BondJSON is a way in which somebody may sign in by a provider.
type BondJSON struct {
	ID     string    `json:"id"`
	Name   string    `json:"name" doc:"Of the provider."`
	MadeAt time.Time `json:"made_at"`
	UsedAt time.Time `json:"used_at"`
}

type bondList struct {
	Bonds     []BondJSON `json:"bonds" nullable:"false"`
	Providers []DoorJSON `json:"providers" nullable:"false" doc:"All by which people may sign in."`
}

// doors are the providers by which people may sign in.
func doors(d access.Doors) []DoorJSON {
	out := []DoorJSON{}
	for _, p := range d.Providers {
		out = append(out, DoorJSON{p.ID, p.Name})
	}
	return out
}

// depart sends a browser to a provider, and remembers in its session that it was.
func (a *API) depart(ctx context.Context, why access.Purpose, in *departRequest) (*bodyOf[departedJSON], error) {
	to, state, err := a.Access.Depart(ctx, in.Body.Provider, why, in.Body.Back)
	if err != nil {
		return nil, err
	}
	if access.Actor(ctx).ID == "" {
		a.sessions.SetDeadline(ctx, time.Now().Add(doorFor))
	}
	a.sessions.Put(ctx, sessionAway, state)
	return &bodyOf[departedJSON]{departedJSON{to}}, nil
}

// providerOperations are those by which people sign in by somebody else's word, and say whose counts.
func (a *API) providerOperations() {
	operation(a, anybody, http.MethodPost, "/api/session/provider", "begin-sign-in-by-provider", "Go to a provider to sign in", 200,
		func(ctx context.Context, in *departRequest) (*bodyOf[departedJSON], error) {
			return a.depart(ctx, access.ToEnter, in)
		})
	operation(a, agents, http.MethodPost, "/api/me/proof/provider", "begin-proof-by-provider", "Go to a provider to prove once more who one is", 200,
		func(ctx context.Context, in *departRequest) (*bodyOf[departedJSON], error) {
			return a.depart(ctx, access.ToProve, in)
		})
	operation(a, agents, http.MethodGet, "/api/me/bonds", "list-bonds", "By which providers one may sign in", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[bondList], error) {
			all, err := a.Access.Bonds(ctx)
			if err != nil {
				return nil, err
			}
			d, err := a.Access.Doors(ctx)
			out := &bodyOf[bondList]{bondList{[]BondJSON{}, doors(d)}}
			for _, b := range all {
				out.Body.Bonds = append(out.Body.Bonds, BondJSON{b.ID, b.Name, b.MadeAt, b.UsedAt})
			}
			return out, err
		})
	operation(a, agents, http.MethodPost, "/api/me/bonds", "begin-bond", "Go to a provider to sign in by it from now on", 200,
		func(ctx context.Context, in *departRequest) (*bodyOf[departedJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			return a.depart(ctx, access.ToBind, in)
		})
	operation(a, agents, http.MethodDelete, "/api/me/bonds/{id}", "end-bond", "Sign in by a provider no more", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			return nil, a.Access.Unbind(ctx, in.ID)
		})
	operation(a, administrators, http.MethodGet, "/api/providers", "list-providers", "By whose word people sign in", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[providerList], error) {
			all, next, err := a.Access.Providers(ctx)
			if err != nil {
				return nil, err
			}
			d, err := a.Access.Doors(ctx)
			out := &bodyOf[providerList]{providerList{[]ProviderJSON{}, DoorJSON{next, a.Access.CallbackOf(next)}, string(d.Own)}}
			for _, p := range all {
				out.Body.Providers = append(out.Body.Providers, a.providerJSON(p))
			}
			return out, err
		})
	operation(a, administrators, http.MethodPut, "/api/providers/{id}", "set-provider", "Keep a provider: one that there is, or the next", 200,
		func(ctx context.Context, in *setProviderRequest) (*bodyOf[ProviderJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			p, err := a.Access.SetProvider(ctx, in.Body.provider(in.ID), in.Body.Secret, in.Body.On)
			if err != nil {
				a.Log.InfoContext(ctx, "a provider was not kept", "provider", in.ID, "err", err)
				return nil, err
			}
			return &bodyOf[ProviderJSON]{a.providerJSON(p)}, nil
		})
	operation(a, administrators, http.MethodDelete, "/api/providers/{id}", "remove-provider", "Take nobody in by a provider any more", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			return nil, a.Access.RemoveProvider(ctx, in.ID)
		})
	operation(a, administrators, http.MethodPut, "/api/house/own-sign-in", "set-own-sign-in", "Say who may sign in without a provider; administrators always may", 204,
		func(ctx context.Context, in *struct {
			Body struct {
				Own string `json:"own" enum:"everybody,administrators"`
			}
		},
		) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			return nil, a.Access.SetOwnSignIn(ctx, access.OwnSignIn(in.Body.Own))
		})
}

// arrived takes what a provider has sent a browser back with, and leads it on: to the page it came from, to the second step,
// or to where it says what went wrong.
func (a *API) arrived(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	got, err := a.Access.Arrive(ctx, r.PathValue("id"), a.sessions.PopString(ctx, sessionAway), r.URL.Query(), placeFrom(ctx))
	if err == nil {
		err = a.take(ctx, got)
	}
	http.Redirect(w, r, a.onward(ctx, r.PathValue("id"), got, err), http.StatusSeeOther) //nolint:gosec // a page of ours, as it was kept when they left
}

// take does what somebody came back for.
func (a *API) take(ctx context.Context, got access.Arrival) error {
	switch {
	case got.Half != nil:
		return a.half(ctx, *got.Half)
	case got.Purpose == access.ToEnter:
		_, err := a.enterAfter(ctx, got.Agent, got.Second)
		return err
	case got.Purpose == access.ToProve:
		a.sessions.Put(ctx, sessionProven, a.DB.Now().Unix())
	}
	return nil
}

// onward is the page to which somebody goes who came back. It is one of ours, whatever the provider said.
func (a *API) onward(ctx context.Context, id string, got access.Arrival, err error) string {
	said := url.Values{}
	if err != nil {
		said.Set("wrong", a.problem(ctx, err).Code)
		a.Log.WarnContext(ctx, "somebody came back from a provider in vain", "provider", id, "err", err)
	}
	switch signedIn := got.Purpose == access.ToBind || got.Purpose == access.ToProve; {
	case signedIn && err == nil:
		said.Set("done", string(got.Purpose))
		fallthrough
	case signedIn:
		join := "?"
		if strings.Contains(got.Back, "?") {
			join = "&"
		}
		return got.Back + join + said.Encode()
	case err == nil && got.Half == nil:
		return got.Back
	case err == nil:
		said.Set("second", "true")
	}
	if got.Back != "/" {
		said.Set("back", got.Back)
	}
	return "/sign-in?" + said.Encode()
}

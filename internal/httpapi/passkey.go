// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// PasskeyJSON is a key that somebody signs in with.
type PasskeyJSON struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	MadeAt time.Time  `json:"made_at"`
	UsedAt *time.Time `json:"used_at" nullable:"true" doc:"Null: never."`
}

func passkeyJSON(k access.Passkey) PasskeyJSON {
	return PasskeyJSON{k.ID, k.Name, k.MadeAt, when(k.UsedAt)}
}

type passkeyList struct {
	Possible bool          `json:"possible" doc:"Browsers make passkeys for this house: its public address has https, and a name."`
	Passkeys []PasskeyJSON `json:"passkeys" nullable:"false"`
}

type askedJSON struct {
	Options json.RawMessage `json:"options" doc:"For navigator.credentials, in the form of parseCreationOptionsFromJSON or parseRequestOptionsFromJSON."`
}

type madePasskeyJSON struct {
	Passkey  PasskeyJSON `json:"passkey"`
	Recovery []string    `json:"recovery" nullable:"false" doc:"With somebody's first second step, their recovery codes. They are told this once."`
}

// asks keeps what a browser is asked for, for its one answer.
func (a *API) asks(ctx context.Context, c access.Ceremony) error {
	kept, err := json.Marshal(c)
	if err != nil {
		return err
	}
	a.sessions.Put(ctx, sessionAsked, string(kept))
	return nil
}

// askedFor is what the browser was asked for; it is asked no second time. The zero ceremony: nothing.
func (a *API) askedFor(ctx context.Context) (c access.Ceremony) {
	if json.Unmarshal([]byte(a.sessions.PopString(ctx, sessionAsked)), &c) != nil {
		return access.Ceremony{}
	}
	return c
}

// halfIfAny is the first half of a sign-in, where this session holds one.
func (a *API) halfIfAny(ctx context.Context) *access.Half {
	half, err := a.halfOf(ctx)
	if err != nil {
		return nil //nolint:nilerr // it says that there is none
	}
	return &half
}

func (a *API) passkeyOperations() {
	operation(a, agents, http.MethodGet, "/api/me/passkeys", "list-passkeys", "One's own passkeys", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[passkeyList], error) {
			all, err := a.Access.Passkeys(ctx)
			out := &bodyOf[passkeyList]{passkeyList{a.Access.PasskeysPossible(), []PasskeyJSON{}}}
			for _, k := range all {
				out.Body.Passkeys = append(out.Body.Passkeys, passkeyJSON(k))
			}
			return out, err
		})
	operation(a, agents, http.MethodPost, "/api/me/passkeys/begin", "begin-passkey", "Ask the browser for a new passkey", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[askedJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			options, c, err := a.Access.BeginPasskey(ctx)
			if err != nil {
				return nil, err
			}
			return &bodyOf[askedJSON]{askedJSON{options}}, a.asks(ctx, c)
		})
	operation(a, agents, http.MethodPost, "/api/me/passkeys", "add-passkey", "Keep the passkey that the browser has made", 201,
		func(ctx context.Context, in *struct {
			Body struct {
				Name       string          `json:"name" maxLength:"200"`
				Credential json.RawMessage `json:"credential" doc:"What the browser answered, as its toJSON gives it."`
			}
		},
		) (*bodyOf[madePasskeyJSON], error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			k, recovery, err := a.Access.AddPasskey(ctx, a.askedFor(ctx), in.Body.Name, in.Body.Credential)
			return &bodyOf[madePasskeyJSON]{madePasskeyJSON{passkeyJSON(k), append([]string{}, recovery...)}}, err
		})
	operation(a, agents, http.MethodPatch, "/api/me/passkeys/{id}", "rename-passkey", "Call a passkey otherwise", 204,
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Name string `json:"name" maxLength:"200"`
			}
		},
		) (*nothing, error) {
			return nil, a.Access.RenamePasskey(ctx, in.ID, in.Body.Name)
		})
	operation(a, agents, http.MethodDelete, "/api/me/passkeys/{id}", "remove-passkey", "Sign in with a passkey no more", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			if err := a.proven(ctx); err != nil {
				return nil, err
			}
			if err := a.Access.RemovePasskey(ctx, in.ID); err != nil {
				return nil, err
			}
			return nil, a.lead(ctx, access.Actor(ctx))
		})
	operation(a, anybody, http.MethodPost, "/api/session/passkey/begin", "begin-sign-in-by-passkey", "Ask the browser for a passkey to sign in with, or for the second step", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[askedJSON], error) {
			options, c, err := a.Access.BeginPasskeySignIn(ctx, a.halfIfAny(ctx))
			if err != nil {
				return nil, err
			}
			if access.Actor(ctx).ID == "" {
				a.sessions.SetDeadline(ctx, time.Now().Add(doorFor))
			}
			return &bodyOf[askedJSON]{askedJSON{options}}, a.asks(ctx, c)
		})
	operation(a, anybody, http.MethodPost, "/api/session/passkey", "sign-in-by-passkey", "Sign in with a passkey, or finish with one", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Credential json.RawMessage `json:"credential" doc:"What the browser answered, as its toJSON gives it."`
			}
		},
		) (*bodyOf[meJSON], error) {
			c := a.askedFor(ctx)
			if c.Data.Challenge == "" {
				return nil, hilft.Fail(hilft.Invalid, "passkey.refused", nil)
			}
			me, err := a.Access.SignInByPasskey(ctx, a.halfIfAny(ctx), c, in.Body.Credential, placeFrom(ctx))
			if err != nil {
				return nil, err
			}
			return a.enter(ctx, me)
		})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// who may call an operation.
type who string

// Beside those, every access.Right is one: who has it in any brand. In which, the room asks that does the work.
const (
	anybody        who = "anybody"
	agents         who = "agents" // who is signed in, about what is their own
	administrators who = "administrators"
	readers            = who(access.Read)
	noters             = who(access.Note)
	workers            = who(access.Work)
	leads              = who(access.Lead)
)

// InBrand is a request about what a brand has. It is exported because huma does not look into embedded fields that are not.
type InBrand struct {
	Brand string `query:"brand" maxLength:"64" doc:"Of which brand; empty: of the first one that one sees."`
}

// inBrand is what a request says of the brand that it is about; huma fills it in by the embedded InBrand.
func (in *InBrand) inBrand() InBrand { return *in }

// bodyOf is an answer with a JSON body.
type bodyOf[T any] struct{ Body T }

// ByID is a request about one thing. Exported, because huma does not look into embedded fields that are not.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

// InBrandByID is a request about one thing of a brand.
type InBrandByID struct {
	InBrand
	ByID
}

// nothing is an empty request or answer.
type nothing struct{}

// operation registers one operation. Its errors become problems; who is not allowed to call it does not reach it.
func operation[I, O any](a *API, may who, method, path, id, summary string, status int, do func(ctx context.Context, in *I) (*O, error)) {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: status, MaxBodyBytes: bodyMost,
		// The body has been read by then, and a deadline for it would end long operations.
		BodyReadTimeout: -1,
		Errors:          []int{http.StatusUnprocessableEntity, http.StatusInternalServerError}, Tags: []string{strings.Split(path, "/")[2]},
	}
	if _, inBrand := any(new(I)).(interface{ inBrand() InBrand }); inBrand || strings.Contains(path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if may != anybody && may != agents {
		op.Errors = append(op.Errors, http.StatusForbidden)
	}
	if may != anybody {
		op.Errors = append(op.Errors, http.StatusUnauthorized)
		op.Security = []map[string][]string{{"session": {}}}
	}
	huma.Register(a.api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := allowed(ctx, may); err != nil {
			return nil, a.problem(ctx, err)
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

func allowed(ctx context.Context, may who) error {
	me := access.Actor(ctx)
	switch {
	case may == anybody:
		return nil
	case me.ID == "":
		return hilft.Fail(hilft.Unauthenticated, "session.missing", nil)
	case may == agents:
		return nil
	case may == administrators && me.Role != access.RoleAdministrator:
		return forbidden("access.administrator_only")
	case may != administrators && !me.Sight().MaySomewhere(access.Right(may)):
		return forbidden("access.not_your_role")
	}
	return nil
}

// sight is what whoever acts sees.
func sight(ctx context.Context) access.Sight { return access.Actor(ctx).Sight() }

// actor finds out who acts: the agent of the session.
func (a *API) actor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if id := a.sessions.GetString(ctx, access.SessionAgent); id != "" {
			me, err := a.Access.Agent(ctx, hilft.AgentID(id))
			switch {
			case err == nil && me.ClosedAt.IsZero():
				ctx = access.As(ctx, me)
			case err != nil && hilft.KindOf(err) != hilft.NotFound:
				a.fail(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

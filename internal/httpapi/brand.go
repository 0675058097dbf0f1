// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// staffJSON is somebody who works in the house, with what they are in each of its brands.
type staffJSON struct {
	AgentJSON
	Email         string            `json:"email"`
	Administrator bool              `json:"administrator" doc:"Runs the house, and is a lead in every brand."`
	Roles         map[string]string `json:"roles" doc:"By brand: lead, agent, reviewer or reader. Brands they do not see are missing."`
}

type staffList struct {
	Agents []staffJSON `json:"agents" nullable:"false"`
	Brands []BrandJSON `json:"brands" nullable:"false"`
}

func staffOf(g access.Agent) staffJSON {
	out := staffJSON{AgentJSON{string(g.ID), g.Name, g.Initials}, g.Email, g.Role == access.RoleAdministrator, map[string]string{}}
	for brand, role := range g.Roles {
		out.Roles[string(brand)] = string(role)
	}
	return out
}

type brandRequest struct {
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Language string `json:"language" enum:"de,en" doc:"In which it speaks first."`
		AnswerIn int    `json:"answer_in,omitempty" doc:"Minutes until a customer's word should be answered; 0: 60."`
	}
}

func (in *brandRequest) brand(id string) access.Brand {
	return access.Brand{ID: hilft.BrandID(id), Name: in.Body.Name, Language: in.Body.Language, AnswerIn: in.Body.AnswerIn}
}

// brandProblem places an error about a brand at its input, which stands alone here.
func brandProblem(err error) error {
	e, ok := errors.AsType[*hilft.Error](err)
	if !ok {
		return err
	}
	at := *e
	at.Field = strings.TrimPrefix(e.Field, "brand.")
	return &at
}

func (a *API) brandOperations() {
	operation(a, administrators, http.MethodGet, "/api/house/agents", "list-staff", "Everybody who works in the house, and what they are in which brand", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[staffList], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			all, err := a.Access.Agents(ctx)
			out := &bodyOf[staffList]{staffList{[]staffJSON{}, []BrandJSON{}}}
			for _, g := range all {
				if g.ClosedAt.IsZero() {
					out.Body.Agents = append(out.Body.Agents, staffOf(g))
				}
			}
			for _, b := range n.brands {
				out.Body.Brands = append(out.Body.Brands, brandOf(b))
			}
			return out, err
		})
	operation(a, administrators, http.MethodPut, "/api/agents/{id}/role", "set-role", "Say what somebody is in a brand, or that they run the house", 200,
		func(ctx context.Context, in *struct {
			InBrandByID
			Body struct {
				Role string `json:"role" enum:"administrator,lead,agent,reviewer,reader,none" doc:"administrator: of the whole house; none: they do not see the brand any more."`
			}
		},
		) (*bodyOf[staffJSON], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			role := access.Role(in.Body.Role)
			if role == "none" {
				role = ""
			}
			g, err := a.Access.SetRole(ctx, hilft.AgentID(in.ID), b.ID, role)
			if err != nil {
				return nil, err
			}
			a.known.forget()
			return &bodyOf[staffJSON]{staffOf(g)}, nil
		})
	operation(a, administrators, http.MethodPost, "/api/brands", "add-brand", "Add a brand to the house", 201,
		func(ctx context.Context, in *brandRequest) (*bodyOf[BrandJSON], error) {
			b, err := a.Access.AddBrand(ctx, in.brand(""))
			if err != nil {
				return nil, brandProblem(err)
			}
			a.known.forget()
			return &bodyOf[BrandJSON]{brandOf(b)}, nil
		})
	operation(a, administrators, http.MethodPut, "/api/brands/{id}", "change-brand", "Change a brand's name, language, and how soon it answers", 200,
		func(ctx context.Context, in *struct {
			ByID
			brandRequest
		},
		) (*bodyOf[BrandJSON], error) {
			b := in.brand(in.ID)
			if err := a.Access.ChangeBrand(ctx, b); err != nil {
				return nil, brandProblem(err)
			}
			a.known.forget()
			b, err := a.Access.Brand(ctx, b.ID)
			return &bodyOf[BrandJSON]{brandOf(b)}, err
		})
}

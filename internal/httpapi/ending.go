// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
)

// endingOperations are those that end sessions: of a request under way, at its next one; of a live stream, within
// Pace.Alive.
func (a *API) endingOperations() {
	operation(a, agents, http.MethodPut, "/api/me/password", "change-password", "Change one's own password; every other session ends", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Old      string `json:"old" maxLength:"256"`
				Password string `json:"password" maxLength:"256"`
			}
		},
		) (*bodyOf[meJSON], error) {
			if err := a.Access.ChangePassword(ctx, in.Body.Old, in.Body.Password, placeFrom(ctx)); err != nil {
				return nil, err
			}
			return a.enter(ctx, access.Actor(ctx))
		})
	operation(a, agents, http.MethodDelete, "/api/me/sessions", "sign-out-everywhere", "Sign out here and everywhere else", 204,
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			if err := a.Access.EndSessions(ctx, access.Actor(ctx).ID); err != nil {
				return nil, err
			}
			return nil, a.sessions.Destroy(ctx)
		})
	operation(a, administrators, http.MethodPut, "/api/agents/{id}/password", "give-password", "Give somebody who has forgotten theirs a new first password; their sessions end", 204,
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Password string `json:"password" maxLength:"256"`
			}
		},
		) (*nothing, error) {
			return nil, a.Access.GivePassword(ctx, hilft.AgentID(in.ID), in.Body.Password)
		})
	operation(a, administrators, http.MethodDelete, "/api/agents/{id}", "close-agent", "End somebody's work here; what they wrote keeps their name", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			err := a.Access.CloseAgent(ctx, hilft.AgentID(in.ID))
			a.known.forget()
			return nil, err
		})
}

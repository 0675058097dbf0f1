// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hilft/hilft/internal/access"
)

// OpenSessionJSON is a sign-in that still holds.
type OpenSessionJSON struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser" doc:"Two words, such as Firefox, Windows. Empty: it did not say."`
	Place   string    `json:"place" doc:"The address it was made from, cut short. Empty: not known."`
	MadeAt  time.Time `json:"made_at"`
	SeenAt  time.Time `json:"seen_at" doc:"Exact to a minute."`
	Mine    bool      `json:"mine" doc:"It is the one that asks."`
}

type openSessions struct {
	Sessions []OpenSessionJSON `json:"sessions" nullable:"false"`
}

type sessionLimitsJSON struct {
	Idle    int `json:"idle_minutes" doc:"A session ends when it was not used for so long: 5 to 43200."`
	Longest int `json:"longest_minutes" doc:"And at the latest so long after the sign-in: 60 to 43200, and no less than idle_minutes."`
}

// sessionListOperations are those by which agents look after their sign-ins, and administrators say how long such last.
func (a *API) sessionListOperations() {
	operation(a, agents, http.MethodGet, "/api/me/sessions", "list-sessions", "Where one is signed in", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[openSessions], error) {
			all, err := a.Access.MySessions(ctx, a.sessions.Token(ctx))
			out := &bodyOf[openSessions]{openSessions{[]OpenSessionJSON{}}}
			for _, s := range all {
				out.Body.Sessions = append(out.Body.Sessions, OpenSessionJSON(s))
			}
			return out, err
		})
	operation(a, agents, http.MethodDelete, "/api/me/sessions/{id}", "end-session", "End one of one's own sessions", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) { return nil, a.Access.EndSession(ctx, in.ID) })
	operation(a, agents, http.MethodDelete, "/api/me/other-sessions", "end-other-sessions", "Sign out everywhere but here", 204,
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			return nil, a.Access.EndOtherSessions(ctx, a.sessions.Token(ctx))
		})
	operation(a, administrators, http.MethodGet, "/api/house/session-limits", "get-session-limits", "When sessions end by themselves", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[sessionLimitsJSON], error) {
			l, err := a.Access.SessionLimits(ctx)
			return &bodyOf[sessionLimitsJSON]{sessionLimitsJSON{int(l.Idle / time.Minute), int(l.Longest / time.Minute)}}, err
		})
	operation(a, administrators, http.MethodPut, "/api/house/session-limits", "set-session-limits", "Change when sessions end by themselves, those that there are too", 200,
		func(ctx context.Context, in *bodyOf[sessionLimitsJSON]) (*bodyOf[sessionLimitsJSON], error) {
			l := access.SessionLimits{Idle: time.Duration(in.Body.Idle) * time.Minute, Longest: time.Duration(in.Body.Longest) * time.Minute}
			return in, a.Access.SetSessionLimits(ctx, l)
		})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"

	"github.com/hilft/hilft/internal/push"
)

type pushJSON struct {
	Key   string   `json:"key" doc:"What a browser subscribes with (applicationServerKey)."`
	Kinds []string `json:"kinds" nullable:"false" enum:"assigned,late,trouble" doc:"Of what one is told, in all one's browsers."`
	Here  bool     `json:"here" doc:"One is told in this browser."`
}

// pushOperations are those by which agents have their browsers tell them what concerns them.
func (a *API) pushOperations() {
	mine := func(ctx context.Context) (*bodyOf[pushJSON], error) {
		kinds, here, err := a.Push.Mine(ctx, a.sessions.Token(ctx))
		out := &bodyOf[pushJSON]{pushJSON{a.Push.Key(), []string{}, here}}
		for _, k := range kinds {
			out.Body.Kinds = append(out.Body.Kinds, string(k))
		}
		return out, err
	}
	operation(a, agents, http.MethodGet, "/api/me/push", "get-push", "Of what one is told on one's devices", 200,
		func(ctx context.Context, _ *nothing) (*bodyOf[pushJSON], error) { return mine(ctx) })
	operation(a, agents, http.MethodPut, "/api/me/push", "subscribe", "Be told in this browser, until one signs out", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Endpoint string `json:"endpoint" maxLength:"1000"`
				P256DH   string `json:"p256dh" maxLength:"200"`
				Auth     string `json:"auth" maxLength:"100"`
			}
		},
		) (*bodyOf[pushJSON], error) {
			if err := a.Push.Subscribe(ctx, a.sessions.Token(ctx), push.Subscription(in.Body)); err != nil {
				return nil, err
			}
			return mine(ctx)
		})
	operation(a, agents, http.MethodDelete, "/api/me/push", "unsubscribe", "Be told nothing in this browser any more", 204,
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			return nil, a.Push.Unsubscribe(ctx, a.sessions.Token(ctx))
		})
	operation(a, agents, http.MethodPut, "/api/me/push/kinds", "choose-push", "Say of what one is told", 200,
		func(ctx context.Context, in *struct {
			Body struct {
				Kinds []string `json:"kinds" maxItems:"10" nullable:"false" enum:"assigned,late,trouble"`
			}
		},
		) (*bodyOf[pushJSON], error) {
			kinds := make([]push.Kind, len(in.Body.Kinds))
			for i, k := range in.Body.Kinds {
				kinds[i] = push.Kind(k)
			}
			if err := a.Push.Choose(ctx, kinds); err != nil {
				return nil, err
			}
			return mine(ctx)
		})
}

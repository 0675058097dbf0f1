// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/desk"
)

// NapJSON is until when a case is often put aside.
type NapJSON struct {
	Name string    `json:"name" enum:"hour,evening,tomorrow,service,monday" doc:"service: the next day on which somebody serves."`
	At   time.Time `json:"at"`
}

type napsJSON struct {
	Naps []NapJSON `json:"naps" nullable:"false" doc:"The earliest first."`
}

func (a *API) sleepOperations() {
	operation(a, readers, http.MethodGet, "/api/cases/{id}/naps", "list-naps", "Until when a case may well be put aside, by the hours in which its customers are answered", 200,
		func(ctx context.Context, in *struct {
			ByID
			Zone string `query:"zone" maxLength:"64" example:"Europe/Berlin" doc:"In which days begin where there are no such hours."`
		},
		) (*bodyOf[napsJSON], error) {
			all, err := a.Desk.Naps(ctx, sight(ctx), hilft.CaseID(in.ID), in.Zone)
			out := napsJSON{Naps: make([]NapJSON, 0, len(all))}
			for _, n := range all {
				out.Naps = append(out.Naps, NapJSON{n.Name, n.At.UTC()})
			}
			return &bodyOf[napsJSON]{out}, err
		})
	caseAct(a, http.MethodPut, "/api/cases/{id}/sleep", "sleep-case", "Put a case aside until a moment, or until the customer's next word",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Until time.Time `json:"until"`
				Seen  string    `json:"seen" maxLength:"64" doc:"The last message that the agent has seen."`
			}
		},
		) (desk.Acted, error) {
			return a.Desk.Sleep(ctx, see, hilft.CaseID(in.ID), in.Body.Until, hilft.MessageID(in.Body.Seen))
		})
	caseAct(a, http.MethodDelete, "/api/cases/{id}/sleep", "wake-case", "Take a case up again that was put aside",
		func(ctx context.Context, see access.Sight, in *ByID) (desk.Acted, error) {
			return a.Desk.Wake(ctx, see, hilft.CaseID(in.ID))
		})
}

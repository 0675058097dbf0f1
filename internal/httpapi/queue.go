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
	"github.com/hilft/hilft/internal/desk"
)

const (
	rowSubject        = "hilft.row"
	reservationsEvery = 10 * time.Second // how late it is seen that one has ended
)

// rowMoved is a case that looks otherwise in lists, without anything having happened to it.
type rowMoved struct {
	Brand hilft.BrandID `json:"brand"`
	Case  hilft.CaseID  `json:"case"`
}

func (a *API) tellRows(b hilft.BrandID, all ...hilft.CaseID) {
	for _, id := range all {
		if data, err := json.Marshal(rowMoved{b, id}); err == nil {
			a.Bus.Publish(rowSubject, data)
		}
	}
}

type serveRequest struct {
	InBrand
	Body struct {
		View     string `json:"view,omitempty" enum:"open,mine,unassigned"`
		Saved    string `json:"saved,omitempty" maxLength:"64" doc:"A saved view in its place, by its id."`
		Tag      string `json:"tag,omitempty" maxLength:"64" doc:"Only cases that have it, by its id."`
		Priority string `json:"priority,omitempty" enum:"urgent,high,low" doc:"Only these."`
		Tab      string `json:"tab" minLength:"1" maxLength:"64" doc:"The page in which it will be open; what that had before is given back."`
		Current  string `json:"current,omitempty" maxLength:"64" doc:"The case at hand, which is left out."`
	}
}

type servedJSON struct {
	Case *CaseRow `json:"case" doc:"Null: nobody waits whom nobody else has."`
	Soon []string `json:"soon" nullable:"false" doc:"Ids of the cases that would come next. They are kept for nobody."`
}

func (a *API) queueOperations() {
	operation(a, workers, http.MethodPost, "/api/queue/next", "serve-case", "The case that must be answered next and that nobody else has; it is kept for who asks for three minutes, and longer while it is open before them", 200,
		func(ctx context.Context, in *serveRequest) (*bodyOf[servedJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Work)
			if err != nil {
				return nil, err
			}
			me := access.Actor(ctx).ID
			s, err := a.Desk.Serve(ctx, sight(ctx), b.ID, desk.List{View: desk.View(in.Body.View), Saved: hilft.ViewID(in.Body.Saved), Tag: hilft.TagID(in.Body.Tag), Priority: hilft.Priority(in.Body.Priority)},
				desk.Asking{Tab: in.Body.Tab, Current: hilft.CaseID(in.Body.Current), Busy: a.presence.busy(b.ID, me)})
			if err != nil {
				return nil, err
			}
			a.tellRows(b.ID, s.Freed...)
			out := servedJSON{Soon: []string{}}
			if s.ID != "" {
				a.tellRows(b.ID, s.ID)
				row := n.row(s.Case)
				out.Case = &row
			}
			for _, id := range s.Soon {
				out.Soon = append(out.Soon, string(id))
			}
			return &bodyOf[servedJSON]{out}, nil
		})
	operation(a, workers, http.MethodDelete, "/api/cases/{id}/reservation", "release-case", "Give a case back that the queue has served", 204,
		func(ctx context.Context, in *struct {
			ByID
			Tab string `query:"tab" maxLength:"64" doc:"The page for which it was kept."`
		},
		) (*nothing, error) {
			c, err := a.Desk.Release(ctx, sight(ctx), hilft.CaseID(in.ID), in.Tab)
			if err == nil {
				a.tellRows(c.Brand, c.ID)
			}
			return nil, err
		})
}

// endsReservations gives back what was kept for a page that is gone, until the context ends.
func (a *API) endsReservations(ctx context.Context) {
	tick := time.NewTicker(reservationsEvery)
	defer tick.Stop()
	for {
		ended, err := a.Desk.EndReservations(ctx)
		if err != nil && ctx.Err() == nil {
			a.Log.Warn("giving back what was reserved", "err", err)
		}
		for b, all := range ended {
			a.tellRows(b, all...)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

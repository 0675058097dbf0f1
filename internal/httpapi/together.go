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

type togetherRequest struct {
	InBrand
	Body struct {
		Act      string     `json:"act" enum:"solve,reopen,assign,tag,priority,sleep,wake"`
		Cases    []SeenJSON `json:"cases" minItems:"1" maxItems:"200" nullable:"false"`
		AgentID  string     `json:"agent_id,omitempty" maxLength:"64" doc:"With assign; empty: nobody."`
		Add      []string   `json:"add,omitempty" maxItems:"20" nullable:"false" doc:"With tag: names."`
		Remove   []string   `json:"remove,omitempty" maxItems:"20" nullable:"false" doc:"With tag: ids."`
		Priority string     `json:"priority,omitempty" enum:"urgent,high,normal,low" doc:"With priority."`
		Until    *time.Time `json:"until,omitempty" doc:"With sleep."`
	}
}

// SeenJSON is a case as a list showed it.
type SeenJSON struct {
	ID     string    `json:"id" maxLength:"64"`
	SeenAt time.Time `json:"seen_at" doc:"The changed_at that the list showed: one in which something was said since is neither solved nor put aside."`
}

type undoTogetherRequest struct {
	InBrand
	Body struct {
		Acts []TakenJSON `json:"acts" minItems:"1" maxItems:"200" nullable:"false"`
	}
}

// TakenJSON is what one did with a case.
type TakenJSON struct {
	ID  string `json:"id" maxLength:"64"`
	Act int64  `json:"act" doc:"As the answer to it gave it."`
}

type togetherAnswer struct {
	Results []TookJSON `json:"results" nullable:"false" doc:"Of every case, in the order in which they were named."`
}

// TookJSON is what came of an act with one case.
type TookJSON struct {
	ID   string   `json:"id"`
	Case *CaseRow `json:"case,omitempty" doc:"As it is now; left out: it could not be done."`
	Act  int64    `json:"act" doc:"By which it can be taken back for ten minutes; 0: it was so already."`
	Code string   `json:"code" doc:"Why it could not be done; empty: it was."`
}

func (a *API) togetherOperations() {
	operation(a, workers, http.MethodPost, "/api/acts", "do-together", "Do one thing with many cases; what cannot be done with one is done with the others", 200,
		func(ctx context.Context, in *togetherRequest) (*bodyOf[togetherAnswer], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			do := desk.Together{
				Act: desk.Act(in.Body.Act), Add: in.Body.Add, Remove: typed[hilft.TagID](in.Body.Remove), Priority: hilft.Priority(in.Body.Priority), Until: moment(in.Body.Until),
			}
			for _, c := range in.Body.Cases {
				do.Cases = append(do.Cases, desk.Seen{ID: hilft.CaseID(c.ID), At: c.SeenAt})
			}
			if do.To, err = a.sightOf(ctx, in.Body.AgentID); err != nil {
				return nil, err
			}
			all, err := a.Desk.DoTogether(ctx, sight(ctx), b.ID, do)
			if do.Act == desk.ActTag {
				a.known.forget() // one may be new
			}
			return a.took(ctx, all, err)
		})
	operation(a, workers, http.MethodPost, "/api/acts/undo", "undo-together", "Take back what one has just done with many cases", 200,
		func(ctx context.Context, in *undoTogetherRequest) (*bodyOf[togetherAnswer], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			var acts []desk.Taken
			for _, t := range in.Body.Acts {
				acts = append(acts, desk.Taken{ID: hilft.CaseID(t.ID), Act: t.Act})
			}
			all, err := a.Desk.UndoTogether(ctx, sight(ctx), b.ID, acts)
			return a.took(ctx, all, err)
		})
}

func (a *API) took(ctx context.Context, all []desk.Took, err error) (*bodyOf[togetherAnswer], error) {
	if err != nil {
		return nil, err
	}
	n, err := a.known.look(ctx)
	if err != nil {
		return nil, err
	}
	out := togetherAnswer{Results: make([]TookJSON, len(all))}
	for i, t := range all {
		out.Results[i] = TookJSON{ID: string(t.ID), Act: t.Act}
		if t.Err != nil {
			out.Results[i].Code = a.problem(ctx, t.Err).Code
			continue
		}
		row := n.row(t.Case)
		out.Results[i].Case = &row
	}
	return &bodyOf[togetherAnswer]{out}, nil
}

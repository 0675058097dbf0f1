// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/desk"
)

// linksJSON are the cases that a case has to do with.
type linksJSON struct {
	Into *earlierCase  `json:"into" doc:"The one that it has gone into; null: it has its words itself."`
	Took []earlierCase `json:"took" nullable:"false" doc:"Those that have gone into it."`
	Last *earlierCase  `json:"last" doc:"The one that it continues."`
	Next []earlierCase `json:"next" nullable:"false" doc:"Those that continue it."`
}

func linksOf(l desk.Links) linksJSON {
	one := func(c *desk.Case) *earlierCase {
		if c == nil {
			return nil
		}
		e := earlierOf(*c)
		return &e
	}
	out := linksJSON{Into: one(l.Into), Last: one(l.Last), Took: []earlierCase{}, Next: []earlierCase{}}
	for _, c := range l.Took {
		out.Took = append(out.Took, earlierOf(c))
	}
	for _, c := range l.Next {
		out.Next = append(out.Next, earlierOf(c))
	}
	return out
}

// partedJSON is a case after another came out of it.
type partedJSON struct {
	ActedJSON
	New CaseRow `json:"new" doc:"The one that came out of it."`
}

// partAct registers an operation that lets a case come out of another.
func partAct[I any](a *API, path, id, summary string, act func(ctx context.Context, see access.Sight, in *I) (desk.Parted, error)) {
	operation(a, workers, http.MethodPost, path, id, summary, 200, func(ctx context.Context, in *I) (*bodyOf[partedJSON], error) {
		p, err := act(ctx, sight(ctx), in)
		if err != nil {
			return nil, err
		}
		n, err := a.known.look(ctx)
		if err != nil {
			return nil, err
		}
		return &bodyOf[partedJSON]{partedJSON{ActedJSON{n.row(p.Case), p.Act}, n.row(p.New)}}, nil
	})
}

func (a *API) partOperations() {
	caseAct(a, http.MethodPost, "/api/cases/{id}/merge", "merge-case", "Let a case go on in another one of its brand; answers with that",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Into        string `json:"into" maxLength:"64" doc:"The case that stays."`
				OtherPerson bool   `json:"other_person,omitempty" doc:"It is known that they are of two persons."`
			}
		},
		) (desk.Acted, error) {
			return a.Desk.Merge(ctx, see, hilft.CaseID(in.ID), hilft.CaseID(in.Body.Into), in.Body.OtherPerson)
		})
	partAct(a, "/api/cases/{id}/split", "split-case", "Make a case of its own of some messages of a case",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Messages []string `json:"messages" maxItems:"500" nullable:"false" doc:"Ids; one of them at least is the customer's, and one at least stays."`
				Title    string   `json:"title,omitempty" doc:"Empty: as its first word begins."`
			}
		},
		) (desk.Parted, error) {
			ids := make([]hilft.MessageID, len(in.Body.Messages))
			for i, id := range in.Body.Messages {
				ids[i] = hilft.MessageID(id)
			}
			return a.Desk.Split(ctx, see, hilft.CaseID(in.ID), ids, in.Body.Title)
		})
	partAct(a, "/api/cases/{id}/continue", "continue-case", "Open a case that continues another, with its person",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Title string `json:"title,omitempty" doc:"Empty: that of the other."`
			}
		},
		) (desk.Parted, error) {
			return a.Desk.Continue(ctx, see, hilft.CaseID(in.ID), in.Body.Title)
		})
}

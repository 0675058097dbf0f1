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

// FilterJSON says which cases a saved view has. What it leaves out does not matter.
type FilterJSON struct {
	States     []string `json:"states,omitempty" maxItems:"4" enum:"open,waiting,asleep,solved" nullable:"false"`
	Owner      string   `json:"owner,omitempty" enum:"me,nobody,agent" doc:"me: of whoever looks."`
	Agent      string   `json:"agent,omitempty" maxLength:"64" doc:"With the owner agent: whose."`
	Tags       []string `json:"tags,omitempty" maxItems:"10" nullable:"false" doc:"Ids; any of them."`
	AllTags    bool     `json:"all_tags,omitempty" doc:"Every one of the tags."`
	Priorities []string `json:"priorities,omitempty" maxItems:"4" enum:"urgent,high,normal,low" nullable:"false"`
	Networks   []string `json:"networks,omitempty" maxItems:"10" nullable:"false" doc:"Ids."`
	Accounts   []string `json:"accounts,omitempty" maxItems:"10" nullable:"false" doc:"Ids."`
	Visibility string   `json:"visibility,omitempty" enum:"public,private"`
	Due        string   `json:"due,omitempty" enum:"soon,late" doc:"Their answer is due soon, or late; or late."`
	Trouble    bool     `json:"trouble,omitempty" doc:"Something that we said did not arrive, or nobody knows."`
}

func filterOf(f desk.Filter) FilterJSON {
	return FilterJSON{
		plain(f.States), string(f.Owner), string(f.Agent), plain(f.Tags), f.AllTags, plain(f.Priorities), f.Networks, plain(f.Accounts), string(f.Visibility), string(f.Due), f.Trouble,
	}
}

func (f FilterJSON) filter() desk.Filter {
	return desk.Filter{
		States: typed[hilft.CaseState](f.States), Owner: desk.Owner(f.Owner), Agent: hilft.AgentID(f.Agent), Tags: typed[hilft.TagID](f.Tags), AllTags: f.AllTags,
		Priorities: typed[hilft.Priority](f.Priorities), Networks: f.Networks, Accounts: typed[hilft.AccountID](f.Accounts), Visibility: hilft.Visibility(f.Visibility),
		Due: desk.Due(f.Due), Trouble: f.Trouble,
	}
}

func plain[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}

func typed[T ~string](all []string) []T {
	out := make([]T, len(all))
	for i, v := range all {
		out[i] = T(v)
	}
	return out
}

// ViewBody is how somebody wants a saved view to be.
type ViewBody struct {
	Name   string     `json:"name"`
	Filter FilterJSON `json:"filter"`
	Order  string     `json:"order" enum:"next,changed" doc:"Who must be answered next first, or what changed last first."`
	Shared bool       `json:"shared" doc:"All who read in the brand have it; its leads say so."`
}

func (b ViewBody) wish() desk.Wish {
	return desk.Wish{Name: b.Name, Filter: b.Filter.filter(), Order: desk.Order(b.Order), Shared: b.Shared}
}

// SavedViewJSON is a list that somebody has put together.
type SavedViewJSON struct {
	ID string `json:"id"`
	ViewBody
	Change bool       `json:"change" doc:"Whoever asks may change it."`
	Gone   []GoneJSON `json:"gone" nullable:"false" doc:"What its filter names and is not there any more."`
}

// GoneJSON is something that a filter names and that the brand does not have any more.
type GoneJSON struct {
	What string `json:"what" enum:"agent,tag,network,account"`
	ID   string `json:"id"`
}

type savedViewsJSON struct {
	Views []SavedViewJSON `json:"views" nullable:"false" doc:"Those of the brand first, then one's own."`
}

func (n *names) savedView(see access.Sight, v desk.SavedView) SavedViewJSON {
	return SavedViewJSON{
		ID: string(v.ID), ViewBody: ViewBody{Name: v.Name, Filter: filterOf(v.Filter), Order: string(v.Order), Shared: v.Shared},
		Change: see.May(v.Brand, map[bool]access.Right{true: access.Lead, false: access.Work}[v.Shared]), Gone: n.gone(v.Brand, v.Filter),
	}
}

// gone is what a filter of a brand names and is not there any more.
func (n *names) gone(b hilft.BrandID, f desk.Filter) []GoneJSON {
	all := []GoneJSON{}
	if g, ok := n.agents[f.Agent]; f.Agent != "" && (!ok || !g.ClosedAt.IsZero() || !g.Sight().May(b, access.Work)) {
		all = append(all, GoneJSON{"agent", string(f.Agent)})
	}
	for _, id := range f.Tags {
		if t := n.tags[id]; t.ID != id || t.Brand != b { // one that is becoming another is that
			all = append(all, GoneJSON{"tag", string(id)})
		}
	}
	for _, id := range f.Networks {
		if _, ok := n.networks[id]; !ok {
			all = append(all, GoneJSON{"network", id})
		}
	}
	for _, id := range f.Accounts {
		if n.accounts[id].Brand != b {
			all = append(all, GoneJSON{"account", string(id)})
		}
	}
	return all
}

func (a *API) viewOperations() {
	operation(a, readers, http.MethodGet, "/api/views", "list-views", "The saved views that one has in a brand", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[savedViewsJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), *in, access.Read)
			if err != nil {
				return nil, err
			}
			all, err := a.Desk.SavedViews(ctx, sight(ctx), b.ID)
			out := savedViewsJSON{Views: []SavedViewJSON{}}
			for _, v := range all {
				out.Views = append(out.Views, n.savedView(sight(ctx), v))
			}
			return &bodyOf[savedViewsJSON]{out}, err
		})
	operation(a, workers, http.MethodPost, "/api/views", "save-view", "Save a view of the inbox: one's own, or as a lead one of the brand", 201,
		func(ctx context.Context, in *struct {
			InBrand
			Body ViewBody
		},
		) (*bodyOf[SavedViewJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			v, err := a.Desk.SaveView(ctx, sight(ctx), b.ID, in.Body.wish())
			if err != nil {
				return nil, err
			}
			return &bodyOf[SavedViewJSON]{n.savedView(sight(ctx), v)}, nil
		})
	operation(a, workers, http.MethodPut, "/api/views", "order-views", "Say in which order saved views stand: one's own, and as a lead those of the brand", 204,
		func(ctx context.Context, in *struct {
			InBrand
			Body struct {
				IDs []string `json:"ids" maxItems:"500" nullable:"false" doc:"Those that are left out come last."`
			}
		},
		) (*nothing, error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			return nil, a.Desk.OrderViews(ctx, sight(ctx), b.ID, typed[hilft.ViewID](in.Body.IDs))
		})
	operation(a, workers, http.MethodPut, "/api/views/{id}", "change-view", "Change a saved view", 204,
		func(ctx context.Context, in *struct {
			ByID
			Body ViewBody
		},
		) (*nothing, error) {
			return nil, a.Desk.ChangeView(ctx, sight(ctx), hilft.ViewID(in.ID), in.Body.wish())
		})
	operation(a, workers, http.MethodDelete, "/api/views/{id}", "remove-view", "Take a saved view away; its cases stay as they are", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			return nil, a.Desk.RemoveView(ctx, sight(ctx), hilft.ViewID(in.ID))
		})
}

// savedCounts tells how many cases each saved view of a brand has, for who acts.
func (a *API) savedCounts(ctx context.Context, b hilft.BrandID) (savedCounts, error) {
	counts, err := a.Desk.SavedCounts(ctx, sight(ctx), b)
	out := make(savedCounts, len(counts))
	for id, n := range counts {
		if out[string(id)] = &n; n == desk.Counting {
			out[string(id)] = nil
		}
	}
	return out, err
}

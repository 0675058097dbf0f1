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

// TagJSON is a word of a brand for what cases belong to.
type TagJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type taggingJSON struct {
	Tags   []TagJSON `json:"tags" nullable:"false" doc:"By their names."`
	Closed bool      `json:"closed" doc:"Only leads make new ones."`
}

func taggingOf(t desk.Tagging) taggingJSON {
	out := taggingJSON{Tags: []TagJSON{}, Closed: t.Closed}
	for _, tag := range t.Tags {
		out.Tags = append(out.Tags, TagJSON{string(tag.ID), tag.Name})
	}
	return out
}

// tags are those of a case, each once: two may be becoming one.
func (n *names) tagsOf(ids []hilft.TagID) []TagJSON {
	all := make([]TagJSON, 0, len(ids))
	seen := map[hilft.TagID]bool{}
	for _, id := range ids {
		if t, ok := n.tags[id]; ok && !seen[t.ID] {
			seen[t.ID] = true
			all = append(all, TagJSON{string(t.ID), t.Name})
		}
	}
	return all
}

func (a *API) carryOperations() {
	caseAct(a, http.MethodPut, "/api/cases/{id}/priority", "set-priority", "Say how urgent a case is: it changes where it stands in the list, and not when its answer is due",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Priority string `json:"priority" enum:"urgent,high,normal,low"`
			}
		},
		) (desk.Acted, error) {
			return a.Desk.Prioritise(ctx, see, hilft.CaseID(in.ID), hilft.Priority(in.Body.Priority))
		})
	caseAct(a, http.MethodPut, "/api/cases/{id}/title", "name-case", "Give a case a title",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Title string `json:"title" doc:"Empty: as its first word begins."`
			}
		},
		) (desk.Acted, error) {
			return a.Desk.Name(ctx, see, hilft.CaseID(in.ID), in.Body.Title)
		})
	caseAct(a, http.MethodPost, "/api/cases/{id}/tags", "tag-case", "Give a case tags, and take others off it",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Add    []string `json:"add" maxItems:"20" nullable:"false" doc:"Names. One that the brand does not have becomes a tag, where whoever asks may make one."`
				Remove []string `json:"remove" maxItems:"20" nullable:"false" doc:"Ids."`
			}
		},
		) (desk.Acted, error) {
			var remove []hilft.TagID
			for _, id := range in.Body.Remove {
				remove = append(remove, hilft.TagID(id))
			}
			done, err := a.Desk.Tag(ctx, see, hilft.CaseID(in.ID), in.Body.Add, remove)
			a.known.forget() // one may be new
			return done, err
		})
	operation(a, readers, http.MethodGet, "/api/tags", "list-tags", "A brand's tags, and who makes new ones", 200,
		func(ctx context.Context, in *InBrand) (*bodyOf[taggingJSON], error) { return a.tagging(ctx, *in) })
	operation(a, leads, http.MethodPut, "/api/tags", "set-tagging", "Say who makes new tags", 200,
		func(ctx context.Context, in *struct {
			InBrand
			Body struct {
				Closed bool `json:"closed" doc:"Only leads do."`
			}
		},
		) (*bodyOf[taggingJSON], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Lead)
			if err != nil {
				return nil, err
			}
			if err := a.Desk.CloseTagging(ctx, sight(ctx), b.ID, in.Body.Closed); err != nil {
				return nil, err
			}
			return a.tagging(ctx, in.InBrand)
		})
	operation(a, leads, http.MethodPut, "/api/tags/{id}", "rename-tag", "Call a tag otherwise, in all cases that have it", 204,
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Name string `json:"name"`
			}
		},
		) (*nothing, error) {
			defer a.known.forget()
			return nil, a.Desk.RenameTag(ctx, sight(ctx), hilft.TagID(in.ID), in.Body.Name)
		})
	operation(a, leads, http.MethodDelete, "/api/tags/{id}", "remove-tag", "Take a tag off all cases that have it", 204,
		func(ctx context.Context, in *struct {
			ByID
			Into string `query:"into" maxLength:"64" doc:"The tag that they have instead; empty: none."`
		},
		) (*nothing, error) {
			defer a.known.forget()
			return nil, a.Desk.RemoveTag(ctx, sight(ctx), hilft.TagID(in.ID), hilft.TagID(in.Into))
		})
}

func (a *API) tagging(ctx context.Context, in InBrand) (*bodyOf[taggingJSON], error) {
	b, err := a.known.brand(ctx, in, access.Read)
	if err != nil {
		return nil, err
	}
	t, err := a.Desk.Tagging(ctx, sight(ctx), b.ID)
	return &bodyOf[taggingJSON]{taggingOf(t)}, err
}

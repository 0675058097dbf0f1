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
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/desk"
)

// DraftJSON is what somebody has begun to write. It is exported because what others contain must be, to stand in the API's
// description.
type DraftJSON struct {
	Agent     *AgentJSON      `json:"agent" doc:"Who writes."`
	Way       string          `json:"way" enum:"reply,note"`
	Version   string          `json:"version" doc:"A new one with every change."`
	Text      string          `json:"text"`
	Subject   string          `json:"subject"`
	Warning   *string         `json:"warning" nullable:"true" doc:"What it is folded behind; null: as what it answers."`
	Files     []DraftFileJSON `json:"files" nullable:"false"`
	To        string          `json:"to" doc:"Where it is to go, as its author's page names it."`
	Seen      string          `json:"seen" doc:"The last message that was there when it was begun."`
	ChangedAt *time.Time      `json:"changed_at" nullable:"true" doc:"Of one's own; when somebody else has written is not told."`
}

// DraftFileJSON is a file of a draft.
type DraftFileJSON struct {
	Ticket string `json:"ticket" maxLength:"2000" doc:"As the answer to the file gave it. In what others write: empty."`
	Name   string `json:"name" maxLength:"500"`
	Size   int64  `json:"size" minimum:"0"`
	Alt    string `json:"alt" maxLength:"1500"`
}

func (n *names) drafts(all []desk.Draft, to hilft.AgentID) []DraftJSON {
	out := make([]DraftJSON, 0, len(all))
	for _, g := range all {
		out = append(out, n.draft(g, to))
	}
	return out
}

func (n *names) draft(g desk.Draft, to hilft.AgentID) DraftJSON {
	own := g.Agent == to
	out := DraftJSON{
		Agent: n.agent(g.Agent), Way: string(g.Way), Version: g.Version, Text: g.Text, Subject: g.Subject, Warning: g.Warning,
		Files: make([]DraftFileJSON, 0, len(g.Files)), To: g.To, Seen: string(g.Seen),
	}
	if own && g.Version != "" {
		out.ChangedAt = when(g.ChangedAt)
	}
	for _, f := range g.Files {
		if !own {
			f.Ticket = ""
		}
		out.Files = append(out.Files, DraftFileJSON(f))
	}
	return out
}

type draftList struct {
	Drafts []DraftJSON `json:"drafts" nullable:"false"`
}

type draftRequest struct {
	ByID
	Way  string `path:"way" enum:"reply,note"`
	Body struct {
		Known   string          `json:"known" maxLength:"64" doc:"The version that this goes on from; empty: there was none."`
		Text    string          `json:"text" maxLength:"100000"`
		Subject string          `json:"subject,omitempty" maxLength:"500"`
		Warning *string         `json:"warning,omitempty" maxLength:"500"`
		Files   []DraftFileJSON `json:"files,omitempty" maxItems:"20"`
		To      string          `json:"to,omitempty" maxLength:"200"`
		Seen    string          `json:"seen,omitempty" maxLength:"64"`
	}
}

type takeDraftRequest struct {
	ByID
	Way  string `path:"way" enum:"reply,note"`
	Body struct {
		AgentID string `json:"agent_id" maxLength:"64" doc:"Whose it is."`
		Version string `json:"version" maxLength:"64" doc:"As one has seen it."`
	}
}

func (a *API) draftOperations() {
	operation(a, readers, http.MethodGet, "/api/cases/{id}/drafts", "list-drafts", "What is being written in a case, by whoever does", 200,
		func(ctx context.Context, in *ByID) (*bodyOf[draftList], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			c, all, err := a.Desk.Drafts(ctx, sight(ctx), hilft.CaseID(in.ID))
			if err == nil && c.Visibility == hilft.Private {
				err = a.reads(ctx, audit.CaseRead, c.Brand, string(c.ID))
			}
			return &bodyOf[draftList]{draftList{n.drafts(all, access.Actor(ctx).ID)}}, err
		})
	operation(a, noters, http.MethodPut, "/api/cases/{id}/drafts/{way}", "keep-draft", "Keep what one has written so far; a reply is for those who may answer. Nothing written: the draft is forgotten", 200,
		func(ctx context.Context, in *draftRequest) (*bodyOf[DraftJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			w := desk.Written{Text: in.Body.Text, Subject: in.Body.Subject, Warning: in.Body.Warning, To: in.Body.To, Seen: hilft.MessageID(in.Body.Seen)}
			for _, f := range in.Body.Files {
				w.Files = append(w.Files, desk.DraftFile(f))
			}
			g, err := a.Desk.KeepDraft(ctx, sight(ctx), hilft.CaseID(in.ID), desk.DraftWay(in.Way), in.Body.Known, w)
			if err != nil {
				return nil, err
			}
			a.tellDraft(g, in.Body.Known == "" || g.Version == "")
			return &bodyOf[DraftJSON]{n.draft(g, g.Agent)}, nil
		})
	operation(a, noters, http.MethodPost, "/api/cases/{id}/drafts/{way}/take", "take-draft", "Go on with what a colleague has begun to write: it becomes one's own draft, before what one has written oneself", 200,
		func(ctx context.Context, in *takeDraftRequest) (*bodyOf[DraftJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			me, from := access.Actor(ctx).ID, hilft.AgentID(in.Body.AgentID)
			g, err := a.Desk.TakeDraft(ctx, sight(ctx), hilft.CaseID(in.ID), desk.DraftWay(in.Way), from, in.Body.Version, func(f desk.DraftFile) (desk.DraftFile, bool) {
				still := a.handOver(&f, from, me)
				return f, still
			})
			if err != nil {
				return nil, err
			}
			return &bodyOf[DraftJSON]{n.draft(g, me)}, nil
		})
}

// handOver makes the ticket of a file one of somebody else's, for as long as it holds; false: it does not hold any more.
func (a *API) handOver(f *desk.DraftFile, from, to hilft.AgentID) bool {
	t, err := openTicket(a.ticketKey(), f.Ticket, string(from), a.DB.Now())
	if err != nil {
		return false
	}
	t.For = string(to)
	f.Ticket, err = t.seal(a.ticketKey())
	return err == nil
}

// draftSubject is where the bus tells that somebody writes on. What gets lost is read with the case.
const draftSubject = "hilft.draft"

// draftMoved is a draft that is another one now: streams tell it as it is. That it is written on is told where its case is open; that it
// was begun, or is gone, wherever its brand is looked at: pages have cases at hand that are opened next.
type draftMoved struct {
	Brand   hilft.BrandID `json:"brand_id"`
	Case    hilft.CaseID  `json:"case_id"`
	Agent   hilft.AgentID `json:"agent"`
	Version string        `json:"version"`
	Begun   bool          `json:"begun"`
}

func (a *API) tellDraft(g desk.Draft, begun bool) {
	if data, err := json.Marshal(draftMoved{g.Brand, g.Case, g.Agent, g.Version, begun}); err == nil {
		a.Bus.Publish(draftSubject, data)
	}
}

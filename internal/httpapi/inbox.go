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

type personRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CaseRow is a case as lists show it. It is exported because what others contain must be, to stand in the API's
// description.
type CaseRow struct {
	ID         string     `json:"id"`
	BrandID    string     `json:"brand_id"`
	Number     int64      `json:"number"`
	Title      string     `json:"title"`
	State      string     `json:"state" enum:"open,waiting,asleep,solved,merged"`
	Priority   string     `json:"priority" enum:"urgent,high,normal,low"`
	Tags       []TagJSON  `json:"tags" nullable:"false"`
	Person     personRef  `json:"person"`
	Network    string     `json:"network"`
	Account    accountRef `json:"account"`
	Visibility string     `json:"visibility" enum:"public,private"`
	Preview    string     `json:"preview"`
	Agent      *AgentJSON `json:"agent"`
	Reserved   *AgentJSON `json:"reserved" doc:"Who the queue has served it to, and keeps it for."`
	WaitsSince *time.Time `json:"waits_since" doc:"The customer's oldest word that is not answered."`
	DueAt      *time.Time `json:"due_at"`
	Late       string     `json:"late" enum:"no,soon,late,escalated" doc:"What the clock has told of that: it is due soon, late, or late for so long that others were to know."`
	Answered   bool       `json:"answered" doc:"Whether we have answered before."`
	Trouble    int        `json:"trouble" doc:"Messages of ours that failed, or of which nobody knows."`
	Rank       int64      `json:"rank" doc:"Where it stands among those who must be answered: the lowest first, of two alike the lower id."`
	ChangedAt  time.Time  `json:"changed_at"`
	MadeAt     time.Time  `json:"made_at"`
	SolvedAt   *time.Time `json:"solved_at"`
	WakesAt    *time.Time `json:"wakes_at" doc:"Until when it is put aside."`
	WokenAt    *time.Time `json:"woken_at" doc:"It came back then, and nobody has answered since."`
}

func (n *names) row(c desk.Case) CaseRow {
	return CaseRow{
		ID: string(c.ID), BrandID: string(c.Brand), Number: c.Number, Title: c.Title, State: string(c.State), Priority: string(c.Priority), Tags: n.tagsOf(c.Tags), Person: personRef{string(c.Person), c.PersonName},
		Network: c.Network, Account: n.account(c.Account), Visibility: string(c.Visibility), Preview: c.Preview, Agent: n.agent(c.Agent), Reserved: n.agent(c.Reserved),
		WaitsSince: when(c.WaitsSince), DueAt: when(c.DueAt), Late: c.Late.String(), Answered: c.Answered, Trouble: c.Trouble, Rank: c.Rank(),
		ChangedAt: c.ChangedAt, MadeAt: c.MadeAt, SolvedAt: when(c.SolvedAt), WakesAt: when(c.WakesAt), WokenAt: when(c.WokenAt),
	}
}

type inboxPage struct {
	Cases  []CaseRow    `json:"cases" nullable:"false"`
	Next   string       `json:"next" doc:"Cursor of the next page; empty: this was the last."`
	Until  *placeJSON   `json:"until" doc:"Behind what the next page begins; null: this was the last."`
	Counts countsByView `json:"counts" doc:"Cases in every view."`
	Saved  savedCounts  `json:"saved" doc:"Cases in every saved view, by its id. null: it is being counted."`
}

type savedCounts map[string]*int

type placeJSON struct {
	Key int64  `json:"key" doc:"A rank, or in views that show what changed last first, a changed_at in microseconds."`
	ID  string `json:"id"`
}

type rowsRequest struct {
	InBrand
	IDs []string `query:"ids" required:"true" minItems:"1" maxItems:"100" nullable:"false" doc:"Of cases, with commas between them."`
}

type rowsAnswer struct {
	Cases  []CaseRow    `json:"cases" nullable:"false" doc:"Those of them that are there, in the order of their ids."`
	Counts countsByView `json:"counts" doc:"Cases in every view."`
	Saved  savedCounts  `json:"saved" doc:"Cases in every saved view, by its id. null: it is being counted."`
}

type countsByView struct {
	Open       int `json:"open"`
	Mine       int `json:"mine"`
	Unassigned int `json:"unassigned"`
	Waiting    int `json:"waiting"`
	Asleep     int `json:"asleep"`
	Solved     int `json:"solved"`
	Trouble    int `json:"trouble"`
}

type inboxRequest struct {
	InBrand
	View     string `query:"view" enum:"open,mine,unassigned,waiting,asleep,solved,trouble" default:"open"`
	Saved    string `query:"saved" maxLength:"64" doc:"A saved view in its place, by its id. A page of it may be short, and even empty, where there is a next one."`
	Tag      string `query:"tag" maxLength:"64" doc:"Only cases that have it, by its id."`
	Priority string `query:"priority" enum:"urgent,high,low" doc:"Only these."`
	Cursor   string `query:"cursor" maxLength:"200"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (a *API) inboxOperations() {
	operation(a, readers, http.MethodGet, "/api/inbox", "list-inbox", "The cases of a view, who must be answered next first", 200,
		func(ctx context.Context, in *inboxRequest) (*bodyOf[inboxPage], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			see := sight(ctx)
			b, err := n.brand(see, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			page, err := a.Desk.Inbox(ctx, see, b.ID, desk.List{View: desk.View(in.View), Saved: hilft.ViewID(in.Saved), Tag: hilft.TagID(in.Tag), Priority: hilft.Priority(in.Priority)}, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			out := inboxPage{Cases: n.rows(page.Cases), Next: page.Next}
			if page.Next != "" {
				out.Until = &placeJSON{page.Until.Key, string(page.Until.ID)}
			}
			out.Counts, out.Saved, err = a.counts(ctx, b.ID)
			return &bodyOf[inboxPage]{out}, err
		})
	operation(a, readers, http.MethodGet, "/api/rows", "list-rows", "Certain cases of a brand as lists show them: for whoever heard that they have changed", 200,
		func(ctx context.Context, in *rowsRequest) (*bodyOf[rowsAnswer], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			ids := make([]hilft.CaseID, len(in.IDs))
			for i, id := range in.IDs {
				ids[i] = hilft.CaseID(id)
			}
			all, err := a.Desk.Rows(ctx, sight(ctx), b.ID, ids)
			if err != nil {
				return nil, err
			}
			out := rowsAnswer{Cases: n.rows(all)}
			out.Counts, out.Saved, err = a.counts(ctx, b.ID)
			return &bodyOf[rowsAnswer]{out}, err
		})
}

func (n *names) rows(cases []desk.Case) []CaseRow {
	all := make([]CaseRow, 0, len(cases))
	for _, c := range cases {
		all = append(all, n.row(c))
	}
	return all
}

// counts tells how many cases each view of a brand has, for who acts.
func (a *API) counts(ctx context.Context, b hilft.BrandID) (countsByView, savedCounts, error) {
	counts, err := a.Desk.Counts(ctx, sight(ctx), b)
	if err != nil {
		return countsByView{}, nil, err
	}
	saved, err := a.savedCounts(ctx, b)
	return countsByView{
		Open: counts[desk.ViewOpen], Mine: counts[desk.ViewMine], Unassigned: counts[desk.ViewUnassigned],
		Waiting: counts[desk.ViewWaiting], Asleep: counts[desk.ViewAsleep], Solved: counts[desk.ViewSolved], Trouble: counts[desk.ViewTrouble],
	}, saved, err
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/search"
	"github.com/hilft/hilft/internal/text"
)

type searchRequest struct {
	InBrand
	Q      string `query:"q" required:"true" maxLength:"300" doc:"Words, all of which are to be found; \"words in a row\"; and von:, kanal:, status:, kunde:, vor:, bis:, nach:, seit:, or from:, channel:, state:, customer:, before:, until:, after:, since:. customer: takes the number of a case of theirs, and means all who are the same human."`
	Zone   string `query:"zone" maxLength:"64" default:"UTC" doc:"Where its days begin: Europe/Berlin"`
	Cursor string `query:"cursor" maxLength:"20"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
}

// SearchHit is a message that was found.
type SearchHit struct {
	MessageID  string       `json:"message_id"`
	CaseID     string       `json:"case_id"`
	Number     int64        `json:"number" doc:"Of the case."`
	Title      string       `json:"title" doc:"Of the case."`
	State      string       `json:"state" enum:"open,waiting,solved" doc:"Of the case."`
	Person     personRef    `json:"person" doc:"Whose case it is."`
	Network    string       `json:"network" doc:"Empty: a note."`
	Direction  string       `json:"direction" enum:"inbound,outbound,note"`
	Visibility string       `json:"visibility" enum:"public,private"`
	Author     string       `json:"author" doc:"Who said it; empty: nobody knows."`
	At         time.Time    `json:"at"`
	Snippet    string       `json:"snippet" doc:"Plain text around what was found."`
	Marks      []SearchMark `json:"marks" nullable:"false" doc:"What is to be marked of it."`
}

// SearchMark is a range of a text.
type SearchMark struct {
	From int `json:"from" doc:"In UTF-16 units."`
	To   int `json:"to" doc:"Behind it."`
}

// SearchPerson is a customer whose name was found.
type SearchPerson struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Handle  string `json:"handle"`
	Network string `json:"network"`
	CaseID  string `json:"case_id" doc:"A case of theirs, the last that was found."`
}

type searchPage struct {
	Messages []SearchHit    `json:"messages" nullable:"false" doc:"What came last first."`
	Next     string         `json:"next" doc:"Cursor of the next page; empty: there is no more. A page may be short, or empty, and have a next one: searching goes on there."`
	People   []SearchPerson `json:"people" nullable:"false" doc:"With the first page: who is called so."`
	Cases    []CaseRow      `json:"cases" nullable:"false" doc:"With the first page: cases of that number or title."`
	Behind   int            `json:"behind" doc:"How many messages cannot be found yet, up to 10000."`
}

func (a *API) searchOperations() {
	operation(a, readers, http.MethodGet, "/api/search", "search", "What was ever said, by the words in it", 200, a.find)
}

func (a *API) find(ctx context.Context, in *searchRequest) (*bodyOf[searchPage], error) {
	n, err := a.known.look(ctx)
	if err != nil {
		return nil, err
	}
	see := sight(ctx)
	b, err := n.brand(see, in.InBrand, access.Read)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(in.Zone)
	if err != nil {
		return nil, hilft.FailField(hilft.Invalid, "search.bad_zone", "zone", err)
	}
	q, err := search.Parse(in.Q, zone)
	if err != nil {
		return nil, err
	}
	ask := search.Ask{Brand: b.ID, Question: q, Accounts: n.called(b.ID, q.Channel), Cursor: in.Cursor, Most: in.Limit}
	found, err := a.Search.Find(ctx, see, ask)
	if err != nil {
		return nil, err
	}
	out := searchPage{Messages: make([]SearchHit, 0, len(found.Hits)), Next: found.Next, People: []SearchPerson{}, Cases: []CaseRow{}}
	for _, h := range found.Hits {
		out.Messages = append(out.Messages, n.hit(h))
	}
	if in.Cursor == "" {
		near, err := a.Search.Nearby(ctx, see, ask)
		if err != nil {
			return nil, err
		}
		for _, p := range near.People {
			out.People = append(out.People, SearchPerson{string(p.ID), p.Name, p.Handle, p.Network, string(p.Case)})
		}
		for _, id := range near.Cases {
			c, err := a.Desk.Row(ctx, see, id)
			if hilft.KindOf(err) == hilft.NotFound {
				continue // gone since
			}
			if err != nil {
				return nil, err
			}
			out.Cases = append(out.Cases, n.row(c))
		}
	}
	out.Behind, err = a.Search.Behind(ctx, b.ID)
	return &bodyOf[searchPage]{out}, err
}

func (n *names) hit(h search.Hit) SearchHit {
	author := h.AuthorName
	if g, ok := n.agents[h.Agent]; ok {
		author = g.Name
	}
	marks := make([]SearchMark, len(h.Snippet.Marks))
	for i, m := range h.Snippet.Marks {
		marks[i] = SearchMark(m)
	}
	return SearchHit{
		MessageID: string(h.Message), CaseID: string(h.Case), Number: h.Number, Title: h.Title, State: string(h.State), Person: personRef{string(h.Person), h.PersonName},
		Network: h.Network, Direction: string(h.Direction), Visibility: string(h.Visibility), Author: author, At: h.At, Snippet: h.Snippet.Text, Marks: marks,
	}
}

// called are a brand's accounts whose name, or whose network's, begins like that, or one of its words does.
func (n *names) called(b hilft.BrandID, folded string) []hilft.AccountID {
	var all []hilft.AccountID
	for id, acc := range n.accounts {
		net := n.networks[acc.Network]
		names := []string{acc.Name, acc.Network, net.Name["de"], net.Name["en"]}
		if folded != "" && acc.Brand == b && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(" "+text.Fold(name), " "+folded) }) {
			all = append(all, id)
		}
	}
	return all
}

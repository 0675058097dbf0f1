// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/switchboard"
)

type caseJSON struct {
	CaseRow
	Messages []messageJSON `json:"messages" nullable:"false" doc:"What was said and noted, the oldest first; the last 500 where it is more."`
	Events   []eventJSON   `json:"events" nullable:"false" doc:"All that was done, the oldest first."`
	Ways     []wayJSON     `json:"ways" nullable:"false" doc:"How this person can be answered, the last used first."`
	Person   personJSON    `json:"person"`
	Links    linksJSON     `json:"links"`
	Look     bool          `json:"look" doc:"Some of its networks can be asked how messages stand now."`
	Drafts   []DraftJSON   `json:"drafts" nullable:"false" doc:"What is being written, by whoever does."`
}

type eventJSON struct {
	ID    int64             `json:"id"`
	At    time.Time         `json:"at"`
	Kind  string            `json:"kind"`
	Agent *AgentJSON        `json:"agent" doc:"Who did it; null: hilft by itself, or the customer."`
	Data  map[string]string `json:"data"`
}

type wayJSON struct {
	ConversationID string          `json:"conversation_id"`
	Visibility     string          `json:"visibility" enum:"public,private"`
	Network        string          `json:"network"`
	Account        accountRef      `json:"account"`
	Room           channel.Text    `json:"room"`
	Caution        *channel.Text   `json:"caution" doc:"What must be known before writing here."`
	To             string          `json:"to"`
	Starts         bool            `json:"starts" doc:"It begins a private conversation with this person."`
	Typing         bool            `json:"typing" doc:"The person can be shown that somebody writes."`
	Waits          bool            `json:"waits" doc:"What is said here waits until the person comes to see it."`
	Onward         string          `json:"onward" doc:"The e-mail address to which it goes on when they do not; empty: it waits."`
	Limits         *channel.Limits `json:"limits"`
	Sign           string          `json:"sign" doc:"What is put behind one's text here, with a space before it; it counts. Empty: nothing."`
	Blocked        string          `json:"blocked" doc:"Why nothing can be sent right now, as a message key; empty: it can."`
}

func (a *API) caseOf(n *names, t desk.Timeline, to hilft.AgentID) caseJSON {
	out := caseJSON{CaseRow: n.row(t.Case), Messages: make([]messageJSON, 0, len(t.Messages)), Events: []eventJSON{}, Ways: []wayJSON{}, Person: n.personOf(t.Person, t.Earlier), Links: linksOf(t.Links), Drafts: n.drafts(t.Drafts, to)}
	states := map[hilft.MessageID]hilft.Delivery{}
	for _, m := range t.Messages {
		states[m.ID] = m.Delivery
	}
	for _, m := range t.Messages {
		j := a.messageOf(n, m, to)
		if j.Onward != nil {
			j.Onward.Delivery = string(states[m.Letter])
		}
		out.Messages = append(out.Messages, j)
		_, can := n.asked(m.Account)
		out.Look = out.Look || can
	}
	for _, e := range t.Events {
		var data map[string]string
		if err := json.Unmarshal(e.Raw, &data); err != nil || data == nil {
			data = map[string]string{} // events of other shapes have nothing to show
		}
		out.Events = append(out.Events, eventJSON{e.ID, e.At, e.Kind, n.agent(e.Agent), data})
	}
	for _, v := range t.Conversations {
		ways := n.ways(t, v, n.agents[to])
		for i := range ways {
			if ways[i].Waits && a.Switchboard.OnwardAfter > 0 && n.writesLetters() {
				ways[i].Onward = t.MailTo[v.ID]
			}
		}
		out.Ways = append(out.Ways, ways...)
	}
	return out
}

// writesLetters tells whether the brand has an account that is on and reaches people who never wrote to it.
func (n *names) writesLetters() bool {
	for _, acc := range n.accounts {
		if acc.State != hilft.AccountPaused && n.networks[acc.Network].Can.Begin != channel.No {
			return true
		}
	}
	return false
}

// asked tells whether an account's network can be asked how messages stand.
func (n *names) asked(id hilft.AccountID) (since time.Time, can bool) {
	acc, ok := n.accounts[id]
	return acc.MovedAt, ok && n.networks[acc.Network].Can.Look != channel.No
}

// ways tells how a person can be answered in a conversation: in its own room, and from a public one in private, if the
// network can do that and the case has no private conversation there yet.
func (n *names) ways(t desk.Timeline, v desk.Conversation, me access.Agent) []wayJSON {
	last := lastInbound(t.Messages, v)
	if m, ok := t.Heard[v.ID]; last == nil && ok {
		last = &m
	}
	if last == nil {
		return nil
	}
	acc, connected := n.accounts[v.Account]
	d := n.networks[v.Network]
	w := wayJSON{
		ConversationID: string(v.ID), Visibility: string(v.Visibility), Network: v.Network, Account: n.account(v.Account),
		To: nameOf(*last), Typing: v.Visibility == hilft.Private && n.types(v.Account), Blocked: blocked(acc, connected),
		Waits: d.Can.Mailbox != channel.No,
	}
	limits := acc.Limits.For(last.AuthorHandle)
	w.Limits, w.Sign = &limits, n.sign(v.Brand, me, v.Visibility, limits)
	n.room(&w, d)
	all := []wayJSON{w}
	private := slices.ContainsFunc(t.Conversations, func(o desk.Conversation) bool {
		return o.Visibility == hilft.Private && o.Account == v.Account
	})
	if v.Visibility == hilft.Public && d.Can.MovePrivate != channel.No && !private {
		p := w
		p.Visibility, p.Starts, p.Typing, p.Caution = string(hilft.Private), true, false, nil
		p.Sign = n.sign(v.Brand, me, hilft.Private, limits)
		n.room(&p, d)
		all = append(all, p)
	}
	return all
}

func (n *names) room(w *wayJSON, d channel.Description) {
	for _, r := range d.Rooms {
		if string(r.Visibility) == w.Visibility {
			w.Room = r.Name
			if len(r.Caution) > 0 {
				w.Caution = &r.Caution
			}
			return
		}
	}
	w.Room = d.Name
}

// lastInbound is what a reply in a conversation answers: the last that somebody said there; else elsewhere on the account,
// for in a conversation that we began they have not spoken yet. What a machine said counts where nobody said anything.
func lastInbound(all []desk.Message, v desk.Conversation) *desk.Message {
	var there, elsewhere *desk.Message
	for i := len(all) - 1; i >= 0; i-- {
		m := &all[i]
		if m.Direction != hilft.Inbound || m.Account != v.Account && m.Conversation != v.ID {
			continue
		}
		into := &elsewhere
		if m.Conversation == v.ID {
			into = &there
		}
		if *into == nil || (*into).Auto && !m.Auto {
			*into = m
		}
	}
	if there != nil {
		return there
	}
	return elsewhere
}

func nameOf(m desk.Message) string {
	if m.AuthorHandle != "" {
		return m.AuthorHandle
	}
	return m.AuthorName
}

func blocked(acc switchboard.Account, connected bool) string {
	switch {
	case !connected:
		return channel.ReasonRemoved
	case acc.State == hilft.AccountPaused:
		return channel.ReasonPaused
	case acc.State == hilft.AccountSignIn:
		return channel.ReasonSignIn
	}
	return ""
}

// ActedJSON is a case after something was done with it. It is exported because what others contain must be, to stand in the
// API's description.
type ActedJSON struct {
	CaseRow
	Act int64 `json:"act" doc:"By which it can be taken back for ten minutes, with POST /api/cases/{id}/undo; 0: it was so already."`
}

// caseAct registers an operation that changes a case and answers with its row.
func caseAct[I any](a *API, method, path, id, summary string, act func(ctx context.Context, see access.Sight, in *I) (desk.Acted, error)) {
	operation(a, workers, method, path, id, summary, 200, func(ctx context.Context, in *I) (*bodyOf[ActedJSON], error) {
		c, err := act(ctx, sight(ctx), in)
		if err != nil {
			return nil, err
		}
		n, err := a.known.look(ctx) // behind it: a tag may be new
		if err != nil {
			return nil, err
		}
		return &bodyOf[ActedJSON]{ActedJSON{n.row(c.Case), c.Act}}, nil
	})
}

type caseNumber struct {
	InBrand
	Number int64 `path:"number" minimum:"1"`
}

func (a *API) caseOperations() {
	operation(a, readers, http.MethodGet, "/api/cases/{id}", "get-case", "A case with all that was said and done", 200,
		func(ctx context.Context, in *ByID) (*bodyOf[caseJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			t, err := a.Desk.Case(ctx, sight(ctx), hilft.CaseID(in.ID))
			if err != nil {
				return nil, err
			}
			if quotesPrivately(t.Person) || slices.ContainsFunc(t.Conversations, func(v desk.Conversation) bool { return v.Visibility == hilft.Private }) {
				err = a.reads(ctx, audit.CaseRead, t.Case.Brand, string(t.Case.ID))
			}
			return &bodyOf[caseJSON]{a.caseOf(n, t, access.Actor(ctx).ID)}, err
		})
	operation(a, readers, http.MethodGet, "/api/numbers/{number}", "find-case", "The case that people call by a number", 200,
		func(ctx context.Context, in *caseNumber) (*bodyOf[CaseRow], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			b, err := n.brand(sight(ctx), in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			c, err := a.Desk.Numbered(ctx, sight(ctx), b.ID, in.Number)
			if err != nil {
				return nil, err
			}
			return &bodyOf[CaseRow]{n.row(c)}, nil
		})
	operation(a, readers, http.MethodPost, "/api/cases/{id}/look", "look-case", "Ask networks how the messages of a case stand that somebody reads, unless they were asked a moment ago; what they tell comes as events", 204,
		func(ctx context.Context, in *ByID) (*nothing, error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			return nil, a.Desk.Look(ctx, sight(ctx), hilft.CaseID(in.ID), n.asked)
		})
	caseAct(a, http.MethodPut, "/api/cases/{id}/agent", "assign-case", "Give a case to an agent, or to nobody, with a note or without",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				AgentID string `json:"agent_id" maxLength:"64" doc:"Empty: nobody."`
				Note    string `json:"note,omitempty" maxLength:"100000" doc:"What whoever gets it must know, for colleagues alone."`
			}
		},
		) (desk.Acted, error) {
			to, err := a.sightOf(ctx, in.Body.AgentID)
			if err != nil {
				return desk.Acted{}, err
			}
			return a.Desk.HandOver(ctx, see, hilft.CaseID(in.ID), to, in.Body.Note)
		})
	caseAct(a, http.MethodPost, "/api/cases/{id}/solve", "solve-case", "Nothing more to do, until the customer's next word",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Seen string `json:"seen" maxLength:"64" doc:"The last message that the agent has seen."`
			}
		},
		) (desk.Acted, error) {
			return a.Desk.Solve(ctx, see, hilft.CaseID(in.ID), hilft.MessageID(in.Body.Seen))
		})
	caseAct(a, http.MethodPost, "/api/cases/{id}/reopen", "reopen-case", "Take back that a case was solved",
		func(ctx context.Context, see access.Sight, in *ByID) (desk.Acted, error) {
			return a.Desk.Reopen(ctx, see, hilft.CaseID(in.ID))
		})
	caseAct(a, http.MethodPost, "/api/cases/{id}/undo", "undo", "Take back what one has just done with a case",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Act int64 `json:"act" doc:"As the answer to it gave it."`
			}
		},
		) (desk.Acted, error) {
			c, err := a.Desk.Undo(ctx, see, hilft.CaseID(in.ID), in.Body.Act)
			return desk.Acted{Case: c}, err
		})
}

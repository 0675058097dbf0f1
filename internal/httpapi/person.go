// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/desk"
	"github.com/hilft/hilft/internal/people"
)

type personJSON struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Identities []identityJSON   `json:"identities" nullable:"false" doc:"What networks call them, and all who are the same human."`
	Cases      []earlierCase    `json:"cases" nullable:"false" doc:"Other concerns of the human, the newest first."`
	Links      []HumanLinkJSON  `json:"links" nullable:"false" doc:"What joins them with others, and what is proposed, the oldest first."`
	Notes      []PersonNoteJSON `json:"notes" nullable:"false" doc:"What people here say about them, the newest first."`
	Consents   []ConsentJSON    `json:"consents" nullable:"false" doc:"What they have agreed to, as it stands now."`
	Companies  []CompanyJSON    `json:"companies" nullable:"false" doc:"For whom they speak; none: they are a private customer."`
}

type identityJSON struct {
	ID       string `json:"id"`
	PersonID string `json:"person_id" doc:"The same for all that were one person from the beginning."`
	Network  string `json:"network"`
	Handle   string `json:"handle"`
	Name     string `json:"name"`
	URL      string `json:"url"`
}

type earlierCase struct {
	ID         string     `json:"id"`
	Number     int64      `json:"number"`
	Title      string     `json:"title"`
	State      string     `json:"state" enum:"open,waiting,asleep,solved,merged"`
	Network    string     `json:"network"`
	Visibility string     `json:"visibility" enum:"public,private"`
	Person     personRef  `json:"person"`
	MadeAt     time.Time  `json:"made_at"`
	SolvedAt   *time.Time `json:"solved_at"`
}

// HumanLinkJSON is evidence that two persons are one human, and what became of it.
type HumanLinkJSON struct {
	ID        string       `json:"id"`
	State     string       `json:"state" enum:"proposed,linked"`
	Kind      string       `json:"kind" enum:"address,letter,code,word,agent" doc:"address: both have shown that one address is theirs; letter: one has answered a letter that went to where the other says they are reached; code: one has said a code that we gave to the other; word: one has said so; agent: somebody here has decided so."`
	Evidence  string       `json:"evidence" doc:"The address, or the code."`
	People    []linkedJSON `json:"people" nullable:"false" doc:"The two."`
	Messages  []QuoteJSON  `json:"messages" nullable:"false" doc:"What was said, the oldest first, as far as it is still there."`
	Reason    string       `json:"reason"`
	MadeAt    time.Time    `json:"made_at"`
	MadeBy    *AgentJSON   `json:"made_by" doc:"Null: hilft by itself."`
	DecidedAt *time.Time   `json:"decided_at"`
	DecidedBy *AgentJSON   `json:"decided_by"`
}

type linkedJSON struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Identities []identityJSON `json:"identities" nullable:"false"`
}

// QuoteJSON is a message that something rests on.
type QuoteJSON struct {
	ID         string    `json:"id"`
	CaseID     string    `json:"case_id"`
	Network    string    `json:"network"`
	Direction  string    `json:"direction" enum:"inbound,outbound,note"`
	Visibility string    `json:"visibility" enum:"public,private"`
	Text       string    `json:"text" doc:"How it begins."`
	At         time.Time `json:"at"`
}

// PersonNoteJSON is what somebody here says about a person.
type PersonNoteJSON struct {
	ID        string     `json:"id"`
	Text      string     `json:"text"`
	Version   int64      `json:"version" doc:"To be given by whoever changes it."`
	MadeAt    time.Time  `json:"made_at"`
	MadeBy    *AgentJSON `json:"made_by"`
	ChangedAt *time.Time `json:"changed_at"`
	ChangedBy *AgentJSON `json:"changed_by"`
}

// ConsentJSON is that somebody has agreed to be written to, or does no more.
type ConsentJSON struct {
	ID         string     `json:"id"`
	IdentityID string     `json:"identity_id"`
	Purpose    string     `json:"purpose" enum:"service,advertising"`
	Given      bool       `json:"given"`
	How        string     `json:"how" enum:"message,call,form,mistake"`
	Message    *QuoteJSON `json:"message"`
	Remark     string     `json:"remark"`
	At         time.Time  `json:"at"`
	MadeAt     time.Time  `json:"made_at"`
	MadeBy     *AgentJSON `json:"made_by"`
}

// CompanyJSON is a business customer.
type CompanyJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Number   string `json:"number" doc:"Their customer number; empty: none."`
	PersonID string `json:"person_id" doc:"With a person: which of those who are one human speaks for it."`
}

// personOf is the card of a person.
func (n *names) personOf(c desk.Card, cases []desk.Case) personJSON {
	out := personJSON{
		ID: string(c.ID), Name: c.Name, Identities: []identityJSON{}, Cases: []earlierCase{}, Links: []HumanLinkJSON{}, Notes: []PersonNoteJSON{},
		Consents: n.consents(c.Consent, c), Companies: companiesOf(c.Company),
	}
	for _, m := range c.Members {
		out.Identities = append(out.Identities, identitiesOf(m)...)
	}
	for _, e := range cases {
		out.Cases = append(out.Cases, earlierOf(e))
	}
	for _, l := range c.Links {
		out.Links = append(out.Links, n.link(l, c))
	}
	for _, note := range c.Notes {
		out.Notes = append(out.Notes, PersonNoteJSON{
			string(note.ID), note.Body, note.Version, note.MadeAt, n.agent(note.MadeBy), when(note.ChangedAt), n.agent(note.ChangedBy),
		})
	}
	return out
}

func earlierOf(c desk.Case) earlierCase {
	return earlierCase{string(c.ID), c.Number, c.Title, string(c.State), c.Network, string(c.Visibility), personRef{string(c.Person), c.PersonName}, c.MadeAt, when(c.SolvedAt)}
}

func identitiesOf(p people.Person) []identityJSON {
	all := make([]identityJSON, 0, len(p.Identities))
	for _, id := range p.Identities {
		all = append(all, identityJSON{string(id.ID), string(id.Person), id.Network, id.Handle, id.Name, id.URL})
	}
	return all
}

func (n *names) link(l people.Link, c desk.Card) HumanLinkJSON {
	out := HumanLinkJSON{
		ID: string(l.ID), State: string(l.State), Kind: string(l.Kind), People: []linkedJSON{}, Messages: []QuoteJSON{}, Reason: l.Reason,
		MadeAt: l.MadeAt, MadeBy: n.agent(l.MadeBy), DecidedAt: when(l.DecidedAt), DecidedBy: n.agent(l.DecidedBy),
	}
	if l.Kind == people.ByAddress || l.Kind == people.ByCode {
		out.Evidence = l.Evidence
	}
	for _, id := range []hilft.PersonID{l.One, l.Other} {
		p, is := c.Others[id]
		if i := slices.IndexFunc(c.Members, func(m people.Person) bool { return m.ID == id }); i >= 0 {
			p, is = c.Members[i], true
		}
		if is {
			out.People = append(out.People, linkedJSON{string(p.ID), p.Name, identitiesOf(p)})
		}
	}
	for _, id := range []hilft.MessageID{l.Given, l.Back} {
		if q := quoteOf(c, id); q != nil {
			out.Messages = append(out.Messages, *q)
		}
	}
	slices.SortFunc(out.Messages, func(a, b QuoteJSON) int { return a.At.Compare(b.At) })
	return out
}

// quoteMost is how much is shown of a message that something rests on, in runes.
const quoteMost = 280

// quoteOf is a message that something rests on; nil: it is not there any more.
func quoteOf(c desk.Card, id hilft.MessageID) *QuoteJSON {
	m, there := c.Said[id]
	if !there {
		return nil
	}
	text := []rune(m.Body)
	if m.Warning != "" {
		text = []rune(m.Warning)
	}
	if len(text) > quoteMost {
		text = append(text[:quoteMost-1], '…')
	}
	return &QuoteJSON{string(m.ID), string(m.Case), m.Network, string(m.Direction), string(m.Visibility), string(text), m.At}
}

func (n *names) consents(all []people.Consent, c desk.Card) []ConsentJSON {
	out := make([]ConsentJSON, 0, len(all))
	for _, a := range all {
		out = append(out, ConsentJSON{string(a.ID), string(a.Identity), a.Purpose, a.Given, a.How, quoteOf(c, a.Message), a.Remark, a.At, a.MadeAt, n.agent(a.MadeBy)})
	}
	return out
}

func companiesOf(all []people.Company) []CompanyJSON {
	out := make([]CompanyJSON, 0, len(all))
	for _, c := range all {
		out = append(out, CompanyJSON{string(c.ID), c.Name, c.Number, string(c.Person)})
	}
	return out
}

// quotesPrivately tells whether a card shows words that were said in private.
func quotesPrivately(c desk.Card) bool {
	for _, m := range c.Said {
		if m.Visibility == hilft.Private {
			return true
		}
	}
	return false
}

// didJSON is that something was done with a person.
type didJSON struct {
	PersonID string `json:"person_id"`
	Act      int64  `json:"act" doc:"By which it can be taken back for ten minutes, with POST /api/people/{id}/undo of that person; 0: it was so already, or stands."`
}

// personAct registers an operation that does something with a person.
func personAct[I any](a *API, may who, method, path, id, summary string, act func(ctx context.Context, see access.Sight, in *I) (desk.Did, error)) {
	operation(a, may, method, path, id, summary, 200, func(ctx context.Context, in *I) (*bodyOf[didJSON], error) {
		did, err := act(ctx, sight(ctx), in)
		return &bodyOf[didJSON]{didJSON{string(did.Person), did.Act}}, err
	})
}

func (a *API) personOperations() {
	operation(a, readers, http.MethodGet, "/api/people/{id}", "get-person", "A person with what is known of them and their concerns", 200,
		func(ctx context.Context, in *ByID) (*bodyOf[personJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			p, cases, err := a.Desk.Person(ctx, sight(ctx), hilft.PersonID(in.ID))
			if err != nil {
				return nil, err
			}
			return &bodyOf[personJSON]{n.personOf(p, cases)}, a.reads(ctx, audit.PersonRead, p.Brand, string(p.ID))
		})
	personAct(a, noters, http.MethodPost, "/api/people/{id}/undo", "undo-person", "Take back what one has just done with a person",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Act int64 `json:"act" doc:"As the answer to it gave it."`
			}
		},
		) (desk.Did, error) {
			return desk.Did{Person: hilft.PersonID(in.ID)}, a.Desk.UndoPerson(ctx, see, hilft.PersonID(in.ID), in.Body.Act)
		})
	a.peopleLinkOperations()
	a.personNoteOperations()
	a.consentOperations()
	a.companyOperations()
}

func (a *API) peopleLinkOperations() {
	personAct(a, workers, http.MethodPost, "/api/people/{id}/links", "link-people", "Say that two persons are one human, because one has said so or for a reason",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				With      string `json:"with" maxLength:"64" doc:"The other person."`
				MessageID string `json:"message_id,omitempty" maxLength:"64" doc:"In which one of them has said so; empty: it is for the reason."`
				Reason    string `json:"reason,omitempty"`
			}
		},
		) (desk.Did, error) {
			return a.Desk.LinkPeople(ctx, see, hilft.PersonID(in.ID), hilft.PersonID(in.Body.With), hilft.MessageID(in.Body.MessageID), in.Body.Reason)
		})
	personAct(a, workers, http.MethodPost, "/api/links/{id}/accept", "accept-link", "Say that two persons who were proposed are one human",
		func(ctx context.Context, see access.Sight, in *ByID) (desk.Did, error) {
			return a.Desk.AcceptLink(ctx, see, hilft.LinkID(in.ID))
		})
	personAct(a, workers, http.MethodPost, "/api/links/{id}/dismiss", "dismiss-link", "Say that what was proposed is not so; it is not proposed again for the same evidence",
		func(ctx context.Context, see access.Sight, in *ByID) (desk.Did, error) {
			return a.Desk.DismissLink(ctx, see, hilft.LinkID(in.ID))
		})
	personAct(a, workers, http.MethodDelete, "/api/links/{id}", "part-link", "Take a link away: both are as they were, whatever was said meanwhile",
		func(ctx context.Context, see access.Sight, in *ByID) (desk.Did, error) {
			return a.Desk.PartLink(ctx, see, hilft.LinkID(in.ID))
		})
	operation(a, workers, http.MethodPost, "/api/cases/{id}/codes", "ask-code", "Make a code for whoever speaks in a private conversation, to be told to them there and said again by them elsewhere", 201,
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				ConversationID string `json:"conversation_id" maxLength:"64"`
			}
		},
		) (*bodyOf[codeJSON], error) {
			c, err := a.Desk.AskCode(ctx, sight(ctx), hilft.CaseID(in.ID), hilft.ConversationID(in.Body.ConversationID))
			return &bodyOf[codeJSON]{codeJSON{c.Code, c.EndsAt}}, err
		})
}

type codeJSON struct {
	Code   string    `json:"code"`
	EndsAt time.Time `json:"ends_at"`
}

func (a *API) personNoteOperations() {
	personAct(a, noters, http.MethodPost, "/api/people/{id}/notes", "note-person", "Write a note about a person, whatever the case; it never leaves the house",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Text string `json:"text"`
			}
		},
		) (desk.Did, error) {
			return a.Desk.NotePerson(ctx, see, hilft.PersonID(in.ID), in.Body.Text)
		})
	personAct(a, noters, http.MethodPut, "/api/person-notes/{id}", "change-person-note", "Give a note about a person another text",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				Text    string `json:"text"`
				Version int64  `json:"version" doc:"That was read. 409 (person_note.changed): it is another by now."`
			}
		},
		) (desk.Did, error) {
			return a.Desk.RewriteNote(ctx, see, hilft.NoteID(in.ID), in.Body.Text, in.Body.Version)
		})
	personAct(a, noters, http.MethodDelete, "/api/person-notes/{id}", "remove-person-note", "Take a note about a person away",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Version int64 `query:"version" doc:"That was read. 409 (person_note.changed): it is another by now."`
		},
		) (desk.Did, error) {
			return a.Desk.RemoveNote(ctx, see, hilft.NoteID(in.ID), in.Version)
		})
}

type consentsJSON struct {
	Consents   []ConsentJSON  `json:"consents" nullable:"false" doc:"All entries, the newest first; the newest of an identity and a purpose holds."`
	Identities []identityJSON `json:"identities" nullable:"false"`
}

func (a *API) consentOperations() {
	operation(a, readers, http.MethodGet, "/api/people/{id}/consents", "list-consents", "All that a person has ever agreed to", 200,
		func(ctx context.Context, in *ByID) (*bodyOf[consentsJSON], error) {
			n, err := a.known.look(ctx)
			if err != nil {
				return nil, err
			}
			c, all, err := a.Desk.Ledger(ctx, sight(ctx), hilft.PersonID(in.ID))
			if err != nil {
				return nil, err
			}
			out := consentsJSON{n.consents(all, c), []identityJSON{}}
			for _, m := range c.Members {
				out.Identities = append(out.Identities, identitiesOf(m)...)
			}
			return &bodyOf[consentsJSON]{out}, a.reads(ctx, audit.PersonRead, c.Brand, string(c.ID))
		})
	personAct(a, workers, http.MethodPost, "/api/people/{id}/consents", "add-consent", "Write down that a person has agreed to be written to, or does no more; it stands",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body struct {
				IdentityID string     `json:"identity_id" maxLength:"64" doc:"Where."`
				Purpose    string     `json:"purpose" enum:"service,advertising"`
				Given      bool       `json:"given"`
				How        string     `json:"how" enum:"message,call,form,mistake" doc:"mistake: an entry before was wrong."`
				MessageID  string     `json:"message_id,omitempty" maxLength:"64"`
				Remark     string     `json:"remark,omitempty"`
				At         *time.Time `json:"at,omitempty" doc:"When they said so; none: now."`
			}
		},
		) (desk.Did, error) {
			b := in.Body
			return a.Desk.Agree(ctx, see, hilft.PersonID(in.ID), people.Consent{
				Identity: hilft.IdentityID(b.IdentityID), Purpose: b.Purpose, Given: b.Given, How: b.How, Message: hilft.MessageID(b.MessageID), Remark: b.Remark, At: moment(b.At),
			})
		})
}

type companyList struct {
	Companies []CompanyJSON `json:"companies" nullable:"false"`
}

type businessJSON struct {
	CompanyJSON
	BrandID string       `json:"brand_id"`
	People  []linkedJSON `json:"people" nullable:"false" doc:"Who speaks for it; the first 100."`
	Cases   []CaseRow    `json:"cases" nullable:"false" doc:"Their concerns, the newest first; the last 100."`
}

// companyBody is how a company is called.
type companyBody struct {
	Name   string `json:"name"`
	Number string `json:"number"`
}

func (a *API) companyOperations() {
	personAct(a, workers, http.MethodPut, "/api/people/{id}/company", "employ", "Say for which company a person speaks; no name: for none, they are a private customer",
		func(ctx context.Context, see access.Sight, in *struct {
			ByID
			Body companyBody
		},
		) (desk.Did, error) {
			return a.Desk.Employ(ctx, see, hilft.PersonID(in.ID), in.Body.Name, in.Body.Number)
		})
	operation(a, readers, http.MethodGet, "/api/companies", "list-companies", "Companies of a brand whose name begins so; a few", 200,
		func(ctx context.Context, in *struct {
			InBrand
			Q string `query:"q" maxLength:"120"`
		},
		) (*bodyOf[companyList], error) {
			b, err := a.known.brand(ctx, in.InBrand, access.Read)
			if err != nil {
				return nil, err
			}
			all, err := a.Desk.Companies(ctx, sight(ctx), b.ID, in.Q)
			return &bodyOf[companyList]{companyList{companiesOf(all)}}, err
		})
	operation(a, readers, http.MethodGet, "/api/companies/{id}", "get-company", "A company, who speaks for it, and their concerns", 200,
		func(ctx context.Context, in *ByID) (*bodyOf[businessJSON], error) { return a.business(ctx, in.ID) })
	operation(a, workers, http.MethodPut, "/api/companies/{id}", "name-company", "Give a company another name and number", 200,
		func(ctx context.Context, in *struct {
			ByID
			Body companyBody
		},
		) (*bodyOf[businessJSON], error) {
			if err := a.Desk.NameCompany(ctx, sight(ctx), hilft.CompanyID(in.ID), in.Body.Name, in.Body.Number); err != nil {
				return nil, err
			}
			return a.business(ctx, in.ID)
		})
}

func (a *API) business(ctx context.Context, id string) (*bodyOf[businessJSON], error) {
	n, err := a.known.look(ctx)
	if err != nil {
		return nil, err
	}
	b, err := a.Desk.Company(ctx, sight(ctx), hilft.CompanyID(id))
	if err != nil {
		return nil, err
	}
	out := businessJSON{CompanyJSON: companiesOf([]people.Company{b.Company})[0], BrandID: string(b.Brand), People: []linkedJSON{}, Cases: n.rows(b.Cases)}
	for _, p := range b.Staff {
		out.People = append(out.People, linkedJSON{string(p.ID), p.Name, identitiesOf(p)})
	}
	return &bodyOf[businessJSON]{out}, nil
}

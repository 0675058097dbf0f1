// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// Card is what stands beside a case about its person: everybody who is the same human, what speaks for it, and what is known of them.
type Card struct {
	people.Human
	Said map[hilft.MessageID]Message // what evidence and consent rest on, as far as it is still there
}

// card reads what is known of a person.
func card(ctx context.Context, tx *store.Tx, id hilft.PersonID) (c Card, err error) {
	if c.Human, err = people.FindHuman(ctx, tx, id); err != nil {
		return Card{}, err
	}
	var ids []string
	for _, l := range c.Links {
		ids = append(ids, string(l.Given), string(l.Back))
	}
	for _, a := range c.Consent {
		ids = append(ids, string(a.Message))
	}
	c.Said, err = restsOn(ctx, tx, c.Brand, ids)
	return c, err
}

// restsOn reads messages of a brand that were not deleted.
func restsOn(ctx context.Context, tx *store.Tx, brand hilft.BrandID, ids []string) (map[hilft.MessageID]Message, error) {
	found := map[hilft.MessageID]Message{}
	if ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" }); len(ids) == 0 {
		return found, nil
	}
	where, list := store.In(tx, "m.id", ids)
	all, err := store.All(ctx, tx, messageColumns+`WHERE `+where+` AND m.brand_id = ? AND m.deleted_at = 0`, []any{list, string(brand)}, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("desk: card: %w", err)
	}
	for _, m := range all {
		found[m.ID] = m
	}
	return found, nil
}

// casesOf are the cases of several persons, the newest first: all of one brand, as persons are. To ask for the brand as well would have
// SQLite look through all cases of the brand.
func casesOf(ctx context.Context, tx *store.Tx, of []hilft.PersonID, but hilft.CaseID, most int) ([]Case, error) {
	where, list := store.In(tx, "c.person_id", texts(of))
	return store.All(ctx, tx, fmt.Sprintf(`%sWHERE %s AND c.id <> ? AND c.state <> 'merged' ORDER BY c.made_at DESC, c.id DESC LIMIT %d`, caseColumns, where, most),
		[]any{list, string(but)}, scanCase)
}

// Person reads a person with the concerns of all who are the same human, the newest first.
func (d *Desk) Person(ctx context.Context, see access.Sight, id hilft.PersonID) (c Card, cases []Case, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		if c, err = card(ctx, tx, id); err != nil {
			return err
		}
		if err := see.Demand(c.Brand, access.Read, noSuchPerson); err != nil {
			return err
		}
		cases, err = casesOf(ctx, tx, c.IDs(), "", earlierMost)
		return err
	})
	if err != nil {
		return Card{}, nil, fmt.Errorf("desk: person: %w", err)
	}
	return c, cases, nil
}

// Did is that somebody did something with a person.
type Did struct {
	Person hilft.PersonID
	Act    int64 // by which they can take it back; 0: it was so already, or stays
}

// personAct is what somebody does with a person: what it leaves behind for others to read, and for the trail. No kind: nothing changed.
type personAct struct {
	kind   string
	data   map[string]string
	what   audit.What
	detail audit.Detail
	stays  bool // it cannot be taken back
}

// onPerson lets somebody who has a right do something with a person.
func (d *Desk) onPerson(ctx context.Context, see access.Sight, right access.Right, id hilft.PersonID, verb string, fn func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error)) (Did, error) {
	done := Did{Person: id}
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := people.Find(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := see.Demand(p.Brand, right, noSuchPerson); err != nil {
			return err
		}
		act, err := fn(ctx, tx, p)
		if err != nil {
			return err
		}
		done, err = d.didPerson(ctx, tx, see, p, act)
		return err
	})
	if err != nil {
		return Did{}, fmt.Errorf("desk: %s: %w", verb, err)
	}
	return done, nil
}

func (d *Desk) didPerson(ctx context.Context, tx *store.Tx, see access.Sight, p people.Person, act personAct) (done Did, err error) {
	done.Person = p.ID
	if act.kind == "" {
		return done, nil
	}
	if act.what != "" {
		if err := access.Trail(ctx, tx, act.what, p.Brand, string(p.ID), act.detail); err != nil {
			return done, err
		}
	}
	id, err := d.jobs.RecordOne(ctx, tx, jobs.Event{Kind: act.kind, Brand: p.Brand, Subject: string(p.ID), Agent: see.Agent, Data: act.data})
	if !act.stays {
		done.Act = id
	}
	return done, err
}

// UndoPerson takes back what somebody did with a person, by the Act that it was. NotFound: they did no such thing. Conflict
// (act.too_late): it is longer ago than ten minutes; (act.moved_on): something has happened since that it would undo too, or it was
// taken back before.
func (d *Desk) UndoPerson(ctx context.Context, see access.Sight, id hilft.PersonID, act int64) error {
	_, err := d.onPerson(ctx, see, access.Note, id, "undo", func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error) {
		e, err := jobs.EventOf(ctx, tx, act)
		if store.IsNoRows(err) || err == nil && (e.Case != "" || e.Subject != string(id) || e.Brand != p.Brand || e.Agent != see.Agent || see.Agent == "") {
			return personAct{}, hilft.Fail(hilft.NotFound, "act.not_found", nil)
		}
		if err != nil {
			return personAct{}, err
		}
		if tx.Now().Sub(e.At) > undoFor {
			return personAct{}, hilft.Fail(hilft.Conflict, "act.too_late", nil)
		}
		var was map[string]string
		if err := json.Unmarshal(e.Raw, &was); err != nil {
			return personAct{}, fmt.Errorf("event %d: %w", act, err)
		}
		what, ok, err := d.takeBackPerson(ctx, tx, see, p, e.Kind, was)
		if err != nil {
			return personAct{}, err
		}
		if !ok {
			return personAct{}, hilft.Fail(hilft.Conflict, "act.moved_on", nil)
		}
		return personAct{kind: hilft.EventPersonUndone, data: map[string]string{"act": e.Kind}, what: what, detail: audit.Detail{"undone": e.Kind}, stays: true}, nil
	})
	return err
}

// takeBackPerson makes it as it was before an act; false: it is not any more as the act has left it.
func (d *Desk) takeBackPerson(ctx context.Context, tx *store.Tx, see access.Sight, p people.Person, kind string, was map[string]string) (what audit.What, ok bool, err error) {
	switch kind {
	case hilft.EventLinkDecided:
		if err := see.Demand(p.Brand, access.Work, noSuchPerson); err != nil {
			return "", false, err
		}
		ok, err = decideAgain(ctx, tx, was, see.Agent)
		return audit.LinkUndone, ok, err
	case hilft.EventPersonNoted:
		n, err := people.FindNote(ctx, tx, hilft.NoteID(was["note"]))
		if hilft.KindOf(err) == hilft.NotFound {
			return "", false, nil
		}
		if err != nil {
			return "", false, err
		}
		version, _ := strconv.ParseInt(was["version"], 10, 64) // it is ours
		_, ok, err := n.Back(ctx, tx, version, see.Agent)
		return "", ok, err
	case hilft.EventPersonCompany:
		if now, err := people.CompanyOf(ctx, tx, p.ID); err != nil || string(now) != was["to"] {
			return "", false, err
		}
		ok, err = people.SpeakFor(ctx, tx, p, hilft.CompanyID(was["from"]))
		return audit.CompanySet, ok, err
	}
	return "", false, nil
}

// decideAgain gives links the state that they had before somebody decided about them.
func decideAgain(ctx context.Context, tx *store.Tx, was map[string]string, by hilft.AgentID) (bool, error) {
	from := people.LinkState(was["from"])
	if from == "" {
		from = people.Parted // there was none
	}
	for id := range strings.FieldsSeq(was["links"]) {
		l, err := people.FindLink(ctx, tx, hilft.LinkID(id))
		if err != nil || string(l.State) != was["to"] {
			return false, err
		}
		if err := people.Decide(ctx, tx, l, from, by); err != nil {
			return false, err
		}
	}
	return true, nil
}

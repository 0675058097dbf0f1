// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

var noSuchLink = hilft.Fail(hilft.NotFound, "link.not_found", nil)

// reasonMost is how long an agent's reason may be, in runes.
const reasonMost = 500

// AcceptLink says that two persons who were proposed are one human. Conflict (link.decided): somebody has decided already.
func (d *Desk) AcceptLink(ctx context.Context, see access.Sight, id hilft.LinkID) (Did, error) {
	return d.decideLink(ctx, see, id, people.Proposed, people.Linked, audit.PeopleLinked)
}

// DismissLink says that what was proposed is not so. It is not proposed again for the same evidence.
func (d *Desk) DismissLink(ctx context.Context, see access.Sight, id hilft.LinkID) (Did, error) {
	return d.decideLink(ctx, see, id, people.Proposed, people.Dismissed, audit.LinkDismissed)
}

// PartLink takes a link away, with all others between the same two: they are as they were, whatever was said meanwhile.
func (d *Desk) PartLink(ctx context.Context, see access.Sight, id hilft.LinkID) (Did, error) {
	return d.decideLink(ctx, see, id, people.Linked, people.Parted, audit.PeopleParted)
}

func (d *Desk) decideLink(ctx context.Context, see access.Sight, id hilft.LinkID, from, to people.LinkState, what audit.What) (Did, error) {
	var done Did
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		l, err := people.FindLink(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := see.Demand(l.Brand, access.Work, noSuchLink); err != nil {
			return err
		}
		if err := people.Turn(ctx, tx, l.Brand); err != nil {
			return err
		}
		if l, err = people.FindLink(ctx, tx, id); err != nil { // as whoever was before us has left it
			return err
		}
		if l.State == to {
			done = Did{Person: l.One}
			return nil
		}
		if l.State != from {
			return hilft.Fail(hilft.Conflict, "link.decided", nil)
		}
		links := []people.Link{l}
		if from == people.Linked {
			if links, err = people.Between(ctx, tx, l.One, l.Other, from); err != nil {
				return err
			}
		}
		var ids []string
		for _, l := range links {
			if err := people.Decide(ctx, tx, l, to, see.Agent); err != nil {
				return err
			}
			ids = append(ids, string(l.ID))
		}
		done, err = d.didPerson(ctx, tx, see, people.Person{ID: l.One, Brand: l.Brand}, personAct{
			kind: hilft.EventLinkDecided, data: map[string]string{"links": strings.Join(ids, " "), "from": string(from), "to": string(to)},
			what: what, detail: audit.Detail{"other": string(l.Other), "evidence": string(l.Kind)},
		})
		return err
	})
	if err != nil {
		return Did{}, fmt.Errorf("desk: link: %w", err)
	}
	return done, nil
}

// LinkPeople says that two persons are one human, because one of them has said so in a message, or for a reason that is told. Invalid
// names the field: with, message_id, reason. Conflict (link.already): they are one already.
func (d *Desk) LinkPeople(ctx context.Context, see access.Sight, id, with hilft.PersonID, by hilft.MessageID, reason string) (Did, error) {
	reason = strings.TrimSpace(clean(reason))
	l := people.Link{Kind: people.ByWord, Given: by, Reason: reason, State: people.Linked, Evidence: hilft.NewID(), MadeBy: see.Agent, DecidedBy: see.Agent}
	switch {
	case utf8.RuneCountInString(reason) > reasonMost:
		return Did{}, hilft.FailField(hilft.Invalid, "link.reason.long", "reason", nil)
	case by == "" && people.CleanName(reason) == "":
		return Did{}, hilft.FailField(hilft.Invalid, "link.reason.empty", "reason", nil)
	case by == "":
		l.Kind = people.ByAgent
	}
	return d.onPerson(ctx, see, access.Work, id, "link", func(ctx context.Context, tx *store.Tx, p people.Person) (personAct, error) {
		other, err := people.Find(ctx, tx, with)
		if hilft.KindOf(err) == hilft.NotFound || err == nil && (other.Brand != p.Brand || other.ID == p.ID) {
			return personAct{}, hilft.FailField(hilft.Invalid, "person.not_found", "with", nil)
		}
		if err != nil {
			return personAct{}, err
		}
		if err := people.Turn(ctx, tx, p.Brand); err != nil {
			return personAct{}, err
		}
		same, err := people.Same(ctx, tx, p.ID)
		if err != nil {
			return personAct{}, err
		}
		if slices.Contains(same, other.ID) {
			return personAct{}, hilft.Fail(hilft.Conflict, "link.already", nil)
		}
		if err := saidByEither(ctx, tx, p, other, by, same); err != nil {
			return personAct{}, err
		}
		l.Brand, l.One, l.Other, l.DecidedAt = p.Brand, p.ID, other.ID, tx.Now()
		l, _, err := people.Propose(ctx, tx, l)
		if err != nil {
			return personAct{}, err
		}
		if err := people.Decide(ctx, tx, l, people.Linked, see.Agent); err != nil {
			return personAct{}, err
		}
		return personAct{
			kind: hilft.EventLinkDecided, data: map[string]string{"links": string(l.ID), "from": "", "to": string(people.Linked)},
			what: audit.PeopleLinked, detail: audit.Detail{"other": string(other.ID), "evidence": string(l.Kind)},
		}, nil
	})
}

// saidByEither refuses a message that neither of two has said.
func saidByEither(ctx context.Context, tx *store.Tx, p, other people.Person, id hilft.MessageID, same []hilft.PersonID) error {
	if id == "" {
		return nil
	}
	also, err := people.Same(ctx, tx, other.ID)
	if err != nil {
		return err
	}
	where, list := store.In(tx, "i.person_id", texts(slices.Concat(same, also)))
	var one int
	err = tx.Row(ctx, `SELECT 1 FROM message m JOIN identity i ON i.id = m.identity_id WHERE m.id = ? AND m.brand_id = ? AND m.direction = 'inbound' AND m.deleted_at = 0 AND `+where,
		[]any{string(id), string(p.Brand), list}, &one)
	if store.IsNoRows(err) {
		return hilft.FailField(hilft.Invalid, "link.not_said", "message_id", nil)
	}
	return err
}

// AskCode makes a code for whoever speaks in a private conversation of a case, to be told to them there and said again by them where
// they are somebody else to us. Invalid: everybody can read that conversation, or it is not the case's.
func (d *Desk) AskCode(ctx context.Context, see access.Sight, id hilft.CaseID, talk hilft.ConversationID) (code people.Code, err error) {
	err = d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := oneCase(ctx, tx, see, id)
		if err == nil {
			err = see.Demand(c.Brand, access.Work, noSuchCase)
		}
		if err != nil {
			return err
		}
		all, err := caseConversations(ctx, tx, c)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(v Conversation) bool { return v.ID == talk })
		switch {
		case i < 0:
			return hilft.FailField(hilft.Invalid, "reply.no_conversation", "conversation_id", nil)
		case all[i].Visibility == hilft.Public:
			return hilft.FailField(hilft.Invalid, "link.code_public", "conversation_id", nil)
		}
		last, err := lastHeard(ctx, tx, c, all[i])
		if err != nil {
			return err
		}
		var who hilft.PersonID
		if err := tx.Row(ctx, `SELECT person_id FROM identity WHERE id = ?`, []any{string(last.Identity)}, &who); err != nil {
			return err
		}
		if err := access.Trail(ctx, tx, audit.CodeGiven, c.Brand, string(who), nil); err != nil {
			return err
		}
		code, err = people.GiveCode(ctx, tx, c.Brand, who, talk, see.Agent)
		return err
	})
	if err != nil {
		return people.Code{}, fmt.Errorf("desk: code: %w", err)
	}
	return code, nil
}

// keepsCode refuses to say in public what proves somebody in private.
func keepsCode(ctx context.Context, tx *store.Tx, v Conversation, text string) error {
	if v.Visibility != hilft.Public {
		return nil
	}
	live, err := people.LiveCodes(ctx, tx, v.Brand, people.CodesIn(text))
	if err == nil && len(live) > 0 {
		err = hilft.FailField(hilft.Invalid, "reply.code_public", "text", nil)
	}
	return err
}

// hint is a word that may show who somebody is.
type hint struct {
	identity hilft.IdentityID
	person   hilft.PersonID
	message  hilft.MessageID
	talk     hilft.ConversationID
	of       hilft.PersonID // whose case it is in
	address  string         // theirs, for which its home has vouched; empty: it has not
	from     string         // the address they write from
	token    bool           // they hold what we sent to somebody in this conversation
	codes    []string
}

// codeWithin is in how much of a text codes are looked for, in bytes.
const codeWithin = 20 << 10

// hintOf is what a word that was heard shows of who has said it; false: nothing.
func hintOf(h Heard, m Message, of hilft.PersonID) (hint, bool) {
	it := h.Item
	if it.From.Us || it.Auto || h.Identity.ID == "" {
		return hint{}, false
	}
	n := hint{identity: h.Identity.ID, person: h.Identity.Person, message: m.ID, talk: m.Conversation, of: of}
	if it.Visibility == hilft.Private && strings.Contains(it.From.ID, "@") && it.Genuine != "" && it.Genuine != channel.Doubtful {
		n.from = people.Address(it.From.ID)
		if it.Genuine == channel.Confirmed {
			n.address = n.from
		}
		n.token = it.Proven && of != n.person
	}
	n.codes = people.CodesIn(it.Text[:min(len(it.Text), codeWithin)])
	return n, n.address != "" || n.token || len(n.codes) > 0
}

// recognise proposes who may be one human, by what was heard.
func (t *table) recognise(ctx context.Context) error {
	var claims []people.Claim
	var links []people.Link
	for _, n := range t.hints {
		if n.address != "" {
			claims = append(claims, people.Claim{Identity: n.identity, Person: n.person, Address: n.address, How: people.ProvenByHome, Message: n.message})
		}
		if n.token {
			more, l, err := t.letterAnswered(ctx, n)
			if err != nil {
				return err
			}
			claims, links = append(claims, more...), append(links, l...)
		}
		l, err := t.codesSaid(ctx, n)
		if err != nil {
			return err
		}
		links = append(links, l...)
	}
	proven, err := people.Prove(ctx, t.tx, t.brand, claims)
	if err != nil {
		return err
	}
	var events []jobs.Event
	for _, l := range append(links, proven...) {
		events = append(events, jobs.Event{Kind: hilft.EventLinkProposed, Brand: t.brand, Subject: string(l.One), Data: map[string]string{"link": string(l.ID)}})
	}
	if len(events) == 0 {
		return nil
	}
	return t.jobs.Record(ctx, t.tx, events...)
}

// letterAnswered is what it shows that somebody has answered a letter that went to where the case's customer said they are reached: from
// that address, that it is both of theirs; from another one, that they hold what was sent there.
func (t *table) letterAnswered(ctx context.Context, n hint) (claims []people.Claim, links []people.Link, err error) {
	var letter hilft.MessageID
	var address string
	err = t.tx.Row(ctx, `SELECT l.id, o.address FROM message l JOIN onward o ON o.letter_id = l.id WHERE l.conversation_id = ? AND l.direction = 'outbound' ORDER BY l.at DESC LIMIT 1`,
		[]any{string(n.talk)}, &letter, &address)
	if store.IsNoRows(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("desk: recognise: %w", err)
	}
	var gave hilft.IdentityID
	err = t.tx.Row(ctx, `SELECT a.identity_id FROM identity i JOIN mail_address a ON a.identity_id = i.id WHERE i.person_id = ? AND a.address = ? LIMIT 1`, []any{string(n.of), address}, &gave)
	if err != nil && !store.IsNoRows(err) {
		return nil, nil, fmt.Errorf("desk: recognise: %w", err)
	}
	if err == nil && people.Address(address) == n.from {
		return []people.Claim{
			{Identity: gave, Person: n.of, Address: n.from, How: people.ProvenByLetter, Message: letter},
			{Identity: n.identity, Person: n.person, Address: n.from, How: people.ProvenByLetter, Message: n.message},
		}, nil, nil
	}
	l, isNew, err := people.Propose(ctx, t.tx, people.Link{
		Brand: t.brand, One: n.of, Other: n.person, Kind: people.ByLetter, Evidence: string(n.talk), State: people.Proposed, Given: letter, Back: n.message,
	})
	if isNew {
		links = []people.Link{l}
	}
	return nil, links, err
}

// codesSaid takes codes that somebody has said who was not given them.
func (t *table) codesSaid(ctx context.Context, n hint) (links []people.Link, err error) {
	live, err := people.LiveCodes(ctx, t.tx, t.brand, n.codes)
	if err != nil {
		return nil, err
	}
	for _, c := range live {
		var given hilft.MessageID
		err := t.tx.Row(ctx, `SELECT id FROM message WHERE conversation_id = ? AND direction = 'outbound' AND body LIKE ? ORDER BY at DESC LIMIT 1`, []any{string(c.Talk), "%" + c.Code + "%"}, &given)
		if err != nil && !store.IsNoRows(err) {
			return nil, fmt.Errorf("desk: recognise: %w", err)
		}
		l, isNew, err := people.Redeem(ctx, t.tx, t.brand, c, n.person, given, n.message)
		if err != nil {
			return nil, err
		}
		if isNew {
			links = append(links, l)
		}
	}
	return links, nil
}

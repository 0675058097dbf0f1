// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/people"
	"github.com/hilft/hilft/internal/store"
)

// Parted is a case after another came out of it.
type Parted struct {
	Acted      // the case as it was acted on, where it can be taken back
	New   Case // the one that came out of it
}

// splitMost is how many messages can be chosen at once.
const splitMost = 500

var noSplit = struct{ nothing, all error }{
	hilft.FailField(hilft.Invalid, "split.nothing", "messages", nil),
	hilft.FailField(hilft.Invalid, "split.all", "messages", nil),
}

// Split makes a case of its own of some messages of a case. What somebody says next goes on in the case of the last that was said: in
// private by whoever is in the conversation, in public by themselves. An empty title is that of the words. NotFound: one of the messages
// is not in the case. Invalid: there is nothing of a customer's among them (split.nothing), nothing would stay (split.all), or the title.
func (d *Desk) Split(ctx context.Context, see access.Sight, id hilft.CaseID, messages []hilft.MessageID, title string) (Parted, error) {
	var p Parted
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := d.toPart(ctx, tx, see, id)
		if err != nil {
			return err
		}
		chosen, person, err := chosenOf(ctx, tx, c, messages)
		if err != nil {
			return err
		}
		to, err := titled(title)
		if err != nil {
			return err
		}
		off := c.another(tx.Now())
		off.Person, off.Agent, off.SolvedAt, off.Priority = person, c.Agent, c.SolvedAt, c.Priority
		off.Title, off.Named = to, to != ""
		if p.New, err = openedBy(ctx, tx, off); err != nil {
			return err
		}
		if err := d.moveWords(ctx, tx, c, p.New, chosen); err != nil {
			return err
		}
		e := c.act(hilft.EventCaseSplit, see.Agent, map[string]string{"case": string(p.New.ID), "number": strconv.FormatInt(p.New.Number, 10)})
		for _, half := range []struct {
			into *Case
			id   hilft.CaseID
		}{{&p.Case, c.ID}, {&p.New, p.New.ID}} {
			now, err := caseForUpdate(ctx, tx, half.id)
			if err != nil {
				return err
			}
			if *half.into, err = d.settle(ctx, tx, now); err != nil {
				return err
			}
		}
		p.Acted, err = d.acted(ctx, tx, p.Case, e, p.New.openedFrom(c, hilft.EventCaseSplit, see))
		return err
	})
	if err != nil {
		return Parted{}, fmt.Errorf("desk: split: %w", err)
	}
	return p, nil
}

// Continue opens a case by hand that goes on from another, with its person. It is whose who opened it, and open until somebody answers.
// When the other is solved, its private conversations go on in the new one. An empty title is that of the other. Invalid: the title.
func (d *Desk) Continue(ctx context.Context, see access.Sight, id hilft.CaseID, title string) (Parted, error) {
	var p Parted
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := d.toPart(ctx, tx, see, id)
		if err != nil {
			return err
		}
		next := c.another(tx.Now())
		next.Agent, next.After, next.WokenAt, next.Named = see.Agent, c.ID, next.MadeAt, true
		if next.Title, err = titled(title); err != nil {
			return err
		}
		if next.Title == "" {
			next.Title = c.Title
		}
		if p.New, err = openedBy(ctx, tx, next); err != nil {
			return err
		}
		if c.State == hilft.Solved {
			if _, err := tx.Exec(ctx, `UPDATE conversation SET case_id = ? WHERE case_id = ? AND visibility = 'private'`, string(p.New.ID), string(c.ID)); err != nil {
				return err
			}
		}
		e := c.act(hilft.EventCaseContinued, see.Agent, map[string]string{"case": string(p.New.ID), "number": strconv.FormatInt(p.New.Number, 10)})
		if err := d.save(ctx, tx, c); err != nil {
			return err
		}
		p.Acted, err = d.acted(ctx, tx, c, e, p.New.openedFrom(c, hilft.EventCaseContinued, see))
		return err
	})
	if err != nil {
		return Parted{}, fmt.Errorf("desk: continue: %w", err)
	}
	return p, nil
}

// toPart reads a case out of which another will come, for whoever works on it, and keeps others from it and from where it is spoken of.
func (d *Desk) toPart(ctx context.Context, tx *store.Tx, see access.Sight, id hilft.CaseID) (Case, error) {
	c, err := oneCase(ctx, tx, see, id)
	if err == nil {
		err = see.Demand(c.Brand, access.Work, noSuchCase)
	}
	if err == nil {
		err = alonesIn(ctx, tx, id)
	}
	if err != nil {
		return Case{}, err
	}
	return caseForUpdate(ctx, tx, id)
}

// titled is a title as somebody gives it.
func titled(title string) (string, error) {
	to := people.CleanName(title)
	switch {
	case to == "" && title != "":
		return "", hilft.FailField(hilft.Invalid, "case.title.nothing", "title", nil)
	case utf8.RuneCountInString(to) > titleMost:
		return "", hilft.FailField(hilft.Invalid, "case.title.long", "title", nil)
	}
	return to, nil
}

// another is a new case of the same person, spoken of where this one was.
func (c Case) another(now time.Time) Case {
	at := c.next(now)
	return Case{
		ID: hilft.CaseID(hilft.NewID()), Brand: c.Brand, Person: c.Person, PersonName: c.PersonName, State: hilft.Open, Priority: hilft.Normal,
		Account: c.Account, Network: c.Network, Visibility: c.Visibility, MadeAt: at, ChangedAt: at,
	}
}

// openedBy writes down a case that somebody opened, and gives it its number.
func openedBy(ctx context.Context, tx *store.Tx, c Case) (Case, error) {
	numbers, err := nextNumbers(ctx, tx, 1)
	if err != nil {
		return Case{}, err
	}
	c.Number = numbers[0]
	if err := insertCases(ctx, tx, c); err != nil {
		return Case{}, err
	}
	c.read = c.standing()
	return c, nil
}

// openedFrom is that somebody opened a case out of another.
func (c Case) openedFrom(other Case, by string, see access.Sight) jobs.Event {
	return c.act(hilft.EventCaseOpened, see.Agent, map[string]string{"by": by, "from": string(other.ID), "number": strconv.FormatInt(other.Number, 10)})
}

// part is a message that is chosen to go.
type part struct {
	id           hilft.MessageID
	conversation hilft.ConversationID
	direction    hilft.Direction
	person       hilft.PersonID
}

// chosenOf reads the messages of a case that are to go, and whose they are: the first customer's among them.
func chosenOf(ctx context.Context, tx *store.Tx, c Case, messages []hilft.MessageID) (all []part, person hilft.PersonID, err error) {
	slices.Sort(messages)
	messages = slices.Compact(messages)
	if len(messages) == 0 || len(messages) > splitMost {
		return nil, "", noSplit.nothing
	}
	where, list := store.In(tx, "m.id", texts(messages))
	all, err = store.All(ctx, tx, `SELECT m.id, m.conversation_id, m.direction, COALESCE(i.person_id, '') FROM message m LEFT JOIN identity i ON i.id = m.identity_id WHERE m.case_id = ? AND `+where+` ORDER BY m.at, m.id`,
		[]any{string(c.ID), list}, func(scan func(into ...any) error, p *part) error {
			return scan(&p.id, &p.conversation, &p.direction, &p.person)
		})
	if err != nil {
		return nil, "", fmt.Errorf("desk: split: %w", err)
	}
	if len(all) != len(messages) {
		return nil, "", noSuchMessage
	}
	i := slices.IndexFunc(all, func(p part) bool { return p.direction == hilft.Inbound })
	if i < 0 {
		return nil, "", noSplit.nothing
	}
	not, list := store.In(tx, "id", texts(messages))
	var stays int
	switch err := tx.Row(ctx, `SELECT 1 FROM message WHERE case_id = ? AND direction <> 'note' AND auto = 0 AND NOT (`+not+`) LIMIT 1`, []any{string(c.ID), list}, &stays); {
	case store.IsNoRows(err):
		return nil, "", noSplit.all
	case err != nil:
		return nil, "", fmt.Errorf("desk: split: %w", err)
	}
	return all, all[i].person, nil
}

// moveWords moves messages from one case to another, and lets conversations go on there whose last word went, or of which nothing stays.
func (d *Desk) moveWords(ctx context.Context, tx *store.Tx, from, to Case, chosen []part) error {
	ids := make([]hilft.MessageID, len(chosen))
	var talks []hilft.ConversationID
	for i, p := range chosen {
		ids[i] = p.id
		if p.conversation != "" && !slices.Contains(talks, p.conversation) {
			talks = append(talks, p.conversation)
		}
	}
	where, list := store.In(tx, "id", texts(ids))
	if _, err := tx.Exec(ctx, `UPDATE message SET case_id = ? WHERE `+where, string(to.ID), list); err != nil {
		return fmt.Errorf("desk: split: %w", err)
	}
	slices.Sort(talks)
	for _, id := range talks {
		q := `UPDATE conversation SET case_id = ? WHERE id = ? AND case_id = ? AND (NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = conversation.id AND m.case_id = ?)
			OR visibility = 'private' AND ? = (SELECT m.case_id FROM message m WHERE m.conversation_id = conversation.id AND m.case_id IN (?, ?) AND m.direction = 'inbound' ORDER BY m.at DESC, m.id DESC LIMIT 1))`
		if _, err := tx.Exec(ctx, q, string(to.ID), string(id), string(from.ID), string(from.ID), string(to.ID), string(to.ID), string(from.ID)); err != nil {
			return fmt.Errorf("desk: split: %w", err)
		}
		// What we said there with another tool goes with what it answers.
		if err := d.answeredAnew(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// answeredAnew looks whom our words in a public conversation answer that were written with another tool.
func (d *Desk) answeredAnew(ctx context.Context, tx *store.Tx, id hilft.ConversationID) error {
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM message WHERE conversation_id = ? AND direction = 'outbound' AND agent_id = '' AND visibility = 'public' LIMIT 1`, []any{string(id)}, &one)
	if store.IsNoRows(err) {
		return nil
	}
	if err == nil {
		_, err = d.answered(ctx, tx, Conversation{ID: id}, Message{})
	}
	return err
}

// rejoin takes back that a case came out of another: all that is in it goes back there. Conflict (act.moved_on): it has gone into
// another meanwhile, or somebody else has worked on it.
func (d *Desk) rejoin(ctx context.Context, tx *store.Tx, see access.Sight, e jobs.Event, was map[string]string) (Case, error) {
	off, c, err := pairFor(ctx, tx, see, hilft.CaseID(was["case"]), e.Case)
	if err != nil {
		return Case{}, err
	}
	var one int
	err = tx.Row(ctx, `SELECT 1 FROM event WHERE case_id = ? AND case_id <> '' AND agent_id NOT IN ('', ?) LIMIT 1`, []any{string(off.ID), string(see.Agent)}, &one)
	switch {
	case err == nil, off.State == hilft.Merged, c.State == hilft.Merged:
		return Case{}, hilft.Fail(hilft.Conflict, "act.moved_on", nil)
	case !store.IsNoRows(err):
		return Case{}, err
	}
	if err := gather(ctx, tx, "", c.ID, off.ID); err != nil {
		return Case{}, err
	}
	c.ChangedAt = latest(c.ChangedAt, off.ChangedAt)
	if c, err = d.settle(ctx, tx, c); err != nil {
		return Case{}, err
	}
	if err := saveCases(ctx, tx, off.gone(c)); err != nil {
		return Case{}, err
	}
	return c, d.jobs.Record(ctx, tx, off.merged(c, see.Agent), undone(c, e.Kind, see, was))
}

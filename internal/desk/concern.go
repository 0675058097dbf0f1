// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// concern finds the case that an item is about, or opens it. opened tells that it is new. For what we said ourselves
// where nobody wants anything, and in public, there is none yet: whom it answers is looked at when it is written down.
//
// In a private conversation everything is about the conversation's case. In public everybody has a concern of their
// own, whoever's thread it is.
func (t *table) concern(ctx context.Context, h Heard, v *talk) (s *seat, opened bool, err error) {
	id := v.Case
	if h.Item.From.Us {
		if v.Visibility == hilft.Public || id == "" {
			return nil, false, nil
		}
		s, err = t.seat(ctx, id)
		return s, false, err
	}
	if v.Visibility == hilft.Public {
		in := speaker{v.ID, h.Identity.Person}
		if v.fresh {
			inVain(t.latest, []speaker{in})
		} else if err := t.await(ctx, t.readLatest(ctx, []speaker{in})); err != nil {
			return nil, false, err
		}
		id = t.latest[in].about
	}
	if id, err = t.caseElsewhere(ctx, h, v.ID, id); err != nil {
		return nil, false, err
	}
	if id != "" {
		if s, err = t.seat(ctx, id); err != nil {
			return nil, false, err
		}
		opened = s.State == hilft.Solved && t.tx.Now().Sub(s.SolvedAt) > reopenWithin
	}
	if opened {
		after := s.ID
		s = t.openCase(h)
		s.After = after
		t.events = append(t.events, jobs.Event{Kind: hilft.EventCaseContinued, Brand: s.Brand, Case: after, Subject: string(after), Data: map[string]string{"case": string(s.ID)}})
	} else if s == nil {
		s, opened = t.openCase(h), true
	}
	s, err = t.take(ctx, v.ID, s)
	return s, opened, err
}

// take makes a case the conversation's own. A private one brings the words in it that belonged to none.
func (t *table) take(ctx context.Context, in hilft.ConversationID, s *seat) (*seat, error) {
	v, err := t.again(ctx, in)
	if err != nil || v.Case == s.ID || v.Case != "" && v.Visibility == hilft.Public {
		return s, err
	}
	spoken := !v.fresh || slices.ContainsFunc(t.written, func(m Message) bool { return m.Conversation == v.ID })
	brings := v.Visibility == hilft.Private && v.Case == "" && spoken
	v.Case, v.changed = s.ID, true
	if !brings {
		return s, nil
	}
	if err := t.aside(ctx, func() error { return t.adopt(ctx, t.tx, v.Conversation, s.ID) }); err != nil {
		return nil, err
	}
	return t.seat(ctx, s.ID)
}

// caseElsewhere finds the concern that a conversation goes on with, where it has none yet: the one of this person whose
// message it answers in the other room, or that answers it from there (post, then direct message, in whatever order they
// are reported); else, where threads are no concerns of their own, the one case that this person has open on this
// account, when one room follows the other. A conversation that has a case becomes one with those it answers.
func (t *table) caseElsewhere(ctx context.Context, h Heard, in hilft.ConversationID, have hilft.CaseID) (hilft.CaseID, error) {
	linked, err := t.linked(ctx, h)
	if err != nil {
		return "", err
	}
	for _, id := range linked {
		if have == "" || have == id {
			have = id
			continue
		}
		v, err := t.again(ctx, in)
		if err != nil {
			return "", err
		}
		var stays hilft.CaseID
		err = t.aside(ctx, func() (err error) {
			stays, err = t.absorb(ctx, t.tx, &v.Conversation, have, id)
			return err
		})
		if err != nil {
			return "", err
		}
		have = cmp.Or(stays, have)
	}
	if have != "" || h.ThreadIsConcern {
		return have, nil
	}
	person := h.Identity.Person
	if err := t.await(ctx, t.readOpen(ctx, []hilft.PersonID{person})); err != nil {
		return "", err
	}
	open := t.open[person]
	if len(open) != 1 || h.Item.Visibility == hilft.Public && open[0].public {
		return "", nil
	}
	return open[0].id, nil
}

// openOnes reads the open cases of people on an account, of each at most so many, some time before the next Flush is
// over.
func openOnes(ctx context.Context, tx *store.Tx, brand hilft.BrandID, acc hilft.AccountID, people []hilft.PersonID, most int, into map[hilft.PersonID][]openOne) error {
	args := make([][]any, len(people))
	for i, p := range people {
		args[i] = []any{string(p), string(brand), string(acc)}
	}
	err := tx.DeferMany(ctx, `SELECT c.id, CASE WHEN EXISTS (SELECT 1 FROM message m WHERE m.case_id = c.id AND m.direction = 'inbound' AND m.visibility = 'public') THEN 1 ELSE 0 END
		FROM cases c WHERE c.person_id = ? AND c.brand_id = ? AND c.account_id = ? AND c.state NOT IN ('solved', 'merged') ORDER BY c.id LIMIT `+strconv.Itoa(most), args,
		func(i int, scan func(into ...any) error) error {
			var o openOne
			var public int
			err := scan(&o.id, &public)
			o.public = public == 1
			into[people[i]] = append(into[people[i]], o)
			return err
		})
	if err != nil {
		return fmt.Errorf("desk: concern: %w", err)
	}
	return nil
}

// openOne is an open case, and whether its person has spoken in public about it.
type openOne struct {
	id     hilft.CaseID
	public bool
}

// linked are the cases of an item's author in the other room that the item answers, or that answer it.
func (t *table) linked(ctx context.Context, h Heard) (all []hilft.CaseID, err error) {
	add := func(id hilft.CaseID) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	asked := h.asked()
	if err := t.await(ctx, t.readMessages(ctx, asked, h.SenderIDs)); err != nil {
		return nil, err
	}
	for _, ref := range asked {
		if k := t.messages[ref]; k != nil && k.visibility != h.Item.Visibility && k.person == h.Identity.Person {
			add(k.in)
		}
	}
	if h.Item.Visibility == hilft.Private {
		return all, nil
	}
	v, err := t.conversation(ctx, h.answeredFrom())
	if err != nil || v == nil || v.Case == "" {
		return all, err
	}
	s, err := t.seat(ctx, v.Case)
	if err == nil && s.Person == h.Identity.Person {
		add(v.Case)
	}
	return all, err
}

// asked are the messages that an item answers.
func (h Heard) asked() []string {
	return slices.DeleteFunc(slices.Clone(h.Item.Refs[:min(len(h.Item.Refs), refsMost)]), func(r string) bool { return r == "" })
}

// answeredFrom is where it is known that an item's author has answered it in private.
func (h Heard) answeredFrom() place {
	return place{hilft.Private, ownRef(h.Identity.Person, messageRef(h.Item.ID))}
}

// openCase opens a case; it is settled with the word that it is opened for.
func (t *table) openCase(h Heard) *seat {
	s := &seat{fresh: true, Case: Case{
		ID: hilft.CaseID(hilft.NewID()), Brand: h.Brand, Person: h.Identity.Person, Title: titleOf(h.Item.Subject, cmp.Or(h.Item.Warning, h.Item.Text)),
		State: hilft.Open, Account: h.Account, Network: h.Network, Visibility: h.Item.Visibility, MadeAt: t.tx.Now(), ChangedAt: t.tx.Now(),
	}}
	t.seats[s.ID] = s
	return s
}

func insertCases(ctx context.Context, tx *store.Tx, all ...Case) error {
	rows := make([][]any, len(all))
	for i, c := range all {
		rows[i] = []any{
			string(c.ID), c.Number, string(c.Brand), string(c.Person), c.Title, string(c.State), string(c.Agent), string(c.Account), c.Network, string(c.Visibility), c.Preview, "",
			store.Micros(c.WaitsSince), store.Micros(c.DueAt), store.Bit(c.Answered), c.Trouble, c.Rank(), store.Micros(c.ChangedAt), store.Micros(c.MadeAt), store.Micros(c.SolvedAt), store.Micros(c.lastAt), store.Micros(c.alarmAt), int(c.Late), store.Micros(c.toldAt), string(cmp.Or(c.Priority, hilft.Normal)),
			store.Bit(c.Named), store.Micros(c.WokenAt), string(c.After),
		}
	}
	err := tx.Insert(ctx, `INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language,
		waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at, last_at, alarm_at, late, told_at, priority, named, woken_at, after_id)`, rows, "")
	if err != nil {
		return fmt.Errorf("desk: open case: %w", err)
	}
	for _, c := range all {
		tallyOf(tx).moves(c, c.standing())
	}
	return nil
}

// nextNumbers are the numbers of the next cases, ascending.
func nextNumbers(ctx context.Context, tx *store.Tx, n int) ([]int64, error) {
	if n == 0 {
		return nil, nil
	}
	q := `UPDATE case_number SET last = last + ? RETURNING last`
	if tx.Dialect() == store.Postgres {
		q = `SELECT nextval('case_number') FROM generate_series(1, CAST(? AS INTEGER))`
	}
	numbers, err := store.All(ctx, tx, q, []any{n}, func(scan func(into ...any) error, n *int64) error { return scan(n) })
	if err != nil {
		return nil, fmt.Errorf("desk: number: %w", err)
	}
	for len(numbers) < n { // SQLite tells the last
		numbers = slices.Insert(numbers, 0, numbers[0]-1)
	}
	return numbers, nil
}

// titleMost is how long a case's title may be, in runes.
const titleMost = 80

// titleOf is what a case is called until somebody knows better: the subject, or how the first word begins.
func titleOf(subject, text string) string {
	if s := preview(subject); s != "" {
		text = s
	}
	title := preview(text)
	if i := strings.IndexAny(title, ".!?"); i > 20 && i < titleMost && (i+1 == len(title) || title[i+1] == ' ') {
		title = title[:i+1]
	}
	if r := []rune(title); len(r) > titleMost {
		cut := string(r[:titleMost-1])
		if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
			cut = cut[:i]
		}
		return cut + "…"
	}
	return title
}

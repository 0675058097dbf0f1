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
	"github.com/hilft/hilft/internal/store"
)

// concern finds the case that an item is about, or opens it. opened tells that it is new. For what we said ourselves
// where nobody wants anything, and in public, there is none yet: whom it answers is looked at when it is written down.
//
// In a private conversation everything is about the conversation's case. In public everybody has a concern of their
// own, whoever's thread it is.
func (d *Desk) concern(ctx context.Context, tx *store.Tx, h Heard, v *Conversation) (c Case, opened bool, err error) {
	id := v.Case
	if v.Visibility == hilft.Public {
		id = ""
		if !h.Item.From.Us {
			id, err = caseOfPersonIn(ctx, tx, *v, h.Identity.Person)
		}
	}
	if err == nil && !h.Item.From.Us {
		id, err = d.caseElsewhere(ctx, tx, h, v, id)
	}
	if err != nil {
		return Case{}, false, err
	}
	if id != "" {
		c, err = caseForUpdate(ctx, tx, h.Brand, id)
		if err != nil || h.Item.From.Us {
			return c, false, err
		}
		if c.State != hilft.Solved || tx.Now().Sub(c.SolvedAt) <= reopenWithin {
			return c, false, d.take(ctx, tx, v, c.ID)
		}
	}
	if h.Item.From.Us {
		return Case{}, false, nil
	}
	if c, err = d.openCase(ctx, tx, h, *v); err != nil {
		return Case{}, false, err
	}
	return c, true, d.take(ctx, tx, v, c.ID)
}

// take makes a case the conversation's own. A private one brings the words in it that belonged to none.
func (d *Desk) take(ctx context.Context, tx *store.Tx, v *Conversation, c hilft.CaseID) error {
	if v.Case == c || v.Case != "" && v.Visibility == hilft.Public {
		return nil
	}
	v.Case = c
	if err := saveConversation(ctx, tx, *v); err != nil || v.Visibility == hilft.Public {
		return err
	}
	return d.adopt(ctx, tx, *v, c)
}

// caseOfPersonIn finds the latest concern of a person in a public conversation.
func caseOfPersonIn(ctx context.Context, tx *store.Tx, v Conversation, p hilft.PersonID) (hilft.CaseID, error) {
	var id hilft.CaseID
	err := tx.Row(ctx, `SELECT c.id FROM message m JOIN cases c ON c.id = m.case_id WHERE m.conversation_id = ? AND c.person_id = ? ORDER BY m.at DESC, m.id DESC LIMIT 1`,
		[]any{string(v.ID), string(p)}, &id)
	if store.IsNoRows(err) {
		return "", nil
	}
	return id, err
}

// caseElsewhere finds the concern that a conversation goes on with, where it has none yet: the one of this person whose
// message it answers in the other room, or that answers it from there (post, then direct message, in whatever order they
// are reported); else, where threads are no concerns of their own, the one case that this person has open on this
// account, when one room follows the other. A conversation that has a case becomes one with those it answers.
func (d *Desk) caseElsewhere(ctx context.Context, tx *store.Tx, h Heard, v *Conversation, have hilft.CaseID) (hilft.CaseID, error) {
	linked, err := casesLinked(ctx, tx, h)
	if err != nil {
		return "", err
	}
	for _, id := range linked {
		if have == "" || have == id {
			have = id
			continue
		}
		stays, err := d.absorb(ctx, tx, v, have, id)
		if err != nil {
			return "", err
		}
		have = cmp.Or(stays, have)
	}
	if have != "" || h.ThreadIsConcern {
		return have, nil
	}
	open, err := openOnes(ctx, tx, h.Brand, h.Account, h.Identity.Person, 2)
	if err != nil || len(open) != 1 || h.Item.Visibility == hilft.Public && open[0].public {
		return "", err
	}
	return open[0].id, nil
}

// openOnes are the open cases of a person on an account, at most so many.
func openOnes(ctx context.Context, tx *store.Tx, brand hilft.BrandID, acc hilft.AccountID, p hilft.PersonID, most int) ([]openOne, error) {
	open, err := store.All(ctx, tx, `SELECT c.id, CASE WHEN EXISTS (SELECT 1 FROM message m WHERE m.case_id = c.id AND m.direction = 'inbound' AND m.visibility = 'public') THEN 1 ELSE 0 END
		FROM cases c WHERE c.person_id = ? AND c.brand_id = ? AND c.account_id = ? AND c.state <> ? ORDER BY c.id LIMIT `+strconv.Itoa(most),
		[]any{string(p), string(brand), string(acc), string(hilft.Solved)},
		func(scan func(into ...any) error, o *openOne) error {
			var public int
			err := scan(&o.id, &public)
			o.public = public == 1
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("desk: concern: %w", err)
	}
	return open, nil
}

// openOne is an open case, and whether its person has spoken in public about it.
type openOne struct {
	id     hilft.CaseID
	public bool
}

// casesLinked are the cases of an item's author in the other room that the item answers, or that answer it.
func casesLinked(ctx context.Context, tx *store.Tx, h Heard) (all []hilft.CaseID, err error) {
	scan := func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) }
	add := func(ids []hilft.CaseID) {
		for _, id := range ids {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	for _, ref := range h.Item.Refs[:min(len(h.Item.Refs), refsMost)] {
		ids, err := store.All(ctx, tx, `SELECT c.id FROM message m JOIN cases c ON c.id = m.case_id WHERE m.account_id = ? AND m.remote_id = ? AND m.remote_id <> '' AND m.visibility <> ? AND c.person_id = ?`,
			[]any{string(h.Account), ref, string(h.Item.Visibility), string(h.Identity.Person)}, scan)
		if err != nil {
			return nil, fmt.Errorf("desk: concern: %w", err)
		}
		add(ids)
	}
	if h.Item.Visibility == hilft.Public {
		ids, err := store.All(ctx, tx, `SELECT c.id FROM conversation_ref r JOIN conversation v ON v.id = r.conversation_id JOIN cases c ON c.id = v.case_id
			WHERE r.account_id = ? AND r.visibility = ? AND r.ref = ? AND c.person_id = ?`,
			[]any{string(h.Account), string(hilft.Private), ownRefs(h.Identity.Person, []string{h.Item.ID})[0], string(h.Identity.Person)}, scan)
		if err != nil {
			return nil, fmt.Errorf("desk: concern: %w", err)
		}
		add(ids)
	}
	return all, nil
}

func (d *Desk) openCase(ctx context.Context, tx *store.Tx, h Heard, v Conversation) (Case, error) {
	c := Case{
		ID: hilft.CaseID(hilft.NewID()), Brand: h.Brand, Person: h.Identity.Person, Title: titleOf(h.Item.Subject, h.Item.Text),
		State: hilft.Open, Account: h.Account, Network: h.Network, Visibility: v.Visibility, MadeAt: tx.Now(), ChangedAt: tx.Now(),
	}
	var err error
	if c.Number, err = nextNumber(ctx, tx); err != nil {
		return Case{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO cases (id, number, brand_id, person_id, title, state, agent_id, account_id, network, visibility, preview, language,
			waits_since, due_at, answered, trouble, rank, changed_at, made_at, solved_at) VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, '', '', 0, 0, 0, 0, ?, ?, ?, 0)`,
		string(c.ID), c.Number, string(c.Brand), string(c.Person), c.Title, string(c.State), string(c.Account), c.Network, string(c.Visibility),
		rank(c), store.Micros(c.ChangedAt), store.Micros(c.MadeAt))
	if err != nil {
		return Case{}, fmt.Errorf("desk: open case: %w", err)
	}
	return c, nil
}

func nextNumber(ctx context.Context, tx *store.Tx) (n int64, err error) {
	q := `UPDATE case_number SET last = last + 1 RETURNING last`
	if tx.Dialect() == store.Postgres {
		q = `SELECT nextval('case_number')`
	}
	if err := tx.Row(ctx, q, nil, &n); err != nil {
		return 0, fmt.Errorf("desk: number: %w", err)
	}
	return n, nil
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

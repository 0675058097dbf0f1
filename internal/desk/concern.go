// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// concern finds the case that an item is about, or opens it. opened tells that it is new. For what we said ourselves
// where nobody wants anything there is none.
//
// In a private conversation everything is about the conversation's case. In public everybody has a concern of their
// own, whoever's thread it is.
func (d *Desk) concern(ctx context.Context, tx *store.Tx, h Heard, v Conversation) (c Case, opened bool, err error) {
	id := v.Case
	switch {
	case h.Item.From.Us:
		id, err = caseAnswered(ctx, tx, h, v)
	case v.Visibility == hilft.Public:
		id, err = caseOfPersonIn(ctx, tx, v, h.Identity.Person)
	}
	if err == nil && id == "" && !h.Item.From.Us {
		id, err = caseElsewhere(ctx, tx, h)
	}
	if err != nil {
		return Case{}, false, err
	}
	if id != "" {
		c, err = caseForUpdate(ctx, tx, h.Brand, id)
		if err != nil {
			return Case{}, false, err
		}
		if h.Item.From.Us || c.State != hilft.Solved || tx.Now().Sub(c.SolvedAt) <= reopenWithin {
			return c, false, take(ctx, tx, v, c.ID)
		}
	}
	if h.Item.From.Us {
		return Case{}, false, nil
	}
	c, err = d.openCase(ctx, tx, h, v)
	if err != nil {
		return Case{}, false, err
	}
	return c, true, take(ctx, tx, v, c.ID)
}

// take makes a case the conversation's own, with the words in it that belonged to none.
func take(ctx context.Context, tx *store.Tx, v Conversation, c hilft.CaseID) error {
	if v.Case == c || v.Case != "" && v.Visibility == hilft.Public {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE conversation SET case_id = ? WHERE id = ?`, string(c), string(v.ID)); err != nil {
		return fmt.Errorf("desk: take: %w", err)
	}
	return adopt(ctx, tx, v, c)
}

// caseAnswered finds whose concern a word of ours answers.
func caseAnswered(ctx context.Context, tx *store.Tx, h Heard, v Conversation) (hilft.CaseID, error) {
	for _, ref := range h.Item.Refs {
		var id hilft.CaseID
		err := tx.Row(ctx, `SELECT case_id FROM message WHERE account_id = ? AND remote_id = ?`, []any{string(h.Account), ref}, &id)
		if err == nil && id != "" {
			return id, nil
		}
		if err != nil && !store.IsNoRows(err) {
			return "", err
		}
	}
	return v.Case, nil
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

// caseElsewhere finds the concern that a new conversation goes on with: the one whose message it answers in the other
// room (post, then direct message), or, where threads are no concerns of their own, the one case that this person has
// open on this account when they turn from public to private.
func caseElsewhere(ctx context.Context, tx *store.Tx, h Heard) (hilft.CaseID, error) {
	for _, ref := range h.Item.Refs {
		var id hilft.CaseID
		err := tx.Row(ctx, `SELECT c.id FROM message m JOIN cases c ON c.id = m.case_id WHERE m.account_id = ? AND m.remote_id = ? AND m.visibility <> ? AND c.person_id = ?`,
			[]any{string(h.Account), ref, string(h.Item.Visibility), string(h.Identity.Person)}, &id)
		if err == nil || !store.IsNoRows(err) {
			return id, err
		}
	}
	if h.ThreadIsConcern || h.Item.Visibility != hilft.Private {
		return "", nil
	}
	open, err := store.All(ctx, tx, `SELECT id FROM cases WHERE person_id = ? AND brand_id = ? AND account_id = ? AND state <> ? ORDER BY id LIMIT 2`,
		[]any{string(h.Identity.Person), string(h.Brand), string(h.Account), string(hilft.Solved)},
		func(scan func(into ...any) error, id *hilft.CaseID) error { return scan(id) })
	if err != nil || len(open) != 1 {
		return "", err
	}
	return open[0], nil
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

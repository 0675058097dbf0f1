// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// refsMost bounds by how many earlier messages a conversation is looked for.
const refsMost = 32

// conversation finds the remote thread that an item belongs to, or begins it. Networks without thread ids tell threads
// by which message answers which, in any order; so every id that an item names leads to its conversation from then on,
// and an item that names ids of two conversations shows that they are one.
func (d *Desk) conversation(ctx context.Context, tx *store.Tx, h Heard) (Conversation, error) {
	refs := refsOf(h)
	found, err := conversationsByRef(ctx, tx, h.Account, h.Item.Visibility, refs)
	if err != nil {
		return Conversation{}, err
	}
	found = slices.DeleteFunc(found, func(v Conversation) bool { return !mayJoin(h, v) })
	var v Conversation
	switch len(found) {
	case 0:
		if v, err = beginConversation(ctx, tx, h); err != nil {
			return Conversation{}, err
		}
	default:
		v = found[0]
		for _, other := range found[1:] {
			if err := d.unite(ctx, tx, &v, other); err != nil {
				return Conversation{}, err
			}
		}
	}
	if v.Person == "" && !h.Item.From.Us { // we spoke first; now somebody answers
		v.Person = h.Identity.Person
		if _, err := tx.Exec(ctx, `UPDATE conversation SET person_id = ? WHERE id = ?`, string(v.Person), string(v.ID)); err != nil {
			return Conversation{}, fmt.Errorf("desk: conversation: %w", err)
		}
	}
	return v, addRefs(ctx, tx, v, refs)
}

// refsOf lists the ids by which an item's conversation may be known: its thread, itself, and what it answers.
func refsOf(h Heard) []string {
	refs := []string{h.Item.ID}
	if h.Item.Thread != "" {
		refs = append(refs, threadRef(h.Item.Thread))
	}
	for _, r := range h.Item.Refs {
		if r != "" && !slices.Contains(refs, r) && len(refs) < refsMost {
			refs = append(refs, r)
		}
	}
	return refs
}

// threadRef keeps ids of threads apart from ids of messages: a network may number both alike.
func threadRef(thread string) string { return "thread:" + thread }

// mayJoin keeps strangers out of private conversations: to name the id of somebody's message proves nothing.
func mayJoin(h Heard, v Conversation) bool {
	return v.Visibility == hilft.Public || h.Item.From.Us || h.Item.Proven || v.Person == "" || v.Person == h.Identity.Person
}

const conversationColumns = `SELECT id, brand_id, account_id, network, thread, visibility, person_id, case_id, subject, url, made_at FROM conversation `

func scanConversation(scan func(into ...any) error, v *Conversation) error {
	var made int64
	err := scan(&v.ID, &v.Brand, &v.Account, &v.Network, &v.Thread, &v.Visibility, &v.Person, &v.Case, &v.Subject, &v.URL, &made)
	v.MadeAt = store.Time(made)
	return err
}

// conversationsByRef finds the conversations known by any of these ids, the oldest first.
func conversationsByRef(ctx context.Context, tx *store.Tx, acc hilft.AccountID, vis hilft.Visibility, refs []string) ([]Conversation, error) {
	var found []Conversation
	for _, ref := range refs {
		v, err := store.All(ctx, tx, conversationColumns+`WHERE id = (SELECT conversation_id FROM conversation_ref WHERE account_id = ? AND visibility = ? AND ref = ?)`,
			[]any{string(acc), string(vis), ref}, scanConversation)
		if err != nil {
			return nil, fmt.Errorf("desk: conversation: %w", err)
		}
		if len(v) == 1 && !slices.ContainsFunc(found, func(f Conversation) bool { return f.ID == v[0].ID }) {
			found = append(found, v[0])
		}
	}
	slices.SortFunc(found, func(a, b Conversation) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

func beginConversation(ctx context.Context, tx *store.Tx, h Heard) (Conversation, error) {
	v := Conversation{
		ID: hilft.ConversationID(hilft.NewID()), Brand: h.Brand, Account: h.Account, Network: h.Network, Thread: h.Item.Thread,
		Visibility: h.Item.Visibility, Subject: h.Item.Subject, URL: h.Item.URL, MadeAt: tx.Now(),
	}
	if !h.Item.From.Us {
		v.Person = h.Identity.Person
	}
	return v, insertConversation(ctx, tx, v)
}

func insertConversation(ctx context.Context, tx *store.Tx, v Conversation) error {
	_, err := tx.Exec(ctx, `INSERT INTO conversation (id, brand_id, account_id, network, thread, visibility, person_id, case_id, subject, url, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(v.ID), string(v.Brand), string(v.Account), v.Network, v.Thread, string(v.Visibility), string(v.Person), string(v.Case), v.Subject, v.URL, store.Micros(v.MadeAt))
	if err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	return nil
}

// addRefs lets every id lead to the conversation. An id that leads elsewhere already stays there: it was named by
// somebody who may not join what it leads to.
func addRefs(ctx context.Context, tx *store.Tx, v Conversation, refs []string) error {
	for _, ref := range refs {
		if _, err := tx.Exec(ctx, `INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(v.Account), string(v.Visibility), ref, string(v.ID)); err != nil {
			return fmt.Errorf("desk: conversation: %w", err)
		}
	}
	return nil
}

// unite makes two conversations one when an item shows that they always were. Their cases become one too where they are
// one person's and nobody has worked on the other yet.
func (d *Desk) unite(ctx context.Context, tx *store.Tx, v *Conversation, other Conversation) error {
	for _, q := range []string{
		`UPDATE message SET conversation_id = ? WHERE conversation_id = ?`,
		`UPDATE conversation_ref SET conversation_id = ? WHERE conversation_id = ?`,
	} {
		if _, err := tx.Exec(ctx, q, string(v.ID), string(other.ID)); err != nil {
			return fmt.Errorf("desk: unite: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM conversation WHERE id = ?`, string(other.ID)); err != nil {
		return fmt.Errorf("desk: unite: %w", err)
	}
	if other.Person != "" && v.Person == "" {
		v.Person = other.Person
	}
	switch {
	case v.Case == "" && other.Case != "":
		v.Case = other.Case
		if err := adopt(ctx, tx, *v, other.Case); err != nil {
			return err
		}
	case v.Case != "" && other.Case == "":
		if err := adopt(ctx, tx, *v, v.Case); err != nil {
			return err
		}
	case v.Case != other.Case:
		if err := d.absorb(ctx, tx, v.Brand, v.Case, other.Case); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE conversation SET person_id = ?, case_id = ? WHERE id = ?`, string(v.Person), string(v.Case), string(v.ID))
	return err
}

// adopt gives the words of a conversation that belonged to no case to one.
func adopt(ctx context.Context, tx *store.Tx, v Conversation, c hilft.CaseID) error {
	_, err := tx.Exec(ctx, `UPDATE message SET case_id = ? WHERE conversation_id = ? AND case_id = ''`, string(c), string(v.ID))
	if err != nil {
		return fmt.Errorf("desk: adopt: %w", err)
	}
	return nil
}

// absorb takes an untouched case of the same person into another.
func (d *Desk) absorb(ctx context.Context, tx *store.Tx, brand hilft.BrandID, into, from hilft.CaseID) error {
	a, err := caseForUpdate(ctx, tx, brand, into)
	if err != nil {
		return err
	}
	b, err := caseForUpdate(ctx, tx, brand, from)
	if err != nil {
		return err
	}
	if a.Person != b.Person || b.Agent != "" || b.Answered || b.State == hilft.Solved {
		return nil
	}
	for _, q := range []string{
		`UPDATE message SET case_id = ? WHERE case_id = ?`,
		`UPDATE conversation SET case_id = ? WHERE case_id = ?`,
	} {
		if _, err := tx.Exec(ctx, q, string(a.ID), string(b.ID)); err != nil {
			return fmt.Errorf("desk: absorb: %w", err)
		}
	}
	_, err = tx.Exec(ctx, `DELETE FROM cases WHERE id = ?`, string(b.ID))
	return err
}

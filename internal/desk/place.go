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
//
// In private, what somebody names leads only themselves: to name the id of another's message proves nothing.
func (d *Desk) conversation(ctx context.Context, tx *store.Tx, h Heard) (Conversation, error) {
	refs := refsOf(h)
	found, err := found(ctx, tx, h, refs)
	if err != nil {
		return Conversation{}, err
	}
	var v Conversation
	if len(found) == 0 {
		v, err = beginConversation(ctx, tx, h)
	} else {
		v, err = d.oneOf(ctx, tx, h, found)
	}
	if err != nil {
		return Conversation{}, err
	}
	if v, err = learn(ctx, tx, h, v); err != nil {
		return Conversation{}, err
	}
	if h.ownRefs() {
		if err := addRefs(ctx, tx, v, ownRefs(h.Identity.Person, refs)); err != nil {
			return Conversation{}, err
		}
	}
	if err := addRefs(ctx, tx, v, refs); err != nil {
		return Conversation{}, err
	}
	// Where an item stands is known by the item: whoever only named it before has no say in it any more.
	_, err = tx.Exec(ctx, `UPDATE conversation_ref SET conversation_id = ? WHERE account_id = ? AND visibility = ? AND ref = ?`,
		string(v.ID), string(v.Account), string(v.Visibility), h.Item.ID)
	if err != nil {
		return Conversation{}, fmt.Errorf("desk: conversation: %w", err)
	}
	return v, nil
}

// found finds the conversations that an item may join, the one it names first before the others, and waits for its turn
// in them.
func found(ctx context.Context, tx *store.Tx, h Heard, refs []string) ([]Conversation, error) {
	all, err := joinable(ctx, tx, h, refs)
	if err != nil || len(all) == 0 || tx.Dialect() != store.Postgres {
		return all, err
	}
	if len(all) == 1 {
		if err := among(ctx, tx, h.Account, conversationKey(all[0].ID)); err != nil {
			return nil, err
		}
		now, err := joinable(ctx, tx, h, refs)
		if err != nil || len(now) == 1 && now[0].ID == all[0].ID {
			return now, err
		}
	}
	if err := alone(ctx, tx, h.Account); err != nil {
		return nil, err
	}
	return joinable(ctx, tx, h, refs)
}

func joinable(ctx context.Context, tx *store.Tx, h Heard, refs []string) ([]Conversation, error) {
	all, err := conversationsByRef(ctx, tx, h.Account, h.Item.Visibility, refs)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(v Conversation) bool { return !mayJoin(h, v) })
	if !h.ownRefs() {
		return all, nil
	}
	own, err := conversationsByRef(ctx, tx, h.Account, h.Item.Visibility, ownRefs(h.Identity.Person, refs))
	for _, v := range own {
		if !slices.ContainsFunc(all, func(f Conversation) bool { return f.ID == v.ID }) {
			all = append(all, v)
		}
	}
	return all, err
}

// oneOf makes one conversation of those that an item names, the one it names first and those that may be one with it.
// The oldest stays.
func (d *Desk) oneOf(ctx context.Context, tx *store.Tx, h Heard, found []Conversation) (Conversation, error) {
	one := found[:1:1]
	person := found[0].Person
	for _, other := range found[1:] {
		if other.Visibility == hilft.Public || person == "" || other.Person == "" || person == other.Person {
			one = append(one, other)
			if person == "" {
				person = other.Person
			}
		}
	}
	slices.SortFunc(one, func(a, b Conversation) int { return cmp.Compare(a.ID, b.ID) })
	v := one[0]
	for _, other := range one[1:] {
		merged, err := d.unite(ctx, tx, &v, other)
		if err != nil {
			return Conversation{}, err
		}
		for _, p := range merged {
			if h.ThreadIsConcern {
				break
			}
			if err := d.follow(ctx, tx, &v, p); err != nil {
				return Conversation{}, err
			}
		}
	}
	return v, nil
}

// learn adds to a conversation what it did not have: who speaks there with us, and what the network calls it.
func learn(ctx context.Context, tx *store.Tx, h Heard, v Conversation) (Conversation, error) {
	old := v
	if v.Person == "" && !h.Item.From.Us { // we spoke first; now somebody answers
		v.Person = h.Identity.Person
	}
	v.Thread, v.Subject, v.URL = cmp.Or(v.Thread, h.Item.Thread), cmp.Or(v.Subject, h.Item.Subject), cmp.Or(v.URL, h.Item.URL)
	if v == old {
		return v, nil
	}
	return v, saveConversation(ctx, tx, v)
}

func saveConversation(ctx context.Context, tx *store.Tx, v Conversation) error {
	_, err := tx.Exec(ctx, `UPDATE conversation SET thread = ?, person_id = ?, case_id = ?, subject = ?, url = ? WHERE id = ?`,
		v.Thread, string(v.Person), string(v.Case), v.Subject, v.URL, string(v.ID))
	if err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	return nil
}

// refsOf lists the ids by which an item's conversation may be known: its thread, what it answers, and itself.
func refsOf(h Heard) []string {
	var refs []string
	if h.Item.Thread != "" {
		refs = append(refs, threadRef(h.Item.Thread))
	}
	for _, r := range h.Item.Refs {
		if r != "" && r != h.Item.ID && !slices.Contains(refs, r) && len(refs) < refsMost {
			refs = append(refs, r)
		}
	}
	return append(refs, h.Item.ID)
}

// threadRef keeps ids of threads apart from ids of messages: a network may number both alike.
func threadRef(thread string) string { return "thread:" + thread }

// ownRefs tells whether what an item names is kept for its author alone as well.
func (h Heard) ownRefs() bool { return h.Item.Visibility == hilft.Private && !h.Item.From.Us }

// ownRefs are refs as one person names them.
func ownRefs(p hilft.PersonID, refs []string) []string {
	own := make([]string, len(refs))
	for i, r := range refs {
		own[i] = "by:" + string(p) + ":" + r
	}
	return own
}

// mayJoin keeps strangers out of private conversations.
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

// conversationsByRef finds the conversations known by any of these ids, in the order of the ids.
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

// unite makes two conversations one when an item shows that they always were. It tells whose cases became one by it.
func (d *Desk) unite(ctx context.Context, tx *store.Tx, v *Conversation, other Conversation) (merged []hilft.PersonID, err error) {
	for _, q := range []string{
		`UPDATE message SET conversation_id = ? WHERE conversation_id = ?`,
		`UPDATE conversation_ref SET conversation_id = ? WHERE conversation_id = ?`,
	} {
		if _, err := tx.Exec(ctx, q, string(v.ID), string(other.ID)); err != nil {
			return nil, fmt.Errorf("desk: unite: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM conversation WHERE id = ?`, string(other.ID)); err != nil {
		return nil, fmt.Errorf("desk: unite: %w", err)
	}
	v.Person, v.Case = cmp.Or(v.Person, other.Person), cmp.Or(v.Case, other.Case)
	v.Thread, v.Subject, v.URL = cmp.Or(v.Thread, other.Thread), cmp.Or(v.Subject, other.Subject), cmp.Or(v.URL, other.URL)
	if err := saveConversation(ctx, tx, *v); err != nil {
		return nil, err
	}
	if v.Visibility == hilft.Private && v.Case != "" {
		if err := d.adopt(ctx, tx, *v, v.Case); err != nil {
			return nil, err
		}
	}
	return d.merge(ctx, tx, v)
}

// merge makes one case of those that one person has in one conversation.
func (d *Desk) merge(ctx context.Context, tx *store.Tx, v *Conversation) (merged []hilft.PersonID, err error) {
	type mine struct {
		id     hilft.CaseID
		person hilft.PersonID
	}
	all, err := store.All(ctx, tx, `SELECT DISTINCT c.id, c.person_id FROM message m JOIN cases c ON c.id = m.case_id WHERE m.conversation_id = ? ORDER BY c.id`,
		[]any{string(v.ID)}, func(scan func(into ...any) error, m *mine) error { return scan(&m.id, &m.person) })
	if err != nil {
		return nil, fmt.Errorf("desk: merge: %w", err)
	}
	of := map[hilft.PersonID]hilft.CaseID{}
	for _, m := range all {
		into, ok := of[m.person]
		if !ok {
			of[m.person] = m.id
			continue
		}
		stays, err := d.absorb(ctx, tx, v, into, m.id)
		if err != nil {
			return nil, err
		}
		if stays != "" {
			of[m.person] = stays
			merged = append(merged, m.person)
		}
	}
	return merged, nil
}

// follow makes one case of the two that a person has open on an account, when they spoke of one in public and of the
// other in private: had the words that show that the first is one been reported sooner, the other would have gone on
// with it.
func (d *Desk) follow(ctx context.Context, tx *store.Tx, v *Conversation, p hilft.PersonID) error {
	open, err := openOnes(ctx, tx, v.Brand, v.Account, p, 3)
	if err != nil || len(open) != 2 || open[0].public == open[1].public {
		return err
	}
	_, err = d.absorb(ctx, tx, v, open[0].id, open[1].id)
	return err
}

// adopt gives the words of a private conversation that belonged to no case to one.
func (d *Desk) adopt(ctx context.Context, tx *store.Tx, v Conversation, c hilft.CaseID) error {
	_, err := tx.Exec(ctx, `UPDATE message SET case_id = ? WHERE conversation_id = ? AND case_id = ''`, string(c), string(v.ID))
	if err != nil {
		return fmt.Errorf("desk: adopt: %w", err)
	}
	return nil
}

// absorb makes two cases of the same person one, unless people here have worked on both. It returns the one that stays,
// settled; none where both do. The conversation at hand is kept up to date.
func (d *Desk) absorb(ctx context.Context, tx *store.Tx, v *Conversation, a, b hilft.CaseID) (stays hilft.CaseID, err error) {
	into, err := caseForUpdate(ctx, tx, v.Brand, a)
	if err != nil {
		return "", err
	}
	from, err := caseForUpdate(ctx, tx, v.Brand, b)
	if err != nil || into.Person != from.Person {
		return "", err
	}
	if worked, err := touched(ctx, tx, from); err != nil {
		return "", err
	} else if worked {
		if worked, err = touched(ctx, tx, into); err != nil || worked {
			return "", err
		}
		into, from = from, into
	}
	for _, q := range []string{
		`UPDATE message SET case_id = ? WHERE case_id = ?`,
		`UPDATE conversation SET case_id = ? WHERE case_id = ?`,
	} {
		if _, err := tx.Exec(ctx, q, string(into.ID), string(from.ID)); err != nil {
			return "", fmt.Errorf("desk: absorb: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM cases WHERE id = ?`, string(from.ID)); err != nil {
		return "", fmt.Errorf("desk: absorb: %w", err)
	}
	if v.Case == from.ID {
		v.Case = into.ID
	}
	into.ChangedAt = latest(into.ChangedAt, from.ChangedAt)
	_, err = d.settle(ctx, tx, into)
	return into.ID, err
}

// touched tells whether anybody here has worked on a case.
func touched(ctx context.Context, tx *store.Tx, c Case) (bool, error) {
	if c.Agent != "" || !c.SolvedAt.IsZero() {
		return true, nil
	}
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM message WHERE case_id = ? AND agent_id <> '' LIMIT 1`, []any{string(c.ID)}, &one)
	if store.IsNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// refsMost bounds by how many earlier messages a conversation is looked for.
const refsMost = 32

// converse finds the remote thread that an item belongs to, or begins it. Networks without thread ids tell threads by
// which message answers which, in any order; so every id that an item names leads to its conversation from then on, and
// an item that names ids of two conversations shows that they are one.
//
// In private, what somebody names leads only themselves: to name the id of another's message proves nothing.
func (t *table) converse(ctx context.Context, h Heard) (*talk, error) {
	found, err := t.joinable(ctx, h)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 && t.tx.Dialect() == store.Postgres {
		if err := t.aside(ctx, func() error { return alone(ctx, t.tx, t.account) }); err != nil {
			return nil, err
		}
		if found, err = t.joinable(ctx, h); err != nil {
			return nil, err
		}
	}
	var v *talk
	if len(found) == 0 {
		v = t.begin(h)
	} else if v, err = t.oneOf(ctx, h, found); err != nil {
		return nil, err
	}
	v.learn(h)
	// An id that leads elsewhere already stays there: it was named by somebody who may not join what it leads to. But where
	// an item stands is known by the item: whoever only named it before has no say in it any more.
	for _, p := range h.leads() {
		if err := t.await(ctx, t.readRefs(ctx, []place{p})); err != nil {
			return nil, err
		}
		if t.refs[p] == "" || p == h.itself() && t.refs[p] != v.ID {
			t.lead(p, v.ID)
		}
	}
	return v, nil
}

// joinable finds the conversations that an item may join, the one it names first before the others.
func (t *table) joinable(ctx context.Context, h Heard) (all []*talk, err error) {
	for _, p := range h.leads() {
		v, err := t.conversation(ctx, p)
		if err != nil {
			return nil, err
		}
		if v != nil && (h.own(p) || mayJoin(h, v.Conversation)) && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all, nil
}

// begin begins a conversation.
func (t *table) begin(h Heard) *talk {
	v := &talk{fresh: true, Conversation: Conversation{
		ID: hilft.ConversationID(hilft.NewID()), Brand: h.Brand, Account: h.Account, Network: h.Network, Thread: h.Item.Thread,
		Visibility: h.Item.Visibility, Subject: h.Item.Subject, URL: h.Item.URL, MadeAt: t.tx.Now(),
	}}
	if !h.Item.From.Us {
		v.Person = h.Identity.Person
	}
	t.conversations[v.ID] = v
	return v
}

// again is a conversation after the table was put aside.
func (t *table) again(ctx context.Context, id hilft.ConversationID) (*talk, error) {
	if err := t.await(ctx, t.readConversations(ctx, []hilft.ConversationID{id})); err != nil {
		return nil, err
	}
	v := t.conversations[id]
	if v == nil {
		return nil, fmt.Errorf("desk: conversation %s is gone", id)
	}
	return v, nil
}

// oneOf makes one conversation of those that an item names, the one it names first and those that may be one with it.
// The oldest stays.
func (t *table) oneOf(ctx context.Context, h Heard, found []*talk) (*talk, error) {
	one := []Conversation{found[0].Conversation}
	person := found[0].Person
	for _, other := range found[1:] {
		if other.Visibility == hilft.Public || person == "" || other.Person == "" || person == other.Person {
			one = append(one, other.Conversation)
			if person == "" {
				person = other.Person
			}
		}
	}
	if len(one) == 1 {
		return found[0], nil
	}
	slices.SortFunc(one, func(a, b Conversation) int { return cmp.Compare(a.ID, b.ID) })
	if err := t.aside(ctx, func() error { return t.uniteAll(ctx, t.tx, one, !h.ThreadIsConcern) }); err != nil {
		return nil, err
	}
	return t.again(ctx, one[0].ID)
}

// uniteAll makes one conversation of several, the first. Where one room follows the other, the cases of those whose
// words came together by it follow as well.
func (d *Desk) uniteAll(ctx context.Context, tx *store.Tx, all []Conversation, follow bool) error {
	v := all[0]
	for _, other := range all[1:] {
		merged, err := d.unite(ctx, tx, &v, other)
		if err != nil {
			return err
		}
		for _, p := range merged {
			if !follow {
				break
			}
			if err := d.follow(ctx, tx, &v, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// learn adds to a conversation what it did not have: who speaks there with us, and what the network calls it.
func (v *talk) learn(h Heard) {
	old := v.Conversation
	if v.Person == "" && !h.Item.From.Us { // we spoke first; now somebody answers
		v.Person = h.Identity.Person
	}
	v.Thread, v.Subject, v.URL = cmp.Or(v.Thread, h.Item.Thread), cmp.Or(v.Subject, h.Item.Subject), cmp.Or(v.URL, h.Item.URL)
	v.changed = v.changed || v.Conversation != old
}

func saveConversations(ctx context.Context, tx *store.Tx, all ...Conversation) error {
	rows := make([][]any, len(all))
	for i, v := range all {
		rows[i] = []any{v.Thread, string(v.Person), string(v.Case), v.Subject, v.URL, string(v.ID)}
	}
	if err := tx.Update(ctx, "conversation", []string{"thread", "person_id", "case_id", "subject", "url", "id"}, rows); err != nil {
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
	for _, id := range h.Item.Refs {
		if r := messageRef(id); id != "" && id != h.Item.ID && !slices.Contains(refs, r) && len(refs) < refsMost {
			refs = append(refs, r)
		}
	}
	return append(refs, messageRef(h.Item.ID))
}

// threadRef keeps ids of threads apart from ids of messages: a network may number both alike.
func threadRef(thread string) string { return "thread:" + thread }

// messageRef is the id of a message, which a sender may have chosen: it must not pass for another kind of ref.
func messageRef(id string) string {
	for _, kind := range []string{"thread:", "by:", "id:"} {
		if strings.HasPrefix(id, kind) {
			return "id:" + id
		}
	}
	return id
}

// leads are the places by which an item's conversation is known: what it names, and in private what its author has named
// as well, for them alone.
func (h Heard) leads() []place {
	var all []place
	for _, ref := range refsOf(h) {
		all = append(all, place{h.Item.Visibility, ref})
	}
	if h.Item.Visibility == hilft.Private && !h.Item.From.Us {
		for _, p := range all {
			all = append(all, place{hilft.Private, ownRef(h.Identity.Person, p.ref)})
		}
	}
	return all
}

// own tells whether a place is kept for the item's author alone.
func (h Heard) own(p place) bool {
	return p.visibility == hilft.Private && strings.HasPrefix(p.ref, ownRef(h.Identity.Person, ""))
}

// itself is where an item itself is found.
func (h Heard) itself() place { return place{h.Item.Visibility, messageRef(h.Item.ID)} }

// ownRef is an id as one person names it.
func ownRef(p hilft.PersonID, ref string) string { return "by:" + string(p) + ":" + ref }

// mayJoin keeps strangers out of private conversations.
func mayJoin(h Heard, v Conversation) bool {
	return v.Visibility == hilft.Public || h.Item.From.Us || h.Item.Proven || v.Person == "" || v.Person == h.Identity.Person
}

const (
	conversationColumns = `SELECT v.id, v.brand_id, v.account_id, v.network, v.thread, v.visibility, v.person_id, v.case_id, v.subject, v.url, v.made_at`
	fromConversation    = ` FROM conversation v `
)

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
		v, err := store.All(ctx, tx, conversationColumns+fromConversation+`WHERE v.id = (SELECT conversation_id FROM conversation_ref WHERE account_id = ? AND visibility = ? AND ref = ?)`,
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

func insertConversations(ctx context.Context, tx *store.Tx, all ...Conversation) error {
	rows := make([][]any, len(all))
	for i, v := range all {
		rows[i] = []any{
			string(v.ID), string(v.Brand), string(v.Account), v.Network, v.Thread, string(v.Visibility), string(v.Person), string(v.Case), v.Subject, v.URL, store.Micros(v.MadeAt),
		}
	}
	if err := tx.Insert(ctx, `INSERT INTO conversation (id, brand_id, account_id, network, thread, visibility, person_id, case_id, subject, url, made_at)`, rows, ""); err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	return nil
}

// addRefs lets every id lead to the conversation. An id that leads elsewhere already stays there: it was named by
// somebody who may not join what it leads to.
func addRefs(ctx context.Context, tx *store.Tx, v Conversation, refs []string) error {
	rows := make([][]any, len(refs))
	for i, ref := range refs {
		rows[i] = []any{string(v.Account), string(v.Visibility), ref, string(v.ID)}
	}
	if err := tx.Insert(ctx, `INSERT INTO conversation_ref (account_id, visibility, ref, conversation_id)`, rows, `ON CONFLICT DO NOTHING`); err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
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
	if err := saveConversations(ctx, tx, *v); err != nil {
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
	of := map[hilft.PersonID][]openOne{}
	err := openOnes(ctx, tx, v.Brand, v.Account, []hilft.PersonID{p}, 3, of)
	if err == nil {
		err = tx.Flush(ctx)
	}
	open := of[p]
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
	into, err := caseForUpdate(ctx, tx, a)
	if err != nil {
		return "", err
	}
	from, err := caseForUpdate(ctx, tx, b)
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
	if err := gather(ctx, tx, "", into.ID, from.ID); err != nil {
		return "", err
	}
	if v.Case == from.ID {
		v.Case = into.ID
	}
	into.ChangedAt = latest(into.ChangedAt, from.ChangedAt)
	if _, err = d.settle(ctx, tx, into); err != nil {
		return "", err
	}
	if err := saveCases(ctx, tx, from.gone(into)); err != nil {
		return "", err
	}
	return into.ID, d.jobs.Record(ctx, tx, from.merged(into, ""))
}

// touched tells whether anybody here has worked on a case.
func touched(ctx context.Context, tx *store.Tx, c Case) (bool, error) {
	if c.Agent != "" || !c.SolvedAt.IsZero() || c.Named || len(c.Tags) > 0 || !c.WakesAt.IsZero() || !c.WokenAt.IsZero() || c.Priority != hilft.Normal {
		return true, nil
	}
	var one int
	err := tx.Row(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM message WHERE case_id = ? AND agent_id <> '') OR EXISTS (SELECT 1 FROM event WHERE case_id = ? AND case_id <> '' AND agent_id <> '')
		OR EXISTS (SELECT 1 FROM draft WHERE case_id = ?)`,
		[]any{string(c.ID), string(c.ID), string(c.ID)}, &one)
	if store.IsNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

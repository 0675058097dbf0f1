// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// foresee reads what words will touch.
func (t *table) foresee(ctx context.Context, words []Heard) error {
	var remotes, ids []string
	var places []place
	for _, h := range words {
		ids = append(ids, h.Item.ID)
		remotes = append(append(remotes, h.Item.ID), h.asked()...)
		places = append(places, h.leads()...)
		if h.Item.Visibility == hilft.Public {
			places = append(places, h.answeredFrom())
		}
	}
	if err := t.readMessages(ctx, remotes, slices.ContainsFunc(words, func(h Heard) bool { return h.SenderIDs })); err != nil {
		return err
	}
	if err := t.readRefs(ctx, places); err != nil {
		return err
	}
	if err := t.readPending(ctx, ids); err != nil {
		return err
	}
	var err error
	if t.plan, err = t.planOf(ctx, t.tx, t.brand); err != nil {
		return err
	}
	if err := t.tx.Flush(ctx); err != nil { // who is asked may know without the database
		return err
	}
	if err := t.foreseeTalks(ctx, words); err != nil {
		return err
	}
	return t.foreseeCases(ctx, words)
}

// foreseeTalks reads the conversations to which words lead, and what their authors spoke about there.
func (t *table) foreseeTalks(ctx context.Context, words []Heard) error {
	var ids []hilft.ConversationID
	for _, id := range t.refs {
		if id != "" {
			ids = append(ids, id)
		}
	}
	if err := t.readConversations(ctx, ids); err != nil {
		return err
	}
	var speakers []speaker
	for _, h := range words {
		for _, p := range h.leads() {
			if id := t.refs[p]; id != "" && p.visibility == hilft.Public && !h.Item.From.Us {
				speakers = append(speakers, speaker{id, h.Identity.Person})
			}
		}
	}
	return t.await(ctx, t.readLatest(ctx, speakers))
}

// foreseeCases reads the cases that words will go to, as far as that can be seen before they are placed.
func (t *table) foreseeCases(ctx context.Context, words []Heard) error {
	var cases []hilft.CaseID
	var without []hilft.PersonID
	for _, h := range words {
		var its hilft.CaseID
		for _, p := range h.leads() {
			if v := t.conversations[t.refs[p]]; v == nil {
				continue
			} else if v.Visibility == hilft.Private {
				its = cmp.Or(its, v.Case)
			} else {
				its = cmp.Or(its, t.latest[speaker{v.ID, h.Identity.Person}].about)
			}
		}
		if cases = append(cases, its); its == "" && !h.Item.From.Us && !h.ThreadIsConcern {
			without = append(without, h.Identity.Person)
		}
	}
	if err := t.readOpen(ctx, without); err != nil {
		return err
	}
	// A case stands where its words say. What they begin with need not be read again to add one, and where a customer
	// waits, nothing of them.
	if err := t.readSeats(ctx, cases, unreadColumns, nobodyWaits); err != nil {
		return err
	}
	if err := t.tx.Flush(ctx); err != nil {
		return err
	}
	cases = nil
	for _, open := range t.open {
		if len(open) == 1 {
			cases = append(cases, open[0].id)
		}
	}
	return t.readSeats(ctx, cases, unreadColumns, nobodyWaits)
}

// What is read below is there after the next statement that is waited for, or Flush.

// readMessages looks for messages by their remote ids. Their bodies and files are read where they are needed to tell two apart.
func (t *table) readMessages(ctx context.Context, remotes []string, bodies bool) error {
	remotes = missing(t.messages, remotes)
	if len(remotes) == 0 {
		return nil
	}
	body := `'', ''`
	if bodies {
		body = `m.body, m.files`
	}
	inVain(t.messages, remotes)
	where, list := store.In(t.tx, "m.remote_id", remotes)
	err := t.tx.DeferRows(ctx, `SELECT m.remote_id, m.visibility, m.identity_id, m.subject, `+body+`, m.case_id, COALESCE(c.person_id, '')
		FROM message m LEFT JOIN cases c ON c.id = m.case_id WHERE m.account_id = ? AND m.remote_id <> '' AND `+where, []any{string(t.account), list},
		func(scan func(into ...any) error) error {
			var remote string
			var k known
			var text string
			if err := scan(&remote, &k.visibility, &k.identity, &k.subject, &k.body, &text, &k.in, &k.person); err != nil {
				return err
			}
			var files []File
			if text != "" {
				if err := json.Unmarshal([]byte(text), &files); err != nil {
					return err
				}
			}
			k.files = contentOf(files)
			t.messages[remote] = &k
			return nil
		})
	if err != nil {
		return fmt.Errorf("desk: message: %w", err)
	}
	return nil
}

// readRefs looks where ids lead.
func (t *table) readRefs(ctx context.Context, places []place) error {
	places = missing(t.refs, places)
	inVain(t.refs, places)
	for _, vis := range []hilft.Visibility{hilft.Public, hilft.Private} {
		var refs []string
		for _, p := range places {
			if p.visibility == vis {
				refs = append(refs, p.ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		from, list := store.Values(t.tx, refs)
		err := t.tx.DeferRows(ctx, `SELECT k.value, COALESCE((SELECT conversation_id FROM conversation_ref WHERE account_id = ? AND visibility = ? AND ref = k.value), '') FROM `+from,
			[]any{string(t.account), string(vis), list}, func(scan func(into ...any) error) error {
				var id hilft.ConversationID
				p := place{visibility: vis}
				err := scan(&p.ref, &id)
				t.refs[p] = id
				return err
			})
		if err != nil {
			return fmt.Errorf("desk: conversation: %w", err)
		}
	}
	return nil
}

// readConversations waits until nobody else speaks in conversations, and reads them.
func (t *table) readConversations(ctx context.Context, ids []hilft.ConversationID) error {
	ids = missing(t.conversations, ids)
	if len(ids) == 0 {
		return nil
	}
	inVain(t.conversations, ids)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = conversationKey(id)
	}
	if err := among(ctx, t.tx, t.account, keys...); err != nil {
		return err
	}
	where, list := store.In(t.tx, "v.id", texts(ids))
	err := t.tx.DeferRows(ctx, conversationColumns+`, CASE WHEN v.visibility = 'public' AND EXISTS (SELECT 1 FROM message m
			WHERE m.conversation_id = v.id AND m.direction = 'outbound' AND m.agent_id = '') THEN 1 ELSE 0 END
`+fromConversation+`WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
		var v talk
		var elsewhere int
		err := scanConversation(func(into ...any) error { return scan(append(into, &elsewhere)...) }, &v.Conversation)
		v.elsewhere = elsewhere == 1
		t.conversations[v.ID] = &v
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: conversation: %w", err)
	}
	return nil
}

// readPending looks which messages were changed before they were heard.
func (t *table) readPending(ctx context.Context, remotes []string) error {
	remotes = missing(t.pending, remotes)
	if len(remotes) == 0 {
		return nil
	}
	inVain(t.pending, remotes)
	where, list := store.In(t.tx, "remote_id", remotes)
	err := t.tx.DeferRows(ctx, `SELECT remote_id FROM pending_change WHERE account_id = ? AND `+where, []any{string(t.account), list}, func(scan func(into ...any) error) error {
		var remote string
		err := scan(&remote)
		t.pending[remote] = true
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: pending change: %w", err)
	}
	return nil
}

// readLatest looks what people last spoke about in public conversations. It goes by the person's cases, which are few;
// the words of a thread that everybody reads are not.
func (t *table) readLatest(ctx context.Context, speakers []speaker) error {
	speakers = missing(t.latest, speakers)
	if len(speakers) == 0 {
		return nil
	}
	inVain(t.latest, speakers)
	args := make([][]any, len(speakers))
	for i, s := range speakers {
		args[i] = []any{string(s.person), string(s.in)}
	}
	// Where somebody's case went into another person's, their own words count there and nobody else's.
	err := t.tx.DeferMany(ctx, `SELECT m.case_id, m.at FROM cases c JOIN message m ON m.case_id = CASE WHEN c.into_id <> '' THEN c.into_id ELSE c.id END
		WHERE c.person_id = ? AND m.conversation_id = ? AND (c.into_id = '' OR EXISTS (SELECT 1 FROM identity i WHERE i.id = m.identity_id AND i.person_id = c.person_id))
		ORDER BY m.at + 0 DESC, m.id DESC LIMIT 1`,
		args, func(i int, scan func(into ...any) error) error {
			var s spoke
			var at int64
			err := scan(&s.about, &at)
			s.at = store.Time(at)
			t.latest[speakers[i]] = s
			return err
		})
	if err != nil {
		return fmt.Errorf("desk: concern: %w", err)
	}
	return nil
}

// readOpen looks which cases people have open on the account.
func (t *table) readOpen(ctx context.Context, persons []hilft.PersonID) error {
	persons = missing(t.open, persons)
	if len(persons) == 0 {
		return nil
	}
	inVain(t.open, persons)
	return openOnes(ctx, t.tx, t.brand, t.account, persons, 2, t.open)
}

// Whose words are read with a case.
func everyone(Case) bool      { return true }
func nobodyWaits(c Case) bool { return !c.somebodyWaits() }

// readSeats reads cases, and of some their last words, and keeps others from changing them. Not found are those of other
// brands. It waits for what it reads.
func (t *table) readSeats(ctx context.Context, ids []hilft.CaseID, columns string, withWords func(Case) bool) error {
	ids = missing(t.seats, slices.DeleteFunc(ids, func(id hilft.CaseID) bool { return id == "" }))
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	if err := t.await(ctx, casesForUpdate(ctx, t.tx, ids, func(c Case) { t.seats[c.ID] = &seat{Case: c, unread: !withWords(c)} })); err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id hilft.CaseID) bool { return t.seats[id] == nil || t.seats[id].unread })
	return t.await(ctx, lastWords(ctx, t.tx, ids, columns, func(id hilft.CaseID, w word) { t.seats[id].put(w) }))
}

// lastWords reads the last words of cases, the newest first, some time before the next Flush is over.
func lastWords(ctx context.Context, tx *store.Tx, cases []hilft.CaseID, columns string, each func(hilft.CaseID, word)) error {
	args := make([][]any, len(cases))
	for i, id := range cases {
		args[i] = []any{string(id)}
	}
	err := tx.DeferMany(ctx, columns+`WHERE case_id = ? ORDER BY at DESC, id DESC LIMIT `+strconv.Itoa(wordsMost), args, func(i int, scan func(into ...any) error) error {
		var w word
		err := scanWord(scan, &w)
		each(cases[i], w)
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: settle: %w", err)
	}
	return nil
}

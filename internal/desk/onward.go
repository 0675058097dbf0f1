// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// An answer in a place that people leave, such as a chat on a website, waits there until they come back. If they do not
// within a while, it goes on in a letter to the address that they gave. Nothing proves that address: so a letter holds
// what we said and nothing else, neither their words nor their name, and every answer goes into one letter at most.

const (
	carriedMost = 20       // answers in one letter
	carriedSize = 10 << 20 // bytes of their files together; the others stay where they are
	carriedFile = 10       // and how many
)

// reachedAt remembers at which address an author says they are reached as well.
func reachedAt(ctx context.Context, tx *store.Tx, h Heard) error {
	if h.Item.Mail == "" || h.Item.From.Us || h.Identity.ID == "" {
		return nil
	}
	err := tx.Defer(ctx, `INSERT INTO mail_address (identity_id, address, language, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (identity_id) DO UPDATE SET address = excluded.address, language = excluded.language, at = excluded.at`,
		string(h.Identity.ID), h.Item.Mail, h.Item.Language, store.Micros(tx.Now()))
	if err != nil {
		return fmt.Errorf("desk: address: %w", err)
	}
	return nil
}

// shown writes down that a message of ours was seen. It may be told before we know the message by its id.
func (d *Desk) shown(ctx context.Context, tx *store.Tx, ch Changed) error {
	n, err := tx.Exec(ctx, `INSERT INTO shown (account_id, remote_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, string(ch.Account), ch.Item.ID, store.Micros(ch.Item.At))
	if err != nil || n == 0 {
		return wrapped("desk: shown", err)
	}
	m, err := messageByRemote(ctx, tx, ch.Account, ch.Item.ID)
	if store.IsNoRows(err) || err == nil && m.Case == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageShown, Brand: m.Brand, Case: m.Case, Subject: string(m.ID)})
}

// waitForEyes lets an answer that has just been put where people collect it go on after a while. There is one such job a
// conversation: whoever writes the letter takes along what was said since.
func (d *Desk) waitForEyes(ctx context.Context, tx *store.Tx, m Message, way *channel.Onward) error {
	if way == nil || m.Delivery != hilft.Sent || m.Agent == "" || m.Auto || m.Visibility != hilft.Private {
		return nil
	}
	return d.jobs.Enqueue(ctx, tx, jobs.Order{
		Kind: hilft.JobOnward, Key: string(m.Conversation), RunAt: tx.Now().Add(way.After), Args: channel.OnwardArgs{Message: m.ID, Onward: *way},
	})
}

// errStillSpeaking is why a letter waits: an answer was added a moment ago.
var errStillSpeaking = errors.New("its last answer may yet be seen")

// goesOn writes the letter, or several where there is much, with a mark at each answer that they carry, in one
// transaction; unless they have been seen, or nobody knows where to.
func (d *Desk) goesOn(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var args channel.OnwardArgs
	if err := j.Read(&args); err != nil {
		return err
	}
	first, err := messageWhere(ctx, tx, `WHERE m.id = ?`, string(args.Message))
	if store.IsNoRows(err) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	// The case first: what is told of its answers meanwhile waits, and then finds no job that is about to end.
	c, err := caseForUpdate(ctx, tx, first.Case)
	if err != nil {
		return err
	}
	unseen, err := unseenAnswers(ctx, tx, c, first)
	if err != nil || len(unseen) == 0 {
		return err
	}
	// Who is there sees an answer within moments, and the letter takes all along: so it waits for the last of them, too.
	if due := unseen[len(unseen)-1].MadeAt.Add(args.After); !args.Restored && tx.Now().Before(due) {
		return jobs.Later(due, errStillSpeaking)
	}
	address, language, err := mailAddress(ctx, tx, first.Conversation)
	if err != nil || address == "" {
		return err
	}
	v, err := letters(ctx, tx, c, args.Onward, address)
	if err != nil {
		return err
	}
	for carried := range slices.Chunk(unseen, carriedMost) {
		m, err := letter(ctx, tx, c, v, carried, language)
		if err != nil {
			return err
		}
		if args.Restored {
			m.Delivery, m.Reason = hilft.Unknown, channel.ReasonRestored
		}
		if err := d.carry(ctx, tx, v, m, carried, address); err != nil {
			return err
		}
		c.ChangedAt = m.MadeAt // the next one comes after it
	}
	if _, err := d.settle(ctx, tx, c); err != nil {
		return err
	}
	faults.Point(faults.OnwardWritten)
	return nil
}

// carry puts a letter with these answers on its way; in a restored house, before a person.
func (d *Desk) carry(ctx context.Context, tx *store.Tx, v Conversation, m Message, answers []Message, address string) error {
	if err := insertMessages(ctx, tx, m); err != nil {
		return err
	}
	rows := make([][]any, len(answers))
	for i, a := range answers {
		rows[i] = []any{string(a.ID), string(m.ID), address, store.Micros(tx.Now())}
	}
	if err := tx.Insert(ctx, `INSERT INTO onward (message_id, letter_id, address, at)`, rows, ""); err != nil {
		return fmt.Errorf("desk: onward: %w", err)
	}
	if m.Delivery == hilft.Queued {
		if err := d.dispatch(ctx, tx, v, Message{}, m, false); err != nil {
			return err
		}
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageWritten, Brand: m.Brand, Case: m.Case, Subject: string(m.ID)})
}

// unseenAnswers are the answers of agents in a conversation that its customer has not seen, the oldest first: what was
// said after their last word, for who speaks has the conversation before them.
func unseenAnswers(ctx context.Context, tx *store.Tx, c Case, first Message) ([]Message, error) {
	all, err := store.All(ctx, tx, messageColumns+`WHERE m.conversation_id = ? AND m.case_id = ? AND m.direction = 'outbound' AND m.visibility = 'private' AND m.auto = 0 AND m.agent_id <> ''
			AND m.delivery = 'sent' AND m.deleted_at = 0 AND s.at IS NULL AND o.message_id IS NULL
			AND m.made_at > COALESCE((SELECT MAX(h.made_at) FROM message h WHERE h.conversation_id = m.conversation_id AND h.direction = 'inbound'), 0)
		ORDER BY m.made_at, m.id`, []any{string(first.Conversation), string(c.ID)}, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("desk: onward: %w", err)
	}
	return all, nil
}

// mailAddress is where a conversation's customer says they are reached as well, and in which language; empty: they have not
// said.
func mailAddress(ctx context.Context, tx *store.Tx, v hilft.ConversationID) (address, language string, err error) {
	err = tx.Row(ctx, `SELECT a.address, a.language FROM mail_address a WHERE a.identity_id =
		(SELECT m.identity_id FROM message m WHERE m.conversation_id = ? AND m.direction = 'inbound' ORDER BY m.made_at DESC, m.id DESC LIMIT 1)`, []any{string(v)}, &address, &language)
	if store.IsNoRows(err) {
		return "", "", nil
	}
	return address, language, wrapped("desk: onward", err)
}

// letters is the conversation of a case in which letters to an address go, or a new one. It is nobody's yet: whoever
// answers shows who they are by that.
func letters(ctx context.Context, tx *store.Tx, c Case, way channel.Onward, address string) (Conversation, error) {
	all, err := store.All(ctx, tx, conversationColumns+fromConversation+`WHERE v.account_id = ? AND v.case_id = ? AND v.id IN
			(SELECT m.conversation_id FROM onward o JOIN message m ON m.id = o.letter_id WHERE o.address = ? AND m.case_id = ?) ORDER BY v.id LIMIT 1`,
		[]any{string(way.Account), string(c.ID), address, string(c.ID)}, scanConversation)
	if err != nil {
		return Conversation{}, fmt.Errorf("desk: onward: %w", err)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	v := Conversation{
		ID: hilft.ConversationID(hilft.NewID()), Brand: c.Brand, Account: way.Account, Network: way.Network, Visibility: hilft.Private, Case: c.ID, MadeAt: tx.Now(),
	}
	return v, insertConversations(ctx, tx, v)
}

// letter is what carries answers on.
func letter(ctx context.Context, tx *store.Tx, c Case, v Conversation, answers []Message, language string) (Message, error) {
	var brand, own string
	if err := tx.Row(ctx, `SELECT name, language FROM brand WHERE id = ?`, []any{string(c.Brand)}, &brand, &own); err != nil && !store.IsNoRows(err) {
		return Message{}, fmt.Errorf("desk: onward: %w", err)
	}
	made := c.next(tx.Now())
	m := Message{
		ID: hilft.MessageID(hilft.NewIDAt(made)), Brand: c.Brand, Conversation: v.ID, Case: c.ID, Account: v.Account, Network: v.Network,
		Direction: hilft.Outbound, Visibility: hilft.Private, Auto: true, At: tx.Now(), MadeAt: made, Delivery: hilft.Queued,
	}
	var texts []string
	var size int64
	left := 0
	for _, a := range answers {
		if text := strings.TrimSpace(a.Body); text != "" {
			texts = append(texts, text)
		}
		for _, f := range a.Files {
			if f.Hash == "" || len(m.Files) == carriedFile || size+f.Size > carriedSize {
				left++
				continue
			}
			m.Files, size = append(m.Files, f), size+f.Size
		}
	}
	w := wordsOnward(cmp.Or(language, own), brand)
	m.Subject = w.subject
	parts := append([]string{w.why}, texts...)
	if left > 0 {
		parts = append(parts, w.files)
	}
	m.Body = strings.Join(append(parts, w.answer), "\n\n")
	return m, nil
}

// around is what stands around the answers in a letter.
type around struct{ subject, why, files, answer string }

// wordsOnward says it in a language; in English where we have no words in it.
func wordsOnward(language, brand string) around {
	fill := strings.NewReplacer("{brand}", cmp.Or(brand, "hilft"))
	w := around{
		subject: "{brand}: our answer from the chat",
		why:     "You were no longer in the chat when {brand} answered. That is why you get the answer by e-mail:",
		files:   "There are further files, which are too large for an e-mail. You find them in the chat.",
		answer:  "You may simply answer to this e-mail.\nIf you have not been in our chat, somebody gave your address by mistake: then there is nothing for you to do.",
	}
	if language == "de" {
		w = around{
			subject: "{brand}: unsere Antwort aus dem Chat",
			why:     "Als {brand} geantwortet hat, waren Sie nicht mehr im Chat. Darum bekommen Sie die Antwort per E-Mail:",
			files:   "Es gibt weitere Dateien, die für eine E-Mail zu groß sind. Sie finden sie im Chat.",
			answer:  "Sie können einfach auf diese E-Mail antworten.\nWaren Sie nicht in unserem Chat, hat jemand versehentlich Ihre Adresse angegeben: Dann müssen Sie nichts tun.",
		}
	}
	return around{fill.Replace(w.subject), fill.Replace(w.why), w.files, w.answer}
}

// isLetter tells whether a message of ours carries answers on.
func isLetter(ctx context.Context, tx *store.Tx, id hilft.MessageID) (bool, error) {
	address, err := letterTo(ctx, tx, id)
	return address != "", err
}

// letterTo is the address that a letter goes to; empty: the message is none.
func letterTo(ctx context.Context, tx *store.Tx, id hilft.MessageID) (address string, err error) {
	err = tx.Row(ctx, `SELECT address FROM onward WHERE letter_id = ? LIMIT 1`, []any{string(id)}, &address)
	if store.IsNoRows(err) {
		return "", nil
	}
	return address, wrapped("desk: letter", err)
}

func wrapped(where string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

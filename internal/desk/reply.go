// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Reply is what an agent wants to say.
type Reply struct {
	Case         hilft.CaseID
	Conversation hilft.ConversationID
	Visibility   hilft.Visibility // private on a public conversation: go on in private
	Subject      string
	Warning      string // what it is folded behind; only where the network has such a thing
	Text         string
	Sign         string          // what stands behind the text, unless it does already; empty: nothing
	Files        []File          // in the blob folder
	Seen         hilft.MessageID // the last message the agent has seen
	Anyway       bool            // say it although something was said since
	Solve        bool            // and that is all there is to do
	Sleep        time.Time       // and until then there is nothing to do; zero: there is
	Draft        string          // the version of the draft that it was, which goes with it; may be empty
	Request      string          // the agent's request: the same one again writes nothing more; may be empty
}

// Reply writes a message to the customer, with the job that delivers it, or lets it go out when its account holds it no
// more. Conflict (reply.something_new): the customer or
// a colleague has said something since. Invalid: there is nothing to say, or nobody to say it to.
func (d *Desk) Reply(ctx context.Context, see access.Sight, r Reply) (Message, error) {
	r.Text = strings.TrimSpace(clean(r.Text))
	if r.Text == "" && len(r.Files) == 0 {
		return Message{}, hilft.FailField(hilft.Invalid, "reply.empty", "text", nil)
	}
	r.Text = Signed(r.Text, r.Sign)
	var m Message
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := caseWithWords(ctx, tx, see, access.Work, r.Case)
		if err != nil {
			return err
		}
		if m, err = written(ctx, tx, c.Brand, see.Agent, r.Request); !store.IsNoRows(err) {
			return err
		}
		if !r.Anyway {
			switch news, err := spokenSince(ctx, tx, c.ID, r.Seen, see.Agent); {
			case err != nil:
				return err
			case news:
				return hilft.Fail(hilft.Conflict, "reply.something_new", nil)
			}
		}
		v, last, err := d.room(ctx, tx, c, r)
		if err != nil {
			return err
		}
		if err := keepsCode(ctx, tx, v, r.Text); err != nil {
			return err
		}
		made := c.next(tx.Now())
		m = Message{
			ID: hilft.MessageID(hilft.NewIDAt(made)), Brand: c.Brand, Conversation: v.ID, Case: c.ID, Account: v.Account, Network: v.Network,
			Direction: hilft.Outbound, Visibility: v.Visibility, Agent: see.Agent, InReplyTo: last.Remote, Subject: clean(r.Subject), Body: r.Text,
			Warning: strings.TrimSpace(clean(r.Warning)), Files: r.Files,
			At: tx.Now(), MadeAt: made, Delivery: hilft.Queued, Request: r.Request,
		}
		if err := d.send(ctx, tx, v, last, &m); err != nil {
			return err
		}
		if err := sentDraft(ctx, tx, c.ID, see.Agent, DraftReply, r.Draft); err != nil {
			return err
		}
		events := []jobs.Event{{Kind: hilft.EventMessageWritten, Brand: c.Brand, Case: c.ID, Subject: string(m.ID), Agent: see.Agent}}
		if c.Agent == "" {
			events = append(events, c.give(see.Agent, see.Agent, ""))
		}
		if r.Solve {
			events = append(events, c.solve(m.MadeAt, see.Agent))
		}
		if !r.Sleep.IsZero() && !r.Solve {
			if err := sleepable(r.Sleep, tx.Now()); err != nil {
				return err
			}
			events = append(events, c.sleep(r.Sleep, m.MadeAt, see.Agent))
		}
		if c, err = d.settle(ctx, tx, c); err != nil {
			return err
		}
		if err := unreserved(ctx, tx, c); err != nil {
			return err
		}
		if err := d.jobs.Record(ctx, tx, events...); err != nil {
			return err
		}
		faults.Point(faults.ReplyWritten)
		return nil
	})
	if err != nil {
		return Message{}, fmt.Errorf("desk: reply: %w", err)
	}
	faults.Point(faults.ReplyDurable)
	return m, nil
}

// Signed is a text as it goes out with a sign behind it. One that ends with it already, as one that was taken back does, gets no second.
func Signed(text, sign string) string {
	text = strings.TrimSpace(text)
	before, has := strings.CutSuffix(text, sign)
	if sign == "" || has && strings.TrimSpace(before) != before || before == "" && has {
		return text
	}
	return strings.TrimSpace(text + " " + sign)
}

// spokenSince tells whether the customer or a colleague has said something in a case since a message, which is the last that
// an agent has seen.
func spokenSince(ctx context.Context, tx *store.Tx, id hilft.CaseID, seen hilft.MessageID, by hilft.AgentID) (bool, error) {
	var one int
	err := tx.Row(ctx, `SELECT 1 FROM message WHERE case_id = ? AND (direction = ? OR direction = ? AND agent_id <> ? AND auto = 0 AND delivery <> 'withdrawn')
			AND made_at > COALESCE((SELECT made_at FROM message WHERE id = ? AND case_id = ?), 0) LIMIT 1`,
		[]any{string(id), string(hilft.Inbound), string(hilft.Outbound), string(by), string(seen), string(id)}, &one)
	if store.IsNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// room finds where a reply goes, and what it answers. To answer a public word in private begins a conversation there,
// unless the case has one with this person already.
func (d *Desk) room(ctx context.Context, tx *store.Tx, c Case, r Reply) (Conversation, Message, error) {
	all, err := caseConversations(ctx, tx, c)
	if err != nil {
		return Conversation{}, Message{}, err
	}
	i := slices.IndexFunc(all, func(v Conversation) bool { return v.ID == r.Conversation })
	if i < 0 {
		return Conversation{}, Message{}, hilft.FailField(hilft.Invalid, "reply.no_conversation", "conversation_id", nil)
	}
	v := all[i]
	last, err := lastHeard(ctx, tx, c, v)
	if err != nil || r.Visibility == "" || r.Visibility == v.Visibility {
		return v, last, err
	}
	if r.Visibility != hilft.Private {
		return Conversation{}, Message{}, hilft.FailField(hilft.Invalid, "reply.private_stays_private", "visibility", nil)
	}
	if i := slices.IndexFunc(all, func(o Conversation) bool { return o.Visibility == hilft.Private && o.Account == v.Account }); i >= 0 {
		last, err := lastHeard(ctx, tx, c, all[i])
		return all[i], last, err
	}
	private := Conversation{
		ID: hilft.ConversationID(hilft.NewID()), Brand: v.Brand, Account: v.Account, Network: v.Network, Visibility: hilft.Private,
		Person: c.Person, Case: c.ID, Subject: v.Subject, MadeAt: tx.Now(),
	}
	return private, last, insertConversations(ctx, tx, private)
}

// caseConversations are the conversations in which a case was spoken of, the last spoken in first. In one in which nothing was said yet
// they are those of the case that it continues.
func caseConversations(ctx context.Context, tx *store.Tx, c Case) ([]Conversation, error) {
	all, err := store.All(ctx, tx, conversationColumns+fromConversation+`WHERE v.brand_id = ? AND (v.case_id = ? OR v.id IN (SELECT conversation_id FROM message WHERE case_id = ?))
		ORDER BY COALESCE((SELECT MAX(at) FROM message m WHERE m.conversation_id = v.id AND m.case_id = ?), v.made_at) DESC, v.id`,
		[]any{string(c.Brand), string(c.ID), string(c.ID), string(c.ID)}, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("desk: conversations: %w", err)
	}
	if c.After == "" || !c.lastAt.IsZero() {
		return all, nil
	}
	after, err := whereItIs(ctx, tx, c.After)
	if err != nil {
		return nil, err
	}
	before, err := caseConversations(ctx, tx, Case{ID: after, Brand: c.Brand})
	for _, v := range before {
		if !slices.ContainsFunc(all, func(o Conversation) bool { return o.ID == v.ID }) {
			all = append(all, v)
		}
	}
	return all, err
}

// lastHeard is the last word of the case's person in a conversation of the case; in one that we began, the last word
// they said anywhere else on that account. What a machine said is answered only where nobody has said anything: it may
// be of another sender, such as the server that sends a message back.
func lastHeard(ctx context.Context, tx *store.Tx, c Case, v Conversation) (Message, error) {
	const latest = ` AND m.direction = 'inbound' AND m.deleted_at = 0 ORDER BY m.auto, m.at DESC, m.id DESC LIMIT 1`
	m, err := messageWhere(ctx, tx, `WHERE m.case_id = ? AND m.conversation_id = ?`+latest, string(c.ID), string(v.ID))
	if store.IsNoRows(err) {
		m, err = messageWhere(ctx, tx, `WHERE m.case_id = ? AND m.account_id = ?`+latest, string(c.ID), string(v.Account))
	}
	if store.IsNoRows(err) && c.After != "" { // not a word yet: what was said there about the case that it continues
		m, err = messageWhere(ctx, tx, `WHERE m.conversation_id = ? AND m.identity_id IN (SELECT id FROM identity WHERE person_id = ?)`+latest, string(v.ID), string(c.Person))
	}
	if store.IsNoRows(err) {
		return Message{}, hilft.FailField(hilft.Invalid, "reply.nobody_there", "conversation_id", nil)
	}
	return m, err
}

// lane keeps the order of what we say in one conversation.
func lane(v hilft.ConversationID) string { return "out:" + string(v) }

// dispatch enqueues the delivery of a message, with all that the network needs to know.
func (d *Desk) dispatch(ctx context.Context, tx *store.Tx, v Conversation, last, m Message, again bool) error {
	refs, err := store.All(ctx, tx, `SELECT remote_id FROM message WHERE conversation_id = ? AND remote_id <> '' AND id <> ? ORDER BY at DESC, id DESC LIMIT ?`,
		[]any{string(v.ID), string(m.ID), refsMost}, func(scan func(into ...any) error, s *string) error { return scan(s) })
	if err != nil {
		return fmt.Errorf("desk: dispatch: %w", err)
	}
	slices.Reverse(refs)
	var to channel.Author
	if last.Identity != "" {
		if err := tx.Row(ctx, `SELECT remote_id, handle, name, url FROM identity WHERE id = ?`, []any{string(last.Identity)}, &to.ID, &to.Handle, &to.Name, &to.URL); err != nil {
			return fmt.Errorf("desk: dispatch: %w", err)
		}
	} else if to.Handle, err = letterTo(ctx, tx, m.ID); err != nil {
		return err
	}
	subject := m.Subject
	if subject == "" {
		subject = v.Subject
	}
	a, err := attireOf(ctx, tx, m)
	if err != nil {
		return err
	}
	var files []channel.File
	for _, f := range m.Files {
		files = append(files, channel.File{Name: f.Name, Type: f.Type, Alt: f.Alt, Size: f.Size, Hash: f.Hash})
	}
	return d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDeliver, Lane: lane(v.ID), Args: channel.Dispatch{
		Brand: m.Brand, Account: m.Account, Message: m.ID, Again: again, Anew: m.Remote != "",
		Out: channel.Outgoing{
			Key: keyOf(m), Thread: v.Thread, Visibility: v.Visibility, InReplyTo: last.Remote, Refs: refs, To: to, Addressed: last.Addressed, Subject: subject, Text: m.Body,
			Warning: m.Warning, Files: files, Auto: m.Auto, Language: a.language, Signature: a.signature, Answered: quoted(v, last, m, to),
		},
	}})
}

// attire is what a message of ours wears on networks that have letters.
type attire struct{ language, signature string }

// attireOf reads the signature under a message: its author's own lines, and the brand's below them. What hilft says by
// itself has none.
func attireOf(ctx context.Context, tx *store.Tx, m Message) (a attire, err error) {
	var brand, of, agent, own string
	if err = tx.Row(ctx, `SELECT name, language, signature FROM brand WHERE id = ?`, []any{string(m.Brand)}, &brand, &a.language, &of); store.IsNoRows(err) {
		err = nil
	}
	if err == nil && m.Agent != "" {
		if err = tx.Row(ctx, `SELECT name, signature FROM agent WHERE id = ?`, []any{string(m.Agent)}, &agent, &own); store.IsNoRows(err) {
			err = nil
		}
	}
	if err != nil {
		return a, fmt.Errorf("desk: signature: %w", err)
	}
	if !m.Auto {
		fill := strings.NewReplacer("{agent}", agent, "{brand}", brand)
		a.signature = strings.TrimSpace(fill.Replace(own) + "\n" + fill.Replace(of))
	}
	return a, nil
}

// quoteMost is how much of what is answered an answer quotes, in bytes.
const quoteMost = 16 << 10

// quoted is what an answer quotes: what was said in the same conversation, never what was said elsewhere.
func quoted(v Conversation, last, m Message, by channel.Author) *channel.Answered {
	if last.Conversation != v.ID || v.Visibility != hilft.Private || m.Auto || strings.TrimSpace(last.Body) == "" {
		return nil
	}
	text := last.Body
	if len(text) > quoteMost {
		text = strings.ToValidUTF8(text[:quoteMost], "") + " …"
	}
	return &channel.Answered{By: by, At: last.At, Text: text}
}

// keyOf is the key under which a message goes out: one that came back goes out under another, so that nobody takes it for
// the one that they know.
func keyOf(m Message) string {
	if m.Remote == "" {
		return string(m.ID)
	}
	sum := sha256.Sum256([]byte(m.Remote))
	return string(m.ID) + "-" + hex.EncodeToString(sum[:8])
}

// Note writes something for colleagues. It never leaves the house. The version of the draft that it was goes with it. The same
// request again writes nothing more.
func (d *Desk) Note(ctx context.Context, see access.Sight, id hilft.CaseID, text, draft, request string) (Message, error) {
	if text = strings.TrimSpace(clean(text)); text == "" {
		return Message{}, hilft.FailField(hilft.Invalid, "note.empty", "text", nil)
	}
	var m Message
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := caseWithWords(ctx, tx, see, access.Note, id)
		if err != nil {
			return err
		}
		if m, err = written(ctx, tx, c.Brand, see.Agent, request); !store.IsNoRows(err) {
			return err
		}
		if m, err = d.noted(ctx, tx, &c, see.Agent, text, request); err != nil {
			return err
		}
		if err := sentDraft(ctx, tx, c.ID, see.Agent, DraftNote, draft); err != nil {
			return err
		}
		return saveCases(ctx, tx, c)
	})
	if err != nil {
		return Message{}, fmt.Errorf("desk: note: %w", err)
	}
	return m, nil
}

// noted writes a note into a case, which is changed by that and not saved.
func (d *Desk) noted(ctx context.Context, tx *store.Tx, c *Case, by hilft.AgentID, text, request string) (Message, error) {
	made := c.next(tx.Now())
	m := Message{
		ID: hilft.MessageID(hilft.NewIDAt(made)), Brand: c.Brand, Case: c.ID, Direction: hilft.Note, Visibility: hilft.Private,
		Agent: by, Body: text, At: tx.Now(), MadeAt: made, Request: request,
	}
	c.ChangedAt = made
	if err := insertMessages(ctx, tx, m); err != nil {
		return Message{}, err
	}
	return m, d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventNoteWritten, Brand: c.Brand, Case: c.ID, Subject: string(m.ID), Agent: by})
}

// clean takes out of a text what databases and networks refuse.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// delivered writes down what the switchboard says of a message of ours.
func (d *Desk) delivered(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r channel.Report
	if err := j.Read(&r); err != nil {
		return err
	}
	m, found, err := d.ours(ctx, tx, r.Message)
	if err != nil || !found {
		return err
	}
	if r.Delivery != m.Delivery && r.Delivery != hilft.Sent && !m.Delivery.Next(r.Delivery) {
		return nil // late word about an earlier attempt; but what the network has, it has
	}
	if r.Delivery == hilft.Sent && m.Remote != "" && (m.Delivery == hilft.Sent || cameBack(m) && r.Receipt.ID == m.Remote) {
		return nil // told twice
	}
	m.Delivery, m.Reason, m.Detail, m.RetryAt = r.Delivery, r.Reason, r.Detail, r.RetryAt
	if r.Delivery == hilft.Sent {
		if err := d.named(ctx, tx, &m, r.Receipt); err != nil {
			return err
		}
		if err := applyReturned(ctx, tx, &m); err != nil {
			return err
		}
	}
	if err := d.moved(ctx, tx, m, ""); err != nil {
		return err
	}
	if err := d.waitForEyes(ctx, tx, m, r.Onward); err != nil {
		return err
	}
	faults.Point(faults.DeliveryTold)
	return nil
}

// neverTold takes what is left of a report that could not be written down and was discarded: where its message stands.
func (d *Desk) neverTold(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r channel.Report
	if err := j.Read(&r); err != nil {
		return nil //nolint:nilerr // it names no message
	}
	if r.Delivery != hilft.Sent && r.Delivery != hilft.Failed && r.Delivery != hilft.Unknown {
		return nil // what it goes on to is told by another
	}
	m, found, err := d.ours(ctx, tx, r.Message)
	if err != nil || !found || m.Delivery != hilft.Queued && m.Delivery != hilft.Sending {
		return err
	}
	m.becomes(r.Delivery)
	m.Reason, m.Detail = r.Reason, r.Detail
	return d.moved(ctx, tx, m, "")
}

// ours is the message that a job is about, with others kept away from it and from its case; not found: it was erased
// meanwhile.
func (d *Desk) ours(ctx context.Context, tx *store.Tx, id hilft.MessageID) (m Message, found bool, err error) {
	m, err = messageWhere(ctx, tx, `WHERE m.id = ?`, string(id))
	if store.IsNoRows(err) {
		return Message{}, false, nil
	}
	if err != nil {
		return Message{}, false, err
	}
	m, err = d.hold(ctx, tx, m)
	return m, err == nil, err
}

// hold keeps others away from a message and its case until the transaction ends, and reads the message anew.
func (d *Desk) hold(ctx context.Context, tx *store.Tx, m Message) (Message, error) {
	if err := alone(ctx, tx, m.Account); err != nil {
		return Message{}, err
	}
	m, err := messageWhere(ctx, tx, `WHERE m.id = ?`, string(m.ID)) // its case may have gone into another
	if err != nil {
		return Message{}, err
	}
	if _, err := caseForUpdate(ctx, tx, m.Case); err != nil {
		return Message{}, err
	}
	return messageWhere(ctx, tx, `WHERE m.id = ?`, string(m.ID))
}

// named gives a message the id that the network gave it. If the network has shown us our own message before it told us
// that it took it, that copy goes, and the conversation in which it stood is this one.
func (d *Desk) named(ctx context.Context, tx *store.Tx, m *Message, r channel.Receipt) error {
	m.Remote, m.URL = r.ID, r.URL
	if !r.At.IsZero() {
		m.At = r.At
	}
	v, err := conversationOf(ctx, tx, *m)
	if err != nil || m.Remote == "" {
		return err
	}
	shown, err := messageByRemote(ctx, tx, m.Account, m.Remote)
	switch {
	case store.IsNoRows(err) || err == nil && shown.ID == m.ID:
	case err != nil:
		return err
	case shown.Direction != hilft.Outbound || shown.Agent != "":
		// Somebody's words, or an earlier answer of ours: the other side gives ids away twice. Nothing goes for that.
		m.Remote += "#" + string(m.ID)
	default:
		if _, err := tx.Exec(ctx, `DELETE FROM message WHERE id = ?`, string(shown.ID)); err != nil {
			return fmt.Errorf("desk: delivered: %w", err)
		}
		m.EditedAt, m.DeletedAt = shown.EditedAt, shown.DeletedAt
		if err := d.gone(ctx, tx, *m, shown); err != nil {
			return err
		}
	}
	refs := []string{messageRef(m.Remote)}
	if r.Thread != "" {
		refs = append(refs, threadRef(r.Thread))
		v.Thread = cmp.Or(v.Thread, r.Thread)
	}
	found, err := conversationsByRef(ctx, tx, v.Account, v.Visibility, refs)
	if err != nil {
		return err
	}
	for _, other := range found {
		if other.ID != v.ID && (v.Visibility == hilft.Public || other.Person == "" || other.Person == v.Person) {
			if _, err := d.unite(ctx, tx, &v, other); err != nil {
				return err
			}
		}
	}
	if err := saveConversations(ctx, tx, v); err != nil {
		return err
	}
	if err := addRefs(ctx, tx, v, refs); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE conversation_ref SET conversation_id = ? WHERE account_id = ? AND visibility = ? AND ref = ?`,
		string(v.ID), string(v.Account), string(v.Visibility), refs[0])
	return err
}

// gone settles what a copy of our own message leaves behind: its case, and what was reported of it.
func (d *Desk) gone(ctx context.Context, tx *store.Tx, m, shown Message) error {
	if !shown.EditedAt.IsZero() || !shown.DeletedAt.IsZero() {
		if _, err := tx.Exec(ctx, `UPDATE message SET body = ?, html = ?, edited_at = ?, deleted_at = ? WHERE id = ?`,
			shown.Body, shown.HTML, store.Micros(shown.EditedAt), store.Micros(shown.DeletedAt), string(m.ID)); err != nil {
			return fmt.Errorf("desk: delivered: %w", err)
		}
	}
	if shown.Case == "" || shown.Case == m.Case {
		return nil
	}
	c, err := caseForUpdate(ctx, tx, shown.Case)
	if err != nil {
		return err
	}
	_, err = d.settle(ctx, tx, c)
	return err
}

func conversationOf(ctx context.Context, tx *store.Tx, m Message) (Conversation, error) {
	v, err := store.All(ctx, tx, conversationColumns+fromConversation+`WHERE v.id = ?`, []any{string(m.Conversation)}, scanConversation)
	if err == nil && len(v) == 0 {
		err = store.NoRows
	}
	if err != nil {
		return Conversation{}, fmt.Errorf("desk: conversation of %s: %w", m.ID, err)
	}
	return v[0], nil
}

// moved writes down where a message of ours stands, and what that means for its case.
func (d *Desk) moved(ctx context.Context, tx *store.Tx, m Message, by hilft.AgentID) error {
	_, err := tx.Exec(ctx, `UPDATE message SET delivery = ?, reason = ?, detail = ?, retry_at = ?, let_go_at = ?, remote_id = ?, url = ?, at = ? WHERE id = ?`,
		string(m.Delivery), m.Reason, m.Detail, store.Micros(m.RetryAt), store.Micros(m.LetGoAt), m.Remote, m.URL, store.Micros(m.At), string(m.ID))
	if err != nil {
		return fmt.Errorf("desk: delivered: %w", err)
	}
	c, err := caseForUpdate(ctx, tx, m.Case)
	if err != nil {
		return err
	}
	// A solved case whose last answer did not arrive is not solved: who waited for it waits again. What a person decides
	// about it later is none of that.
	if by == "" && m.Delivery == hilft.Failed && c.State == hilft.Solved && !m.Auto {
		c.SolvedAt = time.Time{}
	}
	if _, err := d.settle(ctx, tx, c); err != nil {
		return err
	}
	data := map[string]string{"delivery": string(m.Delivery), "reason": m.Reason}
	if !m.LetGoAt.IsZero() { // else it reads as if it had failed once more
		data["let_go"] = "true"
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageMoved, Brand: m.Brand, Case: m.Case, Subject: string(m.ID), Agent: by, Data: data})
}

// Retry sends a message again that failed, or of which nobody knows whether it arrived: a person has looked.
func (d *Desk) Retry(ctx context.Context, see access.Sight, id hilft.MessageID) (Message, error) {
	return d.decide(ctx, see, id, func(ctx context.Context, tx *store.Tx, m *Message) error {
		c, err := caseForUpdate(ctx, tx, m.Case)
		if err != nil {
			return err
		}
		v, err := conversationOf(ctx, tx, *m)
		if err != nil {
			return err
		}
		letter, err := isLetter(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		var last Message // a letter answers nobody in its own conversation
		if !letter {
			if last, err = answeredBy(ctx, tx, c, v, *m); err != nil {
				return err
			}
		}
		if err := d.dispatch(ctx, tx, v, last, *m, true); err != nil {
			return err
		}
		m.becomes(hilft.Queued)
		return nil
	})
}

// answeredBy is the word to which a message of ours was written, and to whose author it goes however often it is sent;
// where that is gone, the last that was heard.
func answeredBy(ctx context.Context, tx *store.Tx, c Case, v Conversation, m Message) (Message, error) {
	if m.InReplyTo != "" {
		to, err := messageByRemote(ctx, tx, m.Account, m.InReplyTo)
		if err == nil && to.Direction == hilft.Inbound && to.DeletedAt.IsZero() {
			return to, nil
		}
		if err != nil && !store.IsNoRows(err) {
			return Message{}, err
		}
	}
	return lastHeard(ctx, tx, c, v)
}

// Arrived says of a message of which nobody knew that it did arrive: a person has seen it at the network.
func (d *Desk) Arrived(ctx context.Context, see access.Sight, id hilft.MessageID) (Message, error) {
	return d.decide(ctx, see, id, func(_ context.Context, _ *store.Tx, m *Message) error {
		if m.Delivery != hilft.Unknown {
			return hilft.Fail(hilft.Conflict, "message.not_unknown", nil)
		}
		m.becomes(hilft.Sent)
		return nil
	})
}

// LetGo leaves it at that with a message that failed: a person has told the customer in another way, or there is none any
// more. It did not arrive, and that stays with it; nobody is asked to see to it.
func (d *Desk) LetGo(ctx context.Context, see access.Sight, id hilft.MessageID) (Message, error) {
	return d.decide(ctx, see, id, func(_ context.Context, tx *store.Tx, m *Message) error {
		if m.Delivery != hilft.Failed {
			return hilft.Fail(hilft.Conflict, "message.not_failed", nil)
		}
		m.LetGoAt = tx.Now()
		return nil
	})
}

// TakeUp takes back that a failed message was let go.
func (d *Desk) TakeUp(ctx context.Context, see access.Sight, id hilft.MessageID) (Message, error) {
	return d.decide(ctx, see, id, func(_ context.Context, _ *store.Tx, m *Message) error {
		if m.LetGoAt.IsZero() {
			return hilft.Fail(hilft.Conflict, "message.not_let_go", nil)
		}
		m.LetGoAt = time.Time{}
		return nil
	})
}

func (m *Message) becomes(d hilft.Delivery) {
	m.Delivery, m.Reason, m.Detail, m.RetryAt, m.LetGoAt = d, "", "", time.Time{}, time.Time{}
}

// decide lets a person say what becomes of a message of ours that failed, or of which nobody knows.
func (d *Desk) decide(ctx context.Context, see access.Sight, id hilft.MessageID, then func(ctx context.Context, tx *store.Tx, m *Message) error) (Message, error) {
	var m Message
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if m, err = messageFor(ctx, tx, see, access.Work, id); err != nil {
			return err
		}
		if m.Direction != hilft.Outbound {
			return hilft.Fail(hilft.Conflict, "message.not_yours_to_decide", nil)
		}
		if m, err = d.hold(ctx, tx, m); err != nil { // two people may decide at the same time
			return err
		}
		if m.Delivery != hilft.Failed && m.Delivery != hilft.Unknown {
			return hilft.Fail(hilft.Conflict, "message.not_yours_to_decide", nil)
		}
		if err := then(ctx, tx, &m); err != nil {
			return err
		}
		return d.moved(ctx, tx, m, see.Agent)
	})
	if err != nil {
		return Message{}, fmt.Errorf("desk: decide: %w", err)
	}
	return m, nil
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
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
	m, err := messageWhere(ctx, tx, `WHERE m.id = ?`, string(r.Message))
	if store.IsNoRows(err) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	if r.Delivery != m.Delivery && !m.Delivery.Next(r.Delivery) {
		return nil // late word about an earlier attempt
	}
	m.Delivery, m.Reason, m.Detail, m.RetryAt = r.Delivery, r.Reason, r.Detail, r.RetryAt
	if r.Delivery == hilft.Sent {
		if err := named(ctx, tx, &m, r.Receipt); err != nil {
			return err
		}
	}
	if err := d.moved(ctx, tx, m, ""); err != nil {
		return err
	}
	faults.Point(faults.DeliveryTold)
	return nil
}

// named gives a message the id that the network gave it. If the network has shown us our own message before it told us
// that it took it, that copy goes.
func named(ctx context.Context, tx *store.Tx, m *Message, r channel.Receipt) error {
	m.Remote, m.URL = r.ID, r.URL
	if !r.At.IsZero() {
		m.At = r.At
	}
	if _, err := tx.Exec(ctx, `DELETE FROM message WHERE account_id = ? AND remote_id = ? AND id <> ?`, string(m.Account), m.Remote, string(m.ID)); err != nil {
		return fmt.Errorf("desk: delivered: %w", err)
	}
	v, err := store.All(ctx, tx, conversationColumns+`WHERE id = ?`, []any{string(m.Conversation)}, scanConversation)
	if err != nil || len(v) == 0 {
		return err
	}
	refs := []string{m.Remote}
	if r.Thread != "" && v[0].Thread == "" {
		if _, err := tx.Exec(ctx, `UPDATE conversation SET thread = ? WHERE id = ?`, r.Thread, string(v[0].ID)); err != nil {
			return fmt.Errorf("desk: delivered: %w", err)
		}
		refs = append(refs, threadRef(r.Thread))
	}
	return addRefs(ctx, tx, v[0], refs)
}

// moved writes down where a message of ours stands, and what that means for its case.
func (d *Desk) moved(ctx context.Context, tx *store.Tx, m Message, by hilft.AgentID) error {
	_, err := tx.Exec(ctx, `UPDATE message SET delivery = ?, reason = ?, detail = ?, retry_at = ?, remote_id = ?, url = ?, at = ? WHERE id = ?`,
		string(m.Delivery), m.Reason, m.Detail, store.Micros(m.RetryAt), m.Remote, m.URL, store.Micros(m.At), string(m.ID))
	if err != nil {
		return fmt.Errorf("desk: delivered: %w", err)
	}
	c, err := caseForUpdate(ctx, tx, m.Brand, m.Case)
	if err != nil {
		return err
	}
	// A solved case whose last answer did not arrive is not solved.
	if m.Delivery == hilft.Failed && c.State == hilft.Solved {
		c.State, c.SolvedAt = hilft.Open, m.MadeAt.Add(-1)
	}
	if _, err := d.settle(ctx, tx, c, false); err != nil {
		return err
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventMessageMoved, Brand: m.Brand, Case: m.Case, Subject: string(m.ID), Agent: by,
		Data: map[string]string{"delivery": string(m.Delivery), "reason": m.Reason}})
}

// Retry sends a message again that failed, or of which nobody knows whether it arrived: a person has looked.
func (d *Desk) Retry(ctx context.Context, brand hilft.BrandID, id hilft.MessageID, agent hilft.AgentID) (Message, error) {
	return d.decide(ctx, brand, id, agent, hilft.Queued, func(ctx context.Context, tx *store.Tx, m Message) error {
		c, err := caseForUpdate(ctx, tx, brand, m.Case)
		if err != nil {
			return err
		}
		v, err := store.All(ctx, tx, conversationColumns+`WHERE id = ?`, []any{string(m.Conversation)}, scanConversation)
		if err != nil || len(v) == 0 {
			return fmt.Errorf("desk: retry: conversation of %s: %w", m.ID, err)
		}
		last, err := lastHeard(ctx, tx, c, v[0])
		if err != nil {
			return err
		}
		return d.dispatch(ctx, tx, v[0], last, m, true)
	})
}

// Arrived says of a message of which nobody knew that it did arrive: a person has seen it at the network.
func (d *Desk) Arrived(ctx context.Context, brand hilft.BrandID, id hilft.MessageID, agent hilft.AgentID) (Message, error) {
	return d.decide(ctx, brand, id, agent, hilft.Sent, func(_ context.Context, _ *store.Tx, m Message) error {
		if m.Delivery != hilft.Unknown {
			return hilft.Fail(hilft.Conflict, "message.not_unknown", nil)
		}
		return nil
	})
}

func (d *Desk) decide(ctx context.Context, brand hilft.BrandID, id hilft.MessageID, agent hilft.AgentID, next hilft.Delivery, then func(ctx context.Context, tx *store.Tx, m Message) error) (Message, error) {
	var m Message
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if m, err = messageOf(ctx, tx, brand, id); err != nil {
			return err
		}
		// Only what failed or is unknown is a person's to decide.
		if m.Direction != hilft.Outbound || m.Delivery != hilft.Failed && m.Delivery != hilft.Unknown || !m.Delivery.Next(next) {
			return hilft.Fail(hilft.Conflict, "message.not_yours_to_decide", nil)
		}
		if err := then(ctx, tx, m); err != nil {
			return err
		}
		m.Delivery, m.Reason, m.Detail = next, "", ""
		return d.moved(ctx, tx, m, agent)
	})
	if err != nil {
		return Message{}, fmt.Errorf("desk: decide: %w", err)
	}
	return m, nil
}

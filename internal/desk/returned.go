// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// returned writes down that a message of ours came back, when an item says so. The network may tell it before it has told
// us the message's id; then it is kept until then.
func (d *Desk) returned(ctx context.Context, tx *store.Tx, h Heard) error {
	back := h.Item.Returned
	if back == nil {
		return nil
	}
	m, err := messageByRemote(ctx, tx, h.Account, back.ID)
	if store.IsNoRows(err) {
		_, err = tx.Exec(ctx, `INSERT INTO returned (account_id, remote_id, reason, detail, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			string(h.Account), back.ID, back.Reason, back.Detail, store.Micros(tx.Now()))
	}
	if err != nil {
		return fmt.Errorf("desk: returned: %w", err)
	}
	if m.ID == "" || m.Case == "" || m.Agent == "" && !m.Auto {
		return nil // not known yet, or written with another tool: nothing here waits for it
	}
	if _, err := caseForUpdate(ctx, tx, m.Case); err != nil {
		return err
	}
	if m, err = messageWhere(ctx, tx, `WHERE m.id = ?`, string(m.ID)); err != nil {
		return err
	}
	if m.Direction != hilft.Outbound || m.Remote != back.ID || m.Delivery != hilft.Sent {
		return nil // told twice, or sent again meanwhile
	}
	m.Delivery, m.Reason, m.Detail = hilft.Failed, back.Reason, back.Detail
	return d.moved(ctx, tx, m, "")
}

// applyReturned looks whether a message came back before it was known by the id that it has now.
func applyReturned(ctx context.Context, tx *store.Tx, m *Message) error {
	var reason, detail string
	err := tx.Row(ctx, `DELETE FROM returned WHERE account_id = ? AND remote_id = ? RETURNING reason, detail`, []any{string(m.Account), m.Remote}, &reason, &detail)
	if store.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("desk: returned: %w", err)
	}
	m.Delivery, m.Reason, m.Detail = hilft.Failed, reason, detail
	return nil
}

// cameBack tells whether the network had taken a message and sent it back: it has an id there, and has failed.
func cameBack(m Message) bool { return m.Delivery == hilft.Failed && m.Remote != "" }

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Deliveries lists what was and is to be posted to an endpoint, the newest first: at most so many, which come before one.
// An empty state: all. more: there are some before them. NotFound: the brand has no such endpoint.
func (w *Webhooks) Deliveries(ctx context.Context, brand hilft.BrandID, endpoint string, state State, before string, most int) (all []Delivery, more bool, err error) {
	err = w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := one(ctx, tx, brand, endpoint, ""); err != nil {
			return err
		}
		where, args := `webhook_id = ?`, []any{endpoint}
		if before != "" {
			where, args = where+` AND id < ?`, append(args, before)
		}
		if state != "" {
			where, args = where+` AND state = ?`, append(args, string(state))
		}
		all, err = store.All(ctx, tx, deliveryColumns+`WHERE `+where+` ORDER BY id DESC LIMIT `+strconv.Itoa(most+1), args, scanDelivery)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("webhook: deliveries: %w", err)
	}
	if more = len(all) > most; more {
		all = all[:most]
	}
	return all, more, nil
}

// Replay posts a delivery once more that is over, under its own id, and tries that for three days again. Conflict: it
// waits, or its endpoint is off. NotFound: the brand has no such one.
func (w *Webhooks) Replay(ctx context.Context, brand hilft.BrandID, endpoint, id string) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := one(ctx, tx, brand, endpoint, "")
		if err != nil {
			return err
		}
		var of hilft.CaseID
		var state State
		err = tx.Row(ctx, `SELECT case_id, state FROM webhook_delivery WHERE id = ? AND webhook_id = ?`+tx.Lock(), []any{id, endpoint}, &of, &state)
		switch {
		case store.IsNoRows(err):
			return hilft.Fail(hilft.NotFound, "webhook.delivery.not_found", nil)
		case err != nil:
			return err
		case state == Waiting:
			return hilft.Fail(hilft.Conflict, "webhook.delivery.waits", nil)
		case !e.OffAt.IsZero():
			return hilft.Fail(hilft.Conflict, "webhook.off", nil)
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_delivery SET state = ?, asked_at = ? WHERE id = ?`, string(Waiting), store.Micros(tx.Now()), id); err != nil {
			return err
		}
		if err := access.Trail(ctx, tx, audit.WebhookReplayed, brand, endpoint, audit.Detail{"delivery": id}); err != nil {
			return err
		}
		return w.enqueue(ctx, tx, endpoint, of, id)
	})
	if err != nil {
		return fmt.Errorf("webhook: replay: %w", err)
	}
	return nil
}

// Try posts something to an endpoint that says that it is a test. Conflict: it is off. NotFound: the brand has no such one.
func (w *Webhooks) Try(ctx context.Context, brand hilft.BrandID, endpoint string) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, err := one(ctx, tx, brand, endpoint, "")
		if err != nil {
			return err
		}
		if !e.OffAt.IsZero() {
			return hilft.Fail(hilft.Conflict, "webhook.off", nil)
		}
		p := Payload{Type: Test, Timestamp: tx.Now(), Data: Data{Brand: brand, Agent: access.Actor(ctx).ID}}
		body, err := p.body()
		if err != nil {
			return err
		}
		return w.order(ctx, tx, e, p, body)
	})
	if err != nil {
		return fmt.Errorf("webhook: try: %w", err)
	}
	return nil
}

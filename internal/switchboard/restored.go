// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"fmt"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Doubt puts every message that was to be sent before a person: in a house that was restored from a backup, its original
// may have sent it since. It is not asked for at its network, which would take for missing what somebody deleted there
// meanwhile. Signs of life that were under way came back there, if anywhere: here none is waited for. Doubt tells how many
// messages there are; it is for the time before Run. Letters that answers were to go on in are put before a person as well.
// Alerts are told all the same: one that comes twice harms nobody.
func (s *Switchboard) Doubt(ctx context.Context, tx *store.Tx) (int, error) {
	if _, err := s.Jobs.Withdraw(ctx, tx, hilft.JobCanary); err != nil {
		return 0, fmt.Errorf("switchboard: doubt: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE canary SET waits_since = 0`); err != nil {
		return 0, fmt.Errorf("switchboard: doubt: %w", err)
	}
	if err := s.doubtOnward(ctx, tx); err != nil {
		return 0, fmt.Errorf("switchboard: doubt: %w", err)
	}
	held, err := s.doubtHeld(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("switchboard: doubt: %w", err)
	}
	orders, err := s.Jobs.Withdraw(ctx, tx, hilft.JobDeliver)
	if err != nil {
		return 0, fmt.Errorf("switchboard: doubt: %w", err)
	}
	for _, j := range orders {
		var d channel.Dispatch
		if err := j.Read(&d); err != nil {
			continue // it names no message
		}
		now := store.Micros(tx.Now())
		anew := 0 // what the network has sent back is to go out once more, and may have
		if d.Anew {
			anew = 1
		}
		n, err := tx.Exec(ctx, `INSERT INTO delivery (message_id, account_id, job_id, state, attempt, reads, reason, detail, remote_id, first_at, called_at, changed_at)
			VALUES (?, ?, ?, ?, 0, 0, ?, '', '', ?, 0, ?) ON CONFLICT (message_id) DO UPDATE SET job_id = excluded.job_id, state = excluded.state, reason = excluded.reason,
				remote_id = CASE WHEN delivery.state = 'sent' THEN '' ELSE delivery.remote_id END, changed_at = excluded.changed_at
				WHERE delivery.state <> 'sent' OR (? = 1 AND delivery.job_id <> excluded.job_id)`,
			string(d.Message), string(d.Account), j.ID, string(hilft.Unknown), channel.ReasonRestored, store.Micros(j.MadeAt), now, anew)
		if err != nil {
			return 0, fmt.Errorf("switchboard: doubt: %w", err)
		}
		// It was on its way, and nobody knows how far: in this order, as the desk knows it from every other message.
		reports := []channel.Report{{Message: d.Message, Delivery: hilft.Sending}, {Message: d.Message, Delivery: hilft.Unknown, Reason: channel.ReasonRestored}}
		if n == 0 { // the network has it: somebody asked for it again while its word was on its way
			reports = []channel.Report{{Message: d.Message, Delivery: hilft.Sent}}
			if err := tx.Row(ctx, `SELECT remote_id FROM delivery WHERE message_id = ?`, []any{string(d.Message)}, &reports[0].Receipt.ID); err != nil {
				return 0, fmt.Errorf("switchboard: doubt: %w", err)
			}
		}
		for _, r := range reports {
			if err := s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDelivery, Lane: told(d.Message), Args: r}); err != nil {
				return 0, fmt.Errorf("switchboard: doubt: %w", err)
			}
		}
	}
	return held + len(orders), nil
}

// doubtHeld is Doubt for replies that were held: they went out from the original some seconds later.
func (s *Switchboard) doubtHeld(ctx context.Context, tx *store.Tx) (int, error) {
	held, err := s.Jobs.Withdraw(ctx, tx, hilft.JobRelease)
	if err != nil {
		return 0, err
	}
	for _, j := range held {
		var r channel.Release
		if err := j.Read(&r); err != nil {
			continue // it names no message
		}
		if err := s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDelivery, Lane: told(r.Message), Args: channel.Report{
			Message: r.Message, Delivery: hilft.Unknown, Reason: channel.ReasonRestored,
		}}); err != nil {
			return 0, err
		}
	}
	return len(held), nil
}

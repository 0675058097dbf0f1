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

// told keeps the order of what the desk is told of a message.
func told(m hilft.MessageID) string { return "told:" + string(m) }

// onward tells how a message on an account goes on when nobody comes to collect it: over the brand's oldest account that
// is on and reaches people who never wrote to it. nil: it is not one that is collected, or there is no such account.
func (s *Switchboard) onward(ctx context.Context, tx *store.Tx, brand hilft.BrandID, of hilft.AccountID) (*channel.Onward, error) {
	if s.OnwardAfter <= 0 {
		return nil, nil //nolint:nilnil // no way is an answer
	}
	type row struct {
		id      hilft.AccountID
		network string
		state   hilft.AccountState
	}
	all, err := store.All(ctx, tx, `SELECT id, network, state FROM account WHERE brand_id = ? AND removed_at = 0 ORDER BY made_at, id`, []any{string(brand)},
		func(scan func(into ...any) error, r *row) error { return scan(&r.id, &r.network, &r.state) })
	if err != nil {
		return nil, fmt.Errorf("switchboard: onward: %w", err)
	}
	var collected bool
	var way *channel.Onward
	for _, r := range all {
		con, known := s.connectors[r.network]
		if !known {
			continue
		}
		can := con.Describe().Can
		collected = collected || r.id == of && can.Mailbox != channel.No
		if way == nil && r.id != of && can.Begin != channel.No && r.state != hilft.AccountPaused {
			way = &channel.Onward{Account: r.id, Network: r.network, After: s.OnwardAfter}
		}
	}
	if !collected {
		return nil, nil //nolint:nilnil // no way is an answer
	}
	return way, nil
}

// doubtOnward lets every letter that would be written in a house that was restored be put before a person: its original
// may have written it.
func (s *Switchboard) doubtOnward(ctx context.Context, tx *store.Tx) error {
	letters, err := s.Jobs.Withdraw(ctx, tx, hilft.JobOnward)
	if err != nil {
		return err
	}
	for _, j := range letters {
		var args channel.OnwardArgs
		if err := j.Read(&args); err != nil {
			continue // it names no letter
		}
		args.Restored = true
		if err := s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobOnward, Key: j.Key, Args: args}); err != nil {
			return err
		}
	}
	reports, err := s.Jobs.Withdraw(ctx, tx, hilft.JobDelivery)
	if err != nil {
		return err
	}
	for _, j := range reports {
		var r channel.Report
		if err := j.Read(&r); err != nil {
			continue // it names no message
		}
		if r.Onward != nil {
			r.Onward.Restored = true
		}
		if err := s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobDelivery, Lane: j.Lane, Args: r}); err != nil {
			return err
		}
	}
	return nil
}

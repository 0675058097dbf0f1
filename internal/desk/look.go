// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	lookEvery = 10 * time.Minute // networks are asked about one case at most so often
	looksMost = 100              // and about its newest messages only
)

// Asked tells whether an account's network can be asked, and that it need not know what was heard until since.
type Asked func(hilft.AccountID) (since time.Time, can bool)

// Look lets the networks be asked how the messages of a case stand, on accounts that can be asked: what was edited or
// deleted while nobody listened, and how far it has come. Where they were asked a moment ago, nothing happens.
func (d *Desk) Look(ctx context.Context, see access.Sight, id hilft.CaseID, of Asked) error {
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := oneCase(ctx, tx, see, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE cases SET looked_at = ? WHERE id = ? AND looked_at <= ?`,
			store.Micros(tx.Now()), string(id), store.Micros(tx.Now().Add(-lookEvery)))
		if err != nil || n == 0 {
			return err
		}
		have, err := standings(ctx, tx, id, of)
		if err != nil {
			return err
		}
		var orders []jobs.Order
		for _, account := range slices.Sorted(maps.Keys(have)) {
			for some := range slices.Chunk(have[account], channel.LookMost) {
				orders = append(orders, jobs.Order{Kind: hilft.JobLook, Args: channel.Looking{Account: account, Have: some}})
			}
		}
		return d.jobs.Enqueue(ctx, tx, orders...)
	})
	if err != nil {
		return fmt.Errorf("desk: look: %w", err)
	}
	return nil
}

// standings are the newest messages of a case that networks must know and that are still there, by account.
func standings(ctx context.Context, tx *store.Tx, id hilft.CaseID, of Asked) (map[hilft.AccountID][]channel.Standing, error) {
	all := map[hilft.AccountID][]channel.Standing{}
	err := tx.Rows(ctx, `SELECT account_id, remote_id, made_at, edited_at, shared, liked FROM message
		WHERE case_id = ? AND remote_id <> '' AND deleted_at = 0 ORDER BY at DESC, id DESC LIMIT `+strconv.Itoa(looksMost), []any{string(id)},
		func(scan func(into ...any) error) error {
			var account hilft.AccountID
			var s channel.Standing
			var made, edited int64
			err := scan(&account, &s.ID, &made, &edited, &s.Reach.Shared, &s.Reach.Liked)
			s.Edited = store.Time(edited)
			if since, can := of(account); can && store.Time(made).After(since) {
				all[account] = append(all[account], s)
			}
			return err
		})
	return all, err
}

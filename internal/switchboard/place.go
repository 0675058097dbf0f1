// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

type intakeArgs struct {
	Inbox int64 `json:"inbox"`
}

// place reads one delivery and lets the intake give its items their places: all of them and the end of the delivery in
// one transaction.
func (s *Switchboard) place(ctx context.Context, c *jobs.Claim) error {
	faults.Point(faults.IntakeClaimed)
	s.receiver.calm(ctx)
	var args intakeArgs
	if err := c.Read(&args); err != nil {
		return err
	}
	raw, id, err := s.delivery(ctx, args.Inbox)
	if err != nil {
		return err
	}
	from, err := s.source(ctx, id)
	if hilft.KindOf(err) == hilft.NotFound {
		return s.orphan(ctx, c, args.Inbox, id)
	}
	if err != nil {
		return err
	}
	items, err := s.translate(ctx, from, raw)
	if err != nil {
		return s.stuck(ctx, c, args.Inbox, from, err)
	}
	ready := make([]Prepared, 0, len(items))
	for _, item := range items {
		p, err := s.intake.Prepare(ctx, from, item)
		if hilft.KindOf(err) == hilft.Invalid {
			return s.stuck(ctx, c, args.Inbox, from, err)
		}
		if err != nil {
			return err
		}
		ready = append(ready, p)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := c.Done(ctx, tx); err != nil {
			return err
		}
		for _, p := range ready {
			if err := s.intake.Take(ctx, tx, from, p); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE inbox SET state = 'taken', error = '' WHERE id = ?`, args.Inbox)
		faults.Point(faults.IntakeTaken)
		return err
	})
	if err == nil {
		faults.Point(faults.IntakeDurable)
	}
	return err
}

// delivery reads a stored delivery and which account it came to.
func (s *Switchboard) delivery(ctx context.Context, inbox int64) (raw channel.Raw, id hilft.AccountID, err error) {
	var hash string
	err = s.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT account_id, key, kind, body, blob FROM inbox WHERE id = ?`, []any{inbox}, &id, &raw.Key, &raw.Kind, &raw.Body, &hash)
	})
	if err == nil && hash != "" {
		raw.Body, err = s.blob(ctx, hash)
	}
	if err != nil {
		return raw, id, fmt.Errorf("switchboard: delivery %d: %w", inbox, err)
	}
	return raw, id, nil
}

// source is where the deliveries of an account come from. NotFound: it was removed.
func (s *Switchboard) source(ctx context.Context, id hilft.AccountID) (Source, error) {
	a, err := s.Account(ctx, id)
	if err != nil {
		return Source{}, err
	}
	if _, err := s.connector(a.Network); err != nil {
		return Source{}, err
	}
	return Source{Account: a.ID, Brand: a.Brand, Network: a.Network, Policy: s.policies[a.Network]}, nil
}

func (s *Switchboard) blob(ctx context.Context, hash string) (_ []byte, err error) {
	b, err := s.Blobs.Get(ctx, hash)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return io.ReadAll(b)
}

// translate asks the connector what a delivery says. A connector that panics has not understood it.
func (s *Switchboard) translate(ctx context.Context, from Source, raw channel.Raw) (items []channel.Item, err error) {
	a, err := s.Account(ctx, from.Account)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			s.Log.Error("a connector panicked", "network", from.Network, "account_id", string(from.Account), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	items, err = s.connectors[from.Network].Translate(s.channel(a), raw)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		known := it.Kind == channel.Said || it.Kind == channel.Edited || it.Kind == channel.Deleted
		if !known || it.ID == "" || it.At.IsZero() || it.Kind == channel.Said && (it.From.ID == "" || it.Visibility == "") {
			return nil, fmt.Errorf("an item of kind %q without id, time, author or room", it.Kind)
		}
	}
	return items, nil
}

// orphan lists a delivery whose account was removed before it was read: we have told the network that we have it.
func (s *Switchboard) orphan(ctx context.Context, c *jobs.Claim, inbox int64, id hilft.AccountID) error {
	var brand hilft.BrandID
	if err := s.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT brand_id FROM account WHERE id = ?`, []any{string(id)}, &brand)
	}); err != nil {
		return fmt.Errorf("switchboard: delivery %d: %w", inbox, err)
	}
	return s.stuck(ctx, c, inbox, Source{Account: id, Brand: brand}, errors.New("its account was removed before it was read"))
}

// stuck keeps a delivery that could not be read and lists it.
func (s *Switchboard) stuck(ctx context.Context, c *jobs.Claim, inbox int64, from Source, cause error) error {
	s.Log.Error("a delivery could not be read; it is kept and listed", "network", from.Network, "account_id", string(from.Account), "inbox_id", inbox, "err", cause)
	return s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := c.Done(ctx, tx); err != nil {
			return err
		}
		why := cause.Error()
		why = why[:min(len(why), 1000)]
		if _, err := tx.Exec(ctx, `UPDATE inbox SET state = 'stuck', error = ? WHERE id = ?`, cleanWhy(why), inbox); err != nil {
			return err
		}
		return s.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventItemStuck, Brand: from.Brand, Subject: fmt.Sprint(inbox)})
	})
}

// Stuck is a delivery that could not be read.
type Stuck struct {
	ID         int64
	Account    hilft.AccountID
	Kind       string
	Size       int
	Error      string
	ReceivedAt time.Time
}

const stuckOf = ` FROM inbox i JOIN account a ON a.id = i.account_id WHERE i.state = 'stuck' AND a.brand_id = ?`

// StuckOnes lists the deliveries of a brand that could not be read, the newest first.
func (s *Switchboard) StuckOnes(ctx context.Context, brand hilft.BrandID, most int) (all []Stuck, err error) {
	err = s.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = store.All(ctx, tx, `SELECT i.id, i.account_id, i.kind, length(i.body), i.error, i.received_at`+stuckOf+` ORDER BY i.received_at DESC, i.id DESC LIMIT ?`,
			[]any{string(brand), most}, func(scan func(into ...any) error, k *Stuck) error {
				var at int64
				err := scan(&k.ID, &k.Account, &k.Kind, &k.Size, &k.Error, &at)
				k.ReceivedAt = store.Time(at)
				return err
			})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: stuck: %w", err)
	}
	return all, nil
}

// RawOf returns a delivery that could not be read, byte for byte.
func (s *Switchboard) RawOf(ctx context.Context, brand hilft.BrandID, id int64) ([]byte, error) {
	var one int
	err := s.DB.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT 1`+stuckOf+` AND i.id = ?`, []any{string(brand), id}, &one)
	})
	if store.IsNoRows(err) {
		return nil, hilft.Fail(hilft.NotFound, "delivery.not_found", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("switchboard: raw: %w", err)
	}
	raw, _, err := s.delivery(ctx, id)
	return raw.Body, err
}

// ReadAgain tries to read a stuck delivery once more, as after an upgrade. NotFound: it is not stuck, or its account was
// removed.
func (s *Switchboard) ReadAgain(ctx context.Context, brand hilft.BrandID, id int64) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE inbox SET state = 'new' WHERE id = ? AND state = 'stuck' AND account_id IN (SELECT id FROM account WHERE brand_id = ? AND removed_at = 0)`, id, string(brand))
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.NotFound, "delivery.not_found", nil)
		}
		return s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobIntake, Args: intakeArgs{Inbox: id}})
	})
	if err != nil {
		return fmt.Errorf("switchboard: read again: %w", err)
	}
	return nil
}

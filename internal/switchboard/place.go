// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/faults"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

type intakeArgs struct {
	Inbox int64  `json:"inbox"`
	Trace string `json:"trace,omitempty"` // the span that stored it, where somebody looks
}

// arrival is a delivery that was stored and has no place yet.
type arrival struct {
	claim *jobs.Claim
	inbox int64
	trace string
	stored
	from  Source
	items []Prepared
}

// stored is a delivery as it came, and the account to which it did.
type stored struct {
	to  hilft.AccountID
	raw channel.Raw
}

// place reads one delivery and lets the intake give its items their places: all of them and the end of the delivery in
// one transaction.
func (s *Switchboard) place(ctx context.Context, c *jobs.Claim) error {
	faults.Point(faults.IntakeClaimed)
	s.receiver.calm(ctx)
	all, err := s.arrivals(ctx, []*jobs.Claim{c})
	if err != nil {
		return err
	}
	err = s.prepare(ctx, all[0])
	if cause, ok := errors.AsType[unreadable](err); ok {
		return s.stuck(ctx, all[0], cause.error)
	}
	if err != nil {
		return err
	}
	return s.take(ctx, all)
}

// placeMany places deliveries that were claimed together, those of one account in one transaction. What cannot be read
// it leaves out, with what stands behind it in its lane.
func (s *Switchboard) placeMany(ctx context.Context, lanes [][]*jobs.Claim) error {
	faults.Point(faults.IntakeClaimed)
	s.receiver.calm(ctx)
	all, err := s.arrivals(ctx, slices.Concat(lanes...))
	if err != nil {
		return err
	}
	of := map[hilft.AccountID][]*arrival{}
	for _, lane := range lanes {
		mine := all[:len(lane)]
		all = all[len(lane):]
		for _, d := range mine {
			if err := s.prepare(ctx, d); err != nil {
				break
			}
			of[d.to] = append(of[d.to], d)
		}
	}
	var errs []error
	for _, some := range of {
		errs = append(errs, s.take(ctx, some))
	}
	return errors.Join(errs...)
}

// take lets the intake give deliveries of one account their places.
func (s *Switchboard) take(ctx context.Context, all []*arrival) (err error) {
	ctx, span := s.placing(ctx, all)
	defer func() { endSpan(span, err) }()
	var claims []*jobs.Claim
	var items []Prepared
	for _, d := range all {
		claims, items = append(claims, d.claim), append(items, d.items...)
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := jobs.Done(ctx, tx, claims...); err != nil {
			return err
		}
		err := s.intake.Take(ctx, tx, all[0].from, items...)
		faults.Point(faults.IntakeTaken)
		return err
	})
	if err == nil {
		faults.Point(faults.IntakeDurable)
	}
	return err
}

// arrivals reads what was stored, in the order of the claims.
func (s *Switchboard) arrivals(ctx context.Context, claims []*jobs.Claim) ([]*arrival, error) {
	all := make([]*arrival, len(claims))
	ids := make([]int64, len(claims))
	for i, c := range claims {
		var args intakeArgs
		if err := c.Read(&args); err != nil {
			return nil, err
		}
		all[i], ids[i] = &arrival{claim: c, inbox: args.Inbox, trace: args.Trace}, args.Inbox
	}
	found, err := s.stored(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		d.stored = found[d.inbox]
	}
	return all, nil
}

// stored reads deliveries. To miss one is an error.
func (s *Switchboard) stored(ctx context.Context, ids []int64) (map[int64]stored, error) {
	found := map[int64]stored{}
	hashes := map[int64]string{}
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		where, list := store.In(tx, "id", ids)
		return tx.Rows(ctx, `SELECT id, account_id, key, kind, body, blob FROM inbox WHERE `+where, []any{list}, func(scan func(into ...any) error) error {
			var id int64
			var d stored
			var hash string
			err := scan(&id, &d.to, &d.raw.Key, &d.raw.Kind, &d.raw.Body, &hash)
			found[id] = d
			if hash != "" {
				hashes[id] = hash
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("switchboard: deliveries: %w", err)
	}
	for _, id := range ids {
		d, ok := found[id]
		if !ok {
			return nil, fmt.Errorf("switchboard: delivery %d is gone", id)
		}
		if hashes[id] != "" {
			if d.raw.Body, err = s.blob(ctx, hashes[id]); err != nil {
				return nil, fmt.Errorf("switchboard: delivery %d: %w", id, err)
			}
			found[id] = d
		}
	}
	return found, nil
}

// unreadable says why a delivery is kept and listed instead of being placed.
type unreadable struct{ error }

// prepare reads what a delivery says and makes its items ready to be taken.
func (s *Switchboard) prepare(ctx context.Context, d *arrival) error {
	a, err := s.Account(ctx, d.to)
	if hilft.KindOf(err) == hilft.NotFound {
		return s.orphan(ctx, d)
	}
	if err != nil {
		return err
	}
	if _, err := s.connector(a.Network); err != nil {
		return err
	}
	d.from = Source{Account: a.ID, Brand: a.Brand, Network: a.Network, Policy: s.policies[a.Network]}
	items, err := s.translate(a, d.raw)
	if err != nil {
		return unreadable{err}
	}
	for _, item := range items {
		p, err := s.intake.Prepare(ctx, d.from, item)
		if hilft.KindOf(err) == hilft.Invalid {
			return unreadable{err}
		}
		if err != nil {
			return err
		}
		d.items = append(d.items, p)
	}
	return nil
}

// orphan is why a delivery is not read whose account was removed before: we have told the network that we have it.
func (s *Switchboard) orphan(ctx context.Context, d *arrival) error {
	d.from.Account = d.to
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT brand_id FROM account WHERE id = ?`, []any{string(d.to)}, &d.from.Brand)
	})
	if err != nil {
		return fmt.Errorf("switchboard: delivery %d: %w", d.inbox, err)
	}
	return unreadable{errors.New("its account was removed before it was read")}
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
func (s *Switchboard) translate(a Account, raw channel.Raw) (items []channel.Item, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("panic: " + hilft.Panicked(p))
			s.Log.Error("a connector panicked", "network", a.Network, "account_id", string(a.ID), "panic", hilft.Panicked(p), "stack", string(debug.Stack()))
		}
	}()
	items, err = s.connectors[a.Network].Translate(s.channel(a), raw)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		known := it.Kind == channel.Said || it.Kind == channel.Edited || it.Kind == channel.Deleted || it.Kind == channel.Shown || it.Kind == channel.Reached && it.Reach != nil
		if !known || it.ID == "" || it.At.IsZero() || it.Kind == channel.Said && (it.From.ID == "" || it.Visibility == "") {
			return nil, fmt.Errorf("an item of kind %q without id, time, author or room", it.Kind)
		}
	}
	return items, nil
}

// stuck keeps a delivery that could not be read and lists it.
func (s *Switchboard) stuck(ctx context.Context, d *arrival, cause error) error {
	s.Log.Error("a delivery could not be read; it is kept and listed", "network", d.from.Network, "account_id", string(d.to), "inbox_id", d.inbox, "err", cause)
	return s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := d.claim.Done(ctx, tx); err != nil {
			return err
		}
		why := cause.Error()
		why = why[:min(len(why), 1000)]
		if _, err := tx.Exec(ctx, `UPDATE inbox SET state = 'stuck', error = ? WHERE id = ?`, cleanWhy(why), d.inbox); err != nil {
			return err
		}
		return s.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventItemStuck, Brand: d.from.Brand, Subject: fmt.Sprint(d.inbox)})
	})
}

// discarded lists a delivery whose reading was given up and is not wanted any more among those that could not be read:
// we have told the network that we have it.
func (s *Switchboard) discarded(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var args intakeArgs
	if err := j.Read(&args); err != nil {
		return nil //nolint:nilerr // it names no delivery
	}
	var brand hilft.BrandID
	err := tx.Row(ctx, `UPDATE inbox SET state = 'stuck', error = 'its reading was given up' WHERE id = ? RETURNING (SELECT brand_id FROM account a WHERE a.id = inbox.account_id)`,
		[]any{args.Inbox}, &brand)
	if store.IsNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventItemStuck, Brand: brand, Subject: fmt.Sprint(args.Inbox)})
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
	err = s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
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
	err := s.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT 1`+stuckOf+` AND i.id = ?`, []any{string(brand), id}, &one)
	})
	if store.IsNoRows(err) {
		return nil, hilft.Fail(hilft.NotFound, "delivery.not_found", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("switchboard: raw: %w", err)
	}
	found, err := s.stored(ctx, []int64{id})
	return found[id].raw.Body, err
}

// SetAside puts a stuck delivery away, as somebody has seen it who decides that nothing is to be done about it: it stays
// where it is, and is listed and told of no more. NotFound: it is not stuck.
func (s *Switchboard) SetAside(ctx context.Context, by hilft.AgentID, brand hilft.BrandID, id int64) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE inbox SET state = 'aside' WHERE id = ? AND state = 'stuck' AND account_id IN (SELECT id FROM account WHERE brand_id = ?)`, id, string(brand))
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.NotFound, "delivery.not_found", nil)
		}
		if err := access.Trail(ctx, tx, audit.DeliveryAside, brand, fmt.Sprint(id), nil); err != nil {
			return err
		}
		return s.Jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventItemAside, Brand: brand, Subject: fmt.Sprint(id), Agent: by})
	})
	if err != nil {
		return fmt.Errorf("switchboard: set aside: %w", err)
	}
	return nil
}

// ReadAgain tries to read a stuck delivery once more, as after an upgrade. NotFound: it is not stuck, or its account was
// removed.
func (s *Switchboard) ReadAgain(ctx context.Context, brand hilft.BrandID, id int64) error {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE inbox SET state = 'kept', error = '' WHERE id = ? AND state = 'stuck' AND account_id IN (SELECT id FROM account WHERE brand_id = ? AND removed_at = 0)`, id, string(brand))
		if err != nil {
			return err
		}
		if n == 0 {
			return hilft.Fail(hilft.NotFound, "delivery.not_found", nil)
		}
		if err := access.Trail(ctx, tx, audit.DeliveryRetried, brand, fmt.Sprint(id), nil); err != nil {
			return err
		}
		return s.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobIntake, Args: intakeArgs{Inbox: id}})
	})
	if err != nil {
		return fmt.Errorf("switchboard: read again: %w", err)
	}
	return nil
}

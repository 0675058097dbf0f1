// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/channel"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Target is one who is told.
type Target struct {
	ID      string
	Brand   hilft.BrandID
	Kind    string // Email or Webhook
	Address string
	Account hilft.AccountID // Email: over which it goes
	ToldAt  time.Time       // last time that worked
	Error   string          // why the last time did not
	MadeAt  time.Time

	sealed []byte
}

// The kinds of targets. They are stored, and so never change.
const (
	Email   = "email"
	Webhook = "webhook"
)

// secretMin is how many characters a webhook's secret has at least.
const secretMin = 16

// AddTarget lets one more be told. secret signs webhooks. Invalid, with the field: it makes no sense.
func (w *Watch) AddTarget(ctx context.Context, t Target, secret string) (Target, error) {
	t.ID, t.MadeAt, t.Address = hilft.NewID(), w.DB.Now(), strings.TrimSpace(t.Address)
	if err := w.check(ctx, &t, secret); err != nil {
		return Target{}, fmt.Errorf("watch: add target: %w", err)
	}
	sealed := []byte{}
	if t.Kind == Webhook {
		var err error
		if sealed, err = w.Keys.Seal(place(t.ID), []byte(secret)); err != nil {
			return Target{}, fmt.Errorf("watch: add target: %w", err)
		}
	}
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO alert_target (id, brand_id, kind, address, account_id, sealed, told_at, error, made_at) VALUES (?, ?, ?, ?, ?, ?, 0, '', ?)`,
			t.ID, string(t.Brand), t.Kind, t.Address, string(t.Account), sealed, store.Micros(t.MadeAt)); err != nil {
			return err
		}
		return w.changed(ctx, tx, t, "added")
	})
	if err != nil {
		return Target{}, fmt.Errorf("watch: add target: %w", err)
	}
	return t, nil
}

func place(target string) string { return access.Where("alert_target", "sealed", target) }

func (w *Watch) changed(ctx context.Context, tx *store.Tx, t Target, what string) error {
	act := audit.TargetAdded
	if what == "removed" {
		act = audit.TargetRemoved
	}
	if err := access.Trail(ctx, tx, act, t.Brand, t.ID, audit.Detail{"kind": t.Kind}); err != nil {
		return err
	}
	return w.Jobs.Record(ctx, tx, jobs.Event{
		Kind: hilft.EventWatchChanged, Brand: t.Brand, Subject: t.ID, Agent: access.Actor(ctx).ID, Data: map[string]string{"target": what, "kind": t.Kind},
	})
}

func (w *Watch) check(ctx context.Context, t *Target, secret string) error {
	wrong := func(say, field string) error { return hilft.FailField(hilft.Invalid, say, field, nil) }
	switch t.Kind {
	case Webhook:
		t.Account = ""
		u, err := url.Parse(t.Address)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || len(t.Address) > 2000 {
			return wrong("watch.target.bad_url", "address")
		}
		if n := utf8.RuneCountInString(secret); n < secretMin || n > 500 {
			return wrong("watch.target.bad_secret", "secret")
		}
	case Email:
		a, err := mail.ParseAddress(t.Address)
		if err != nil || a.Address != t.Address || len(t.Address) > 300 {
			return wrong("watch.target.bad_address", "address")
		}
		ways, err := w.Ways(ctx, t.Brand)
		if err != nil {
			return err
		}
		self, known := ways[t.Account]
		if !known {
			return wrong("watch.target.no_account", "account_id")
		}
		if strings.EqualFold(self, t.Address) { // it would come in as a customer's word
			return wrong("watch.target.own_address", "address")
		}
	default:
		return wrong("watch.target.no_kind", "kind")
	}
	return nil
}

// Ways are the accounts of a brand over which mail can go out, with the address of each.
func (w *Watch) Ways(ctx context.Context, brand hilft.BrandID) (map[hilft.AccountID]string, error) {
	all, err := w.Switchboard.Accounts(ctx, brand)
	if err != nil {
		return nil, err
	}
	can := map[string]bool{}
	for _, d := range w.Switchboard.Networks() {
		can[d.ID] = d.Can.Begin != channel.No
	}
	ways := map[hilft.AccountID]string{}
	for _, a := range all {
		if can[a.Network] {
			ways[a.ID] = a.Self.Handle
		}
	}
	return ways, nil
}

// RemoveTarget lets one be told no more. NotFound: the brand has no such one.
func (w *Watch) RemoveTarget(ctx context.Context, brand hilft.BrandID, id string) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		t := Target{ID: id, Brand: brand}
		err := tx.Row(ctx, `DELETE FROM alert_target WHERE id = ? AND brand_id = ? RETURNING kind`, []any{id, string(brand)}, &t.Kind)
		if store.IsNoRows(err) {
			return hilft.Fail(hilft.NotFound, "watch.target.not_found", nil)
		}
		if err != nil {
			return err
		}
		return w.changed(ctx, tx, t, "removed")
	})
	if err != nil {
		return fmt.Errorf("watch: remove target: %w", err)
	}
	return nil
}

// TryTarget sends one a message that says that it is a try. NotFound: the brand has no such one.
func (w *Watch) TryTarget(ctx context.Context, brand hilft.BrandID, id string) error {
	err := w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err := targets(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t.ID == id && t.Brand == brand {
				return w.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobAlert, Lane: "alert:" + id, Args: word{ID: hilft.NewID(), Target: id, Step: tried}})
			}
		}
		return hilft.Fail(hilft.NotFound, "watch.target.not_found", nil)
	})
	if err != nil {
		return fmt.Errorf("watch: try target: %w", err)
	}
	return nil
}

// Targets lists those whom a brand has told, the oldest first.
func (w *Watch) Targets(ctx context.Context, brand hilft.BrandID) (mine []Target, err error) {
	var all []Target
	err = w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, err = targets(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("watch: targets: %w", err)
	}
	for _, t := range all {
		if t.Brand == brand {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

func targets(ctx context.Context, tx *store.Tx) ([]Target, error) {
	return store.All(ctx, tx, `SELECT id, brand_id, kind, address, account_id, sealed, told_at, error, made_at FROM alert_target ORDER BY made_at, id`, nil,
		func(scan func(into ...any) error, t *Target) error {
			var told, made int64
			err := scan(&t.ID, &t.Brand, &t.Kind, &t.Address, &t.Account, &t.sealed, &told, &t.Error, &made)
			t.ToldAt, t.MadeAt = store.Time(told), store.Time(made)
			return err
		})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	lookEvery  = time.Second // wake-ups may be lost
	spreadMost = 500         // events at once
	sweepEvery = time.Hour
	// deliveryKept is how long it is known what became of a delivery.
	deliveryKept = 30 * 24 * time.Hour
	sweepMost    = 5000
)

// Run writes down for each endpoint what happens, until the context ends. It follows the events behind everybody who makes
// them, so that nobody waits for it.
func (w *Webhooks) Run(ctx context.Context) {
	bell := make(chan struct{}, 1)
	cancel := w.Bus.Subscribe(jobs.EventSubject, func(string, []byte) {
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var swept time.Time
	for {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = w.spread(ctx); err != nil && ctx.Err() == nil {
				w.Log.Warn("following events for webhooks", "err", err)
			}
		}
		if now := w.DB.Now(); now.Sub(swept) >= sweepEvery {
			swept = now
			if err := w.sweep(ctx); err != nil && ctx.Err() == nil {
				w.Log.Warn("sweeping webhook deliveries", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-tick.C:
		}
	}
}

// spread reads the next events, and writes down which of them goes to whom, with the jobs that post them. One node does so
// at a time: what a slower one has read counts no more. It tells whether there may be more.
func (w *Webhooks) spread(ctx context.Context) (more bool, err error) {
	var on []Endpoint
	var last int64
	if err := w.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if on, err = switchedOn(ctx, tx); err != nil || len(on) == 0 {
			return err
		}
		last, err = cursor(ctx, tx)
		return err
	}); err != nil || len(on) == 0 {
		return false, err
	}
	from := max(last, slices.MinFunc(on, func(x, y Endpoint) int { return int(x.since - y.since) }).since)
	events, err := w.Jobs.EventsAfter(ctx, from, spreadMost)
	if err != nil || len(events) == 0 {
		return false, err
	}
	err = w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := holdCursor(ctx, tx)
		if err != nil || now != last {
			return err // another node was quicker, or is
		}
		if on, err = switchedOn(ctx, tx); err != nil {
			return err
		}
		for _, e := range events {
			if err := w.post(ctx, tx, e, on); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE webhook_cursor SET last = ?`, events[len(events)-1].ID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("webhook: spread: %w", err)
	}
	return len(events) == spreadMost, nil
}

func switchedOn(ctx context.Context, tx *store.Tx) ([]Endpoint, error) {
	return store.All(ctx, tx, endpointColumns+`WHERE off_at = 0 ORDER BY id`, nil, scanEndpoint)
}

// cursor is the last event that was written down for everybody.
func cursor(ctx context.Context, tx *store.Tx) (last int64, err error) {
	err = tx.Row(ctx, `SELECT last FROM webhook_cursor`, nil, &last)
	if store.IsNoRows(err) {
		err = nil
	}
	return last, err
}

// holdCursor is cursor, and keeps others from moving it until the transaction ends.
func holdCursor(ctx context.Context, tx *store.Tx) (last int64, err error) {
	// One statement, so that the row is there and held.
	err = tx.Row(ctx, `INSERT INTO webhook_cursor (id, last) VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING last`, nil, &last)
	return last, err
}

// post writes down that an event is to be posted to those endpoints of its brand that asked for it.
func (w *Webhooks) post(ctx context.Context, tx *store.Tx, e jobs.Event, on []Endpoint) error {
	p, tells := payloadOf(e)
	if !tells {
		return nil
	}
	body, err := p.body()
	if err != nil {
		return err
	}
	for _, to := range on {
		if to.Brand != e.Brand || e.ID <= to.since || !slices.Contains(to.Types, p.Type) {
			continue
		}
		if err := w.order(ctx, tx, to, p, body); err != nil {
			return err
		}
	}
	return nil
}

// order writes a delivery, and the job that makes it.
func (w *Webhooks) order(ctx context.Context, tx *store.Tx, to Endpoint, p Payload, body string) error {
	id := hilft.NewIDAt(tx.Now())
	n, err := tx.Exec(ctx, `INSERT INTO webhook_delivery (id, webhook_id, event_id, type, case_id, body, state, attempts, status, took_ms, answer, error, made_at, asked_at, tried_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '', '', ?, ?, 0) ON CONFLICT DO NOTHING`,
		id, to.ID, p.Data.Event, string(p.Type), string(p.Data.Case), body, string(Waiting), store.Micros(tx.Now()), store.Micros(tx.Now()))
	if err != nil || n == 0 {
		return err
	}
	return w.enqueue(ctx, tx, to.ID, p.Data.Case, id)
}

func (w *Webhooks) enqueue(ctx context.Context, tx *store.Tx, endpoint string, of hilft.CaseID, delivery string) error {
	return w.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobWebhook, Lane: "webhook:" + endpoint + ":" + string(of), Key: delivery, Args: errand{Delivery: delivery}})
}

// sweep forgets deliveries that are long over.
func (w *Webhooks) sweep(ctx context.Context) error {
	return w.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE made_at < ? AND state <> ? ORDER BY made_at LIMIT ?)`,
			store.Micros(tx.Now().Add(-deliveryKept)), string(Waiting), sweepMost)
		return err
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/store"
)

// EventSubject is where the bus tells that there are new events. It carries nothing: who wants to know reads.
const EventSubject = "hilft.event"

// Event is something that happened. Ids ascend in the order in which readers see them.
type Event struct {
	ID      int64
	At      time.Time
	Kind    string // one of hilft.Event…
	Brand   hilft.BrandID
	Case    hilft.CaseID
	Subject string        // id of what it happened to
	Agent   hilft.AgentID // who did it; empty: hilft by itself
	Data    any           // becomes JSON: ids and states, never what people said
	Raw     json.RawMessage
}

// Record writes events in the transaction of what they tell.
func (q *Jobs) Record(ctx context.Context, tx *store.Tx, events ...Event) error {
	for _, e := range events {
		data := []byte("{}")
		if e.Data != nil {
			var err error
			if data, err = json.Marshal(e.Data); err != nil {
				return fmt.Errorf("jobs: record %s: %w", e.Kind, err)
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			store.Micros(tx.Now()), e.Kind, string(e.Brand), string(e.Case), e.Subject, string(e.Agent), string(data)); err != nil {
			return fmt.Errorf("jobs: record %s: %w", e.Kind, err)
		}
	}
	tx.After(func() { q.bus.Publish(EventSubject, nil) })
	return nil
}

const eventColumns = `SELECT id, at, kind, brand_id, case_id, subject, agent_id, data FROM event `

func scanEvent(scan func(into ...any) error, e *Event) error {
	var at int64
	var data string
	err := scan(&e.ID, &at, &e.Kind, &e.Brand, &e.Case, &e.Subject, &e.Agent, &data)
	e.At, e.Raw = store.Time(at), json.RawMessage(data)
	return err
}

// settled leaves out events that a transaction still open might yet come before: on Postgres ids become visible out of
// order, and a reader that has passed one would never see it.
func settled(tx *store.Tx) string {
	if tx.Dialect() == store.Postgres {
		return ` AND xid < pg_snapshot_xmin(pg_current_snapshot())`
	}
	return ""
}

// EventsAfter reads what happened after an event, in order, at most so many.
func (q *Jobs) EventsAfter(ctx context.Context, id int64, most int) ([]Event, error) {
	var all []Event
	err := q.db.Read(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, eventColumns+`WHERE id > ?`+settled(tx)+` ORDER BY id LIMIT ?`, []any{id, most}, scanEvent)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: events: %w", err)
	}
	return all, nil
}

// LastEvent is the id of the newest event that EventsAfter would show; 0 when there is none.
func (q *Jobs) LastEvent(ctx context.Context) (int64, error) {
	var id int64
	err := q.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT COALESCE(MAX(id), 0) FROM event WHERE 1 = 1`+settled(tx), nil, &id)
	})
	if err != nil {
		return 0, fmt.Errorf("jobs: last event: %w", err)
	}
	return id, nil
}

// CaseEvents reads what happened to a case, in order.
func CaseEvents(ctx context.Context, tx *store.Tx, id hilft.CaseID) ([]Event, error) {
	return store.All(ctx, tx, eventColumns+`WHERE case_id = ? ORDER BY id`, []any{string(id)}, scanEvent)
}

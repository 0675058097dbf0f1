// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
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

const intoEvent = `INSERT INTO event (at, kind, brand_id, case_id, subject, agent_id, data)`

// row is an event as it is written.
func (e Event) row(tx *store.Tx) ([]any, error) {
	data := []byte("{}")
	if e.Data != nil {
		var err error
		if data, err = json.Marshal(e.Data); err != nil {
			return nil, fmt.Errorf("jobs: record %s: %w", e.Kind, err)
		}
	}
	return []any{store.Micros(tx.Now()), e.Kind, string(e.Brand), string(e.Case), e.Subject, string(e.Agent), string(data)}, nil
}

// Record writes events in the transaction of what they tell.
func (q *Jobs) Record(ctx context.Context, tx *store.Tx, events ...Event) error {
	if err := announce(ctx, tx); err != nil {
		return err
	}
	rows := make([][]any, len(events))
	for i, e := range events {
		var err error
		if rows[i], err = e.row(tx); err != nil {
			return err
		}
	}
	if err := tx.Insert(ctx, intoEvent, rows, ""); err != nil {
		return fmt.Errorf("jobs: record: %w", err)
	}
	tx.After(func() { q.bus.Publish(EventSubject, nil) })
	return nil
}

// RecordOne is Record for an event by whose id somebody will speak of it.
func (q *Jobs) RecordOne(ctx context.Context, tx *store.Tx, e Event) (id int64, err error) {
	if err := announce(ctx, tx); err != nil {
		return 0, err
	}
	row, err := e.row(tx)
	if err != nil {
		return 0, err
	}
	err = tx.InsertRows(ctx, intoEvent, [][]any{row}, "RETURNING id", func(scan func(into ...any) error) error { return scan(&id) })
	if err != nil {
		return 0, fmt.Errorf("jobs: record: %w", err)
	}
	tx.After(func() { q.bus.Publish(EventSubject, nil) })
	return id, nil
}

const eventColumns = `SELECT id, at, kind, brand_id, case_id, subject, agent_id, data FROM event `

func scanEvent(scan func(into ...any) error, e *Event) error {
	var at int64
	var data string
	err := scan(&e.ID, &at, &e.Kind, &e.Brand, &e.Case, &e.Subject, &e.Agent, &data)
	e.At, e.Raw = store.Time(at), json.RawMessage(data)
	return err
}

// On Postgres ids become visible out of order: a transaction takes its id when it inserts, and others that took theirs
// later may commit before it. A reader that passed such an id would never see it. So before a transaction takes ids it
// announces from where on, by a shared lock that ends with it; and readers stop before what is announced.

// announced marks our locks among those that a database knows: its upper bits are the mark, the others an event's id.
const announced = int64(0x68e1) << 48

// announce says that this transaction will take ids after the last one taken.
func announce(ctx context.Context, tx *store.Tx) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	err := tx.Defer(ctx, `SELECT pg_advisory_xact_lock_shared(CAST(? AS BIGINT) + last_value - CASE WHEN is_called THEN 0 ELSE 1 END) FROM event_id_seq`, announced)
	if err != nil {
		return fmt.Errorf("jobs: record: %w", err)
	}
	return nil
}

// settled is the last id up to which every event is visible to transactions that begin after it was asked for. An id
// that was taken before last_value is read was announced before that; if its announcement is gone, it is committed or
// will never be.
func (q *Jobs) settled(ctx context.Context) (last int64, err error) {
	if q.db.Dialect() != store.Postgres {
		return math.MaxInt64, nil
	}
	err = q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.DeferRows(ctx, `SELECT last_value FROM event_id_seq`, nil, func(scan func(into ...any) error) error { return scan(&last) }); err != nil {
			return err
		}
		var before int64
		err := tx.Row(ctx, `SELECT COALESCE(MIN((CAST(classid AS BIGINT) << 32 | CAST(objid AS BIGINT)) - CAST(? AS BIGINT)), CAST(? AS BIGINT)) FROM pg_locks
			WHERE locktype = 'advisory' AND objsubid = 1 AND CAST(classid AS BIGINT) >> 16 = CAST(? AS BIGINT) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
			[]any{announced, int64(math.MaxInt64), announced >> 48}, &before)
		last = min(last, before)
		return err
	})
	return last, err
}

// EventsAfter reads what happened after an event, in order, at most so many. An event is not shown before all that come
// before it are.
func (q *Jobs) EventsAfter(ctx context.Context, id int64, most int) ([]Event, error) {
	last, err := q.settled(ctx)
	if err != nil {
		return nil, fmt.Errorf("jobs: events: %w", err)
	}
	return q.EventsBetween(ctx, id, last, most)
}

// EventsBetween reads again what happened after an event, up to one that EventsAfter or LastEvent has shown, in order, at
// most so many. EventsAfter may not show all of that a second time: a transaction that was kept from announcing itself
// after it had read from where on announces more than it will take.
func (q *Jobs) EventsBetween(ctx context.Context, id, shown int64, most int) (all []Event, err error) {
	err = q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		all, err = store.All(ctx, tx, eventColumns+`WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`, []any{id, shown, most}, scanEvent)
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
	last, err := q.settled(ctx)
	if err == nil {
		err = q.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Row(ctx, `SELECT COALESCE(MAX(id), 0) FROM event WHERE id <= ?`, []any{last}, &id)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("jobs: last event: %w", err)
	}
	return id, nil
}

// CaseEvents reads what happened to a case, in order.
func CaseEvents(ctx context.Context, tx *store.Tx, id hilft.CaseID) ([]Event, error) {
	return store.All(ctx, tx, eventColumns+`WHERE case_id = ? AND case_id <> '' ORDER BY id`, []any{string(id)}, scanEvent)
}

// EventOf reads one event, in the transaction that wants to know. NoRows: there is none of that id.
func EventOf(ctx context.Context, tx *store.Tx, id int64) (e Event, err error) {
	err = scanEvent(func(into ...any) error { return tx.Row(ctx, eventColumns+`WHERE id = ?`, []any{id}, into...) }, &e)
	return e, err
}

// LastOf is the id of an event of a case that this transaction has recorded as the last of its kind by its agent, while it
// keeps others from the case.
func LastOf(ctx context.Context, tx *store.Tx, e Event) (id int64, err error) {
	err = tx.Row(ctx, `SELECT id FROM event WHERE case_id = ? AND case_id <> '' AND kind = ? AND agent_id = ? ORDER BY id DESC LIMIT 1`, []any{string(e.Case), e.Kind, string(e.Agent)}, &id)
	if err != nil {
		return 0, fmt.Errorf("jobs: last event: %w", err)
	}
	return id, nil
}

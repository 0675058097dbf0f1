// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Assign gives a case to somebody who works in its brand, or to nobody with the zero Sight. Invalid: they do not.
func (d *Desk) Assign(ctx context.Context, see access.Sight, id hilft.CaseID, to access.Sight) (Acted, error) {
	return d.HandOver(ctx, see, id, to, "")
}

// HandOver is Assign with a note that says what whoever gets the case must know; an empty one says nothing. Both are taken back as one.
func (d *Desk) HandOver(ctx context.Context, see access.Sight, id hilft.CaseID, to access.Sight, note string) (Acted, error) {
	note = strings.TrimSpace(clean(note))
	return d.alter(ctx, see, id, "assign", func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
		if to.Agent != "" && !to.May(c.Brand, access.Work) {
			return nil, hilft.FailField(hilft.Invalid, "agent.not_found", "agent_id", nil)
		}
		if c.Agent == to.Agent && note == "" {
			return nil, nil
		}
		var written hilft.MessageID
		if note != "" {
			m, err := d.noted(ctx, tx, c, see.Agent, note, "")
			if err != nil {
				return nil, err
			}
			written = m.ID
		}
		e := c.give(to.Agent, see.Agent, written)
		return &e, nil
	})
}

// tearUp takes back a note that was written with something else: nobody is to read it.
func tearUp(ctx context.Context, tx *store.Tx, in hilft.CaseID, id hilft.MessageID) error {
	if _, err := tx.Exec(ctx, `UPDATE message SET body = '', deleted_at = ? WHERE id = ? AND case_id = ? AND direction = 'note'`, store.Micros(tx.Now()), string(id), string(in)); err != nil {
		return fmt.Errorf("desk: note: %w", err)
	}
	return nil
}

// Solve says that there is nothing more to do, until the customer's next word. seen is the last message that whoever says so
// has seen: what was heard until a case is solved waits for nobody. To solve a solved case changes nothing. Conflict
// (case.something_new): somebody has said something since.
func (d *Desk) Solve(ctx context.Context, see access.Sight, id hilft.CaseID, seen hilft.MessageID) (Acted, error) {
	return d.alter(ctx, see, id, "solve", func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
		if c.State == hilft.Solved {
			return nil, nil
		}
		switch news, err := spokenSince(ctx, tx, id, seen, see.Agent); {
		case err != nil:
			return nil, err
		case news:
			return nil, hilft.Fail(hilft.Conflict, "case.something_new", nil)
		}
		e := c.solve(c.next(tx.Now()), see.Agent)
		return &e, nil
	})
}

// Reopen takes back that a case was solved: who waited before waits again.
func (d *Desk) Reopen(ctx context.Context, see access.Sight, id hilft.CaseID) (Acted, error) {
	return d.alter(ctx, see, id, "reopen", func(_ context.Context, _ *store.Tx, c *Case) (*jobs.Event, error) {
		if c.State != hilft.Solved {
			return nil, nil
		}
		e := c.reopen(see.Agent)
		return &e, nil
	})
}

// alter lets somebody who works on a case change it, and settles it. Without an event nothing has changed.
func (d *Desk) alter(ctx context.Context, see access.Sight, id hilft.CaseID, verb string, fn func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error)) (Acted, error) {
	var done Acted
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		done, err = d.alterIn(ctx, tx, see, id, fn)
		return err
	})
	if err != nil {
		return Acted{}, fmt.Errorf("desk: %s: %w", verb, err)
	}
	return done, nil
}

// alterIn is alter in a transaction that has begun.
func (d *Desk) alterIn(ctx context.Context, tx *store.Tx, see access.Sight, id hilft.CaseID, fn func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error)) (Acted, error) {
	c, err := caseFor(ctx, tx, see, access.Work, id)
	if err != nil {
		return Acted{}, err
	}
	e, err := fn(ctx, tx, &c)
	if err != nil || e == nil {
		return Acted{Case: c}, err
	}
	if c, err = d.settle(ctx, tx, c); err != nil {
		return Acted{}, err
	}
	if err := unreserved(ctx, tx, c); err != nil {
		return Acted{}, err
	}
	return d.acted(ctx, tx, c, *e)
}

// acted records what was done with a case, the events that go with it first.
func (d *Desk) acted(ctx context.Context, tx *store.Tx, c Case, e jobs.Event, with ...jobs.Event) (Acted, error) {
	if err := d.jobs.Record(ctx, tx, append(with, e)...); err != nil {
		return Acted{}, err
	}
	act, err := jobs.LastOf(ctx, tx, e)
	return Acted{Case: c, Act: act}, err
}

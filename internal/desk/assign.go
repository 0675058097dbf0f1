// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Assign gives a case to somebody who works in its brand, or to nobody with the zero Sight. Invalid: they do not.
func (d *Desk) Assign(ctx context.Context, see access.Sight, id hilft.CaseID, to access.Sight) (Case, error) {
	return d.alter(ctx, see, id, "assign", func(_ context.Context, _ *store.Tx, c *Case) ([]jobs.Event, error) {
		if to.Agent != "" && !to.May(c.Brand, access.Work) {
			return nil, hilft.FailField(hilft.Invalid, "agent.not_found", "agent_id", nil)
		}
		if c.Agent == to.Agent {
			return nil, nil
		}
		c.Agent = to.Agent
		return []jobs.Event{assigned(*c, see.Agent)}, nil
	})
}

func assigned(c Case, by hilft.AgentID) jobs.Event {
	return jobs.Event{Kind: hilft.EventCaseAssigned, Brand: c.Brand, Case: c.ID, Subject: string(c.ID), Agent: by, Data: map[string]string{"to": string(c.Agent)}}
}

// Solve says that there is nothing more to do, until the customer's next word. seen is the last message that whoever says so
// has seen: what was heard until a case is solved waits for nobody. To solve a solved case changes nothing. Conflict
// (case.something_new): somebody has said something since.
func (d *Desk) Solve(ctx context.Context, see access.Sight, id hilft.CaseID, seen hilft.MessageID) (Case, error) {
	return d.alter(ctx, see, id, "solve", func(ctx context.Context, tx *store.Tx, c *Case) ([]jobs.Event, error) {
		if c.State == hilft.Solved {
			return nil, nil
		}
		switch news, err := spokenSince(ctx, tx, id, seen, see.Agent); {
		case err != nil:
			return nil, err
		case news:
			return nil, hilft.Fail(hilft.Conflict, "case.something_new", nil)
		}
		c.State, c.SolvedAt = hilft.Solved, c.next(tx.Now())
		return []jobs.Event{{Kind: hilft.EventCaseSolved, Brand: c.Brand, Case: id, Subject: string(id), Agent: see.Agent}}, nil
	})
}

// Reopen takes back that a case was solved: who waited before waits again.
func (d *Desk) Reopen(ctx context.Context, see access.Sight, id hilft.CaseID) (Case, error) {
	return d.alter(ctx, see, id, "reopen", func(_ context.Context, _ *store.Tx, c *Case) ([]jobs.Event, error) {
		if c.State != hilft.Solved {
			return nil, nil
		}
		c.State, c.SolvedAt = hilft.Open, time.Time{}
		return []jobs.Event{{Kind: hilft.EventCaseReopened, Brand: c.Brand, Case: id, Subject: string(id), Agent: see.Agent}}, nil
	})
}

// alter changes a case for somebody who works on it, and settles it, when there is anything to tell.
func (d *Desk) alter(ctx context.Context, see access.Sight, id hilft.CaseID, verb string, fn func(ctx context.Context, tx *store.Tx, c *Case) ([]jobs.Event, error)) (Case, error) {
	var c Case
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if c, err = caseFor(ctx, tx, see, access.Work, id); err != nil {
			return err
		}
		events, err := fn(ctx, tx, &c)
		if err != nil || len(events) == 0 {
			return err
		}
		if c, err = d.settle(ctx, tx, c); err != nil {
			return err
		}
		return d.jobs.Record(ctx, tx, events...)
	})
	if err != nil {
		return Case{}, fmt.Errorf("desk: %s: %w", verb, err)
	}
	return c, nil
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Prioritise says how urgent a case is. Invalid: there is no such priority.
func (d *Desk) Prioritise(ctx context.Context, see access.Sight, id hilft.CaseID, to hilft.Priority) (Acted, error) {
	return d.alter(ctx, see, id, "prioritise", func(_ context.Context, _ *store.Tx, c *Case) (*jobs.Event, error) {
		switch to {
		case hilft.Urgent, hilft.High, hilft.Normal, hilft.Low:
		default:
			return nil, hilft.FailField(hilft.Invalid, "case.no_such_priority", "priority", nil)
		}
		if c.Priority == to {
			return nil, nil
		}
		e := c.prioritise(to, see.Agent)
		return &e, nil
	})
}

// Name gives a case a title, in place of the one that its words give it; an empty one gives that back. Invalid: it is too long,
// or shows nothing.
func (d *Desk) Name(ctx context.Context, see access.Sight, id hilft.CaseID, title string) (Acted, error) {
	return d.alter(ctx, see, id, "name", func(_ context.Context, _ *store.Tx, c *Case) (*jobs.Event, error) {
		to, err := titled(title)
		if err != nil || to == c.ownTitle() {
			return nil, err
		}
		e := c.name(to, see.Agent)
		return &e, nil
	})
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/audit"
	"github.com/hilft/hilft/internal/store"
)

// Together is one act with many cases. Each is changed by itself: what cannot be done with one is done with the others.
type Together struct {
	Act      Act
	Cases    []Seen
	To       access.Sight   // with ActAssign; the zero value: nobody
	Add      []string       // with ActTag
	Remove   []hilft.TagID  // with ActTag
	Priority hilft.Priority // with ActPriority
	Until    time.Time      // with ActSleep
}

// Act is what can be done with many cases at once.
type Act string

const (
	ActSolve    Act = "solve"
	ActReopen   Act = "reopen"
	ActAssign   Act = "assign"
	ActTag      Act = "tag"
	ActPriority Act = "priority"
	ActSleep    Act = "sleep"
	ActWake     Act = "wake"
)

// Seen is a case as a list showed it: who solves it, or puts it aside, has seen what was said until then.
type Seen struct {
	ID hilft.CaseID
	At time.Time // when it had changed last
}

// Took is what came of an act with one of many cases.
type Took struct {
	ID hilft.CaseID
	Acted
	Err error // why it could not be done
}

// togetherMost is how many cases one act is about, and togetherAtOnce with how many it is done at a time.
const (
	togetherMost   = 200
	togetherAtOnce = 4
)

// DoTogether does one thing with many cases of a brand, and tells of each what came of it, in their order. One line in the trail
// says so. Invalid: there is no such act, or there are too many cases, or none.
func (d *Desk) DoTogether(ctx context.Context, see access.Sight, brand hilft.BrandID, do Together) ([]Took, error) {
	one, ok := d.acts(do)[do.Act]
	if !ok {
		return nil, hilft.FailField(hilft.Invalid, "act.no_such", "act", nil)
	}
	return d.together(ctx, see, brand, string(do.Act), len(do.Cases), func(ctx context.Context, i int) Took {
		c := do.Cases[i]
		done, err := one(ctx, see, c)
		return Took{c.ID, done, err}
	})
}

// acts are what can be done with one of many cases.
func (d *Desk) acts(do Together) map[Act]func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
	type act = func(ctx context.Context, see access.Sight, c Seen) (Acted, error)
	return map[Act]act{
		ActSolve: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
			seen, err := d.lastUntil(ctx, c)
			if err != nil {
				return Acted{}, err
			}
			return d.Solve(ctx, see, c.ID, seen)
		},
		ActSleep: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
			seen, err := d.lastUntil(ctx, c)
			if err != nil {
				return Acted{}, err
			}
			return d.Sleep(ctx, see, c.ID, do.Until, seen)
		},
		ActReopen: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) { return d.Reopen(ctx, see, c.ID) },
		ActWake:   func(ctx context.Context, see access.Sight, c Seen) (Acted, error) { return d.Wake(ctx, see, c.ID) },
		ActAssign: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
			return d.Assign(ctx, see, c.ID, do.To)
		},
		ActTag: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
			return d.Tag(ctx, see, c.ID, do.Add, do.Remove)
		},
		ActPriority: func(ctx context.Context, see access.Sight, c Seen) (Acted, error) {
			return d.Prioritise(ctx, see, c.ID, do.Priority)
		},
	}
}

// Taken is what somebody did with one of many cases, to be taken back.
type Taken struct {
	ID  hilft.CaseID
	Act int64
}

// UndoTogether takes back what somebody did with many cases of a brand, and tells of each what came of it, in their order.
func (d *Desk) UndoTogether(ctx context.Context, see access.Sight, brand hilft.BrandID, all []Taken) ([]Took, error) {
	return d.together(ctx, see, brand, "undo", len(all), func(ctx context.Context, i int) Took {
		c, err := d.Undo(ctx, see, all[i].ID, all[i].Act)
		return Took{all[i].ID, Acted{Case: c}, err}
	})
}

func (d *Desk) together(ctx context.Context, see access.Sight, brand hilft.BrandID, act string, many int, one func(ctx context.Context, i int) Took) ([]Took, error) {
	if err := see.Demand(brand, access.Work, noSuchBrand); err != nil {
		return nil, err
	}
	if many < 1 || many > togetherMost {
		return nil, hilft.FailField(hilft.Invalid, "act.too_many", "cases", nil)
	}
	all := make([]Took, many)
	var wait sync.WaitGroup
	for w := range min(togetherAtOnce, many) {
		wait.Go(func() {
			for i := w; i < many; i += togetherAtOnce {
				all[i] = one(ctx, i)
			}
		})
	}
	wait.Wait()
	did := 0
	for _, t := range all {
		if t.Err == nil {
			did++
		}
	}
	if did == 0 {
		return all, nil
	}
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		return access.Trail(ctx, tx, audit.DoneTogether, brand, "", audit.Detail{"act": act, "cases": strconv.Itoa(did)})
	})
	if err != nil {
		return nil, fmt.Errorf("desk: together: %w", err)
	}
	return all, nil
}

// lastUntil is the last message of a case that was there when a list showed it.
func (d *Desk) lastUntil(ctx context.Context, c Seen) (id hilft.MessageID, err error) {
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Row(ctx, `SELECT id FROM message WHERE case_id = ? AND made_at <= ? ORDER BY made_at DESC, id DESC LIMIT 1`, []any{string(c.ID), store.Micros(c.At)}, &id)
	})
	if store.IsNoRows(err) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("desk: together: %w", err)
	}
	return id, nil
}

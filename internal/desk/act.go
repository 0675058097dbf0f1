// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Whatever somebody does with a case leaves an event that says how it was before and how it was then. So whoever did it can
// take it back, as long as it is still as they left it, and everybody reads in the case what was done.

// Acted is a case after somebody did something with it.
type Acted struct {
	Case
	Act int64 // by which they can take it back; 0: it was so already
}

// undoFor is how long somebody can take back what they did.
const undoFor = 10 * time.Minute

// act is an event of a case by somebody.
func (c Case) act(kind string, by hilft.AgentID, data map[string]string) jobs.Event {
	return jobs.Event{Kind: kind, Brand: c.Brand, Case: c.ID, Subject: string(c.ID), Agent: by, Data: data}
}

func (c *Case) prioritise(to hilft.Priority, by hilft.AgentID) jobs.Event {
	e := c.act(hilft.EventCasePriority, by, map[string]string{"from": string(c.Priority), "to": string(to)})
	c.Priority = to
	return e
}

// name gives a case a title; empty: the one that its words give it.
func (c *Case) name(to string, by hilft.AgentID) jobs.Event {
	e := c.act(hilft.EventCaseNamed, by, map[string]string{"from": c.ownTitle(), "to": to})
	c.Named = to != ""
	if c.Named {
		c.Title = to
	}
	return e
}

// ownTitle is the title that somebody gave a case; empty: nobody did.
func (c *Case) ownTitle() string {
	if c.Named {
		return c.Title
	}
	return ""
}

// give says whose a case is; note is what was written with it, if anything.
func (c *Case) give(to, by hilft.AgentID, note hilft.MessageID) jobs.Event {
	data := map[string]string{"from": string(c.Agent), "to": string(to)}
	if note != "" {
		data["note"] = string(note)
	}
	c.Agent = to
	return c.act(hilft.EventCaseAssigned, by, data)
}

func (c *Case) solve(at time.Time, by hilft.AgentID) jobs.Event {
	e := c.act(hilft.EventCaseSolved, by, map[string]string{"from": stamp(c.SolvedAt), "to": stamp(at)})
	c.State, c.SolvedAt = hilft.Solved, at
	return e
}

func (c *Case) reopen(by hilft.AgentID) jobs.Event {
	e := c.act(hilft.EventCaseReopened, by, map[string]string{"from": stamp(c.SolvedAt), "to": stamp(time.Time{})})
	c.State, c.SolvedAt = hilft.Open, time.Time{}
	c.sleptAt, c.WakesAt = time.Time{}, time.Time{} // who opens it wants to see it
	return e
}

// takeBack makes a case as it was before an act; false: it is not any more as the act has left it. Where it stands then its
// words say.
func (c *Case) takeBack(kind, from, to string) bool {
	switch kind {
	case hilft.EventCaseAssigned:
		if string(c.Agent) != to {
			return false
		}
		c.Agent = hilft.AgentID(from)
	case hilft.EventCaseSolved, hilft.EventCaseReopened:
		// Who has said something since a case was solved has opened it again, though it was solved at that time.
		if stamp(c.SolvedAt) != to || kind == hilft.EventCaseSolved && c.State != hilft.Solved {
			return false
		}
		c.SolvedAt = unstamp(from)
	case hilft.EventCaseSlept, hilft.EventCaseWoken:
		if c.nap() != to {
			return false
		}
		c.napAgain(from)
	case hilft.EventCasePriority:
		if string(c.Priority) != to {
			return false
		}
		c.Priority = hilft.Priority(from)
	case hilft.EventCaseNamed:
		if c.ownTitle() != to {
			return false
		}
		c.name(from, "")
	case hilft.EventCaseTagged:
		if !slices.Equal(c.Tags, tagsOf(to)) {
			return false
		}
		c.Tags = tagsOf(from)
	default:
		return false
	}
	return true
}

// Undo takes back what somebody did with a case, by the Act that it was. NotFound: they did no such thing. Conflict
// (act.too_late): it is longer ago than ten minutes; (act.moved_on): something has happened since that it would undo too,
// or it was taken back before. Where two cases became one, or one became two, it answers with the one that was acted on.
func (d *Desk) Undo(ctx context.Context, see access.Sight, id hilft.CaseID, act int64) (Case, error) {
	var back Case
	err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		e, was, err := actBy(ctx, tx, see, id, act)
		if err != nil {
			return err
		}
		switch e.Kind {
		case hilft.EventCaseTook:
			back, err = d.unmerge(ctx, tx, see, e, was)
		case hilft.EventCaseSplit, hilft.EventCaseContinued:
			back, err = d.rejoin(ctx, tx, see, e, was)
		default:
			var done Acted
			done, err = d.alterIn(ctx, tx, see, id, func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
				return d.undoes(ctx, tx, see, c, e, was)
			})
			back = done.Case
		}
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("desk: undo: %w", err)
	}
	return back, nil
}

// actBy is what somebody did with a case that they work on, and what is known of it.
func actBy(ctx context.Context, tx *store.Tx, see access.Sight, id hilft.CaseID, act int64) (jobs.Event, map[string]string, error) {
	c, err := oneCase(ctx, tx, see, id)
	if err == nil {
		err = see.Demand(c.Brand, access.Work, noSuchCase)
	}
	if err != nil {
		return jobs.Event{}, nil, err
	}
	e, err := jobs.EventOf(ctx, tx, act)
	if store.IsNoRows(err) || err == nil && (e.Case != id || e.Agent != see.Agent || see.Agent == "") {
		return e, nil, hilft.Fail(hilft.NotFound, "act.not_found", nil)
	}
	if err != nil {
		return e, nil, err
	}
	if tx.Now().Sub(e.At) > undoFor {
		return e, nil, hilft.Fail(hilft.Conflict, "act.too_late", nil)
	}
	var was map[string]string
	if err := json.Unmarshal(e.Raw, &was); err != nil {
		return e, nil, fmt.Errorf("event %d: %w", act, err)
	}
	return e, was, nil
}

// undoes takes an act back that was done with one case alone.
func (d *Desk) undoes(ctx context.Context, tx *store.Tx, see access.Sight, c *Case, e jobs.Event, was map[string]string) (*jobs.Event, error) {
	if from, told := was["from"]; !told || !c.takeBack(e.Kind, from, was["to"]) {
		return nil, hilft.Fail(hilft.Conflict, "act.moved_on", nil)
	}
	if e.Kind == hilft.EventCaseTagged {
		if err := d.dropGone(ctx, tx, c); err != nil {
			return nil, err
		}
	}
	if note := was["note"]; note != "" {
		if err := tearUp(ctx, tx, c.ID, hilft.MessageID(note)); err != nil {
			return nil, err
		}
	}
	back := undone(*c, e.Kind, see, was)
	return &back, nil
}

// stamp is a time as events tell it: microseconds, 0 for none.
func stamp(t time.Time) string { return strconv.FormatInt(store.Micros(t), 10) }

func unstamp(s string) time.Time {
	micros, _ := strconv.ParseInt(s, 10, 64) // it is ours
	return store.Time(micros)
}

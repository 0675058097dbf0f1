// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package push

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

const (
	lookEvery  = time.Second // wake-ups may be lost
	spreadMost = 500         // events at once
	oldAfter   = time.Hour   // what happened before that was no news by now
)

// Run writes down who is to be told of what happens, until the context ends. It follows the events behind everybody who
// makes them.
func (p *Push) Run(ctx context.Context) {
	bell := make(chan struct{}, 1)
	cancel := p.Bus.Subscribe(jobs.EventSubject, func(string, []byte) {
		select {
		case bell <- struct{}{}:
		default:
		}
	})
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = p.spread(ctx); err != nil && ctx.Err() == nil {
				p.Log.Warn("following events for push", "err", err)
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

// subscriber is one browser that is told.
type subscriber struct {
	id      string
	agent   hilft.AgentID
	session string
	since   int64
}

func subscribers(ctx context.Context, tx *store.Tx) ([]subscriber, error) {
	return store.All(ctx, tx, `SELECT id, agent_id, session, since FROM push_subscription ORDER BY id`, nil, func(scan func(into ...any) error, s *subscriber) error {
		return scan(&s.id, &s.agent, &s.session, &s.since)
	})
}

// spread reads the next events, and writes down who is to be told of them, with the jobs that do. One node does so at a time:
// what a slower one has read counts no more. It tells whether there may be more.
func (p *Push) spread(ctx context.Context) (more bool, err error) {
	var all []subscriber
	var last int64
	err = p.DB.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		if all, err = subscribers(ctx, tx); err != nil || len(all) == 0 {
			return err
		}
		last, err = cursor(ctx, tx)
		return err
	})
	if err != nil || len(all) == 0 {
		return false, err
	}
	from := max(last, slices.MinFunc(all, func(x, y subscriber) int { return int(x.since - y.since) }).since)
	events, err := p.Jobs.EventsAfter(ctx, from, spreadMost)
	if err != nil || len(events) == 0 {
		return false, err
	}
	err = p.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := holdCursor(ctx, tx)
		if err != nil || now != last {
			return err // another node was quicker, or is
		}
		if all, err = subscribers(ctx, tx); err != nil {
			return err
		}
		if err := p.order(ctx, tx, events, all); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE push_cursor SET last = ?`, events[len(events)-1].ID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("push: spread: %w", err)
	}
	return len(events) == spreadMost, nil
}

// cursor is the last event that was looked at for everybody.
func cursor(ctx context.Context, tx *store.Tx) (last int64, err error) {
	err = tx.Row(ctx, `SELECT last FROM push_cursor`, nil, &last)
	if store.IsNoRows(err) {
		err = nil
	}
	return last, err
}

// holdCursor is cursor, and keeps others from moving it until the transaction ends.
func holdCursor(ctx context.Context, tx *store.Tx) (last int64, err error) {
	// One statement, so that the row is there and held.
	err = tx.Row(ctx, `INSERT INTO push_cursor (id, last) VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING last`, nil, &last)
	return last, err
}

// news is what somebody is told of, of one kind, in one breath.
type news struct {
	kind  Kind
	agent hilft.AgentID
	cases []hilft.CaseID
	last  int64 // the event behind which it stands
}

// order writes the jobs by which those are told whom events concern. Of several of a kind that come at once, somebody is told
// once.
func (p *Push) order(ctx context.Context, tx *store.Tx, events []jobs.Event, all []subscriber) error {
	var every []news
	for _, e := range events {
		kind, agent, err := concerns(ctx, tx, e)
		if err != nil {
			return err
		}
		if agent == "" || agent == e.Agent || tx.Now().Sub(e.At) > oldAfter || !slices.ContainsFunc(all, func(s subscriber) bool { return s.agent == agent && s.since < e.ID }) {
			continue
		}
		see, err := access.SightOf(ctx, tx, agent)
		if err != nil {
			return err
		}
		kinds, err := choiceOf(ctx, tx, agent)
		if err != nil {
			return err
		}
		if !see.May(e.Brand, access.Read) || !slices.Contains(kinds, kind) {
			continue
		}
		i := slices.IndexFunc(every, func(n news) bool { return n.kind == kind && n.agent == agent })
		if i < 0 {
			i, every = len(every), append(every, news{kind: kind, agent: agent})
		}
		every[i].last = e.ID
		if !slices.Contains(every[i].cases, e.Case) {
			every[i].cases = append(every[i].cases, e.Case)
		}
	}
	for _, n := range every {
		for _, s := range all {
			if s.agent != n.agent || s.since >= n.last {
				continue
			}
			one := errand{Subscription: s.id, Kind: n.kind, Many: len(n.cases)}
			if len(n.cases) == 1 {
				one.Case = n.cases[0]
			}
			if err := p.Jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobPush, Key: fmt.Sprintf("%s %d %s", s.id, n.last, n.kind), Args: one}); err != nil {
				return err
			}
		}
	}
	return nil
}

// concerns is whom an event is news for, and of what kind; empty: nobody.
func concerns(ctx context.Context, tx *store.Tx, e jobs.Event) (kind Kind, agent hilft.AgentID, err error) {
	details := map[string]string{}
	if json.Unmarshal(e.Raw, &details) != nil {
		return "", "", nil //nolint:nilerr // events of other shapes are not for this
	}
	switch e.Kind {
	case hilft.EventCaseAssigned:
		return Assigned, hilft.AgentID(details["to"]), nil
	case hilft.EventCaseLate:
		if details["late"] == "late" {
			agent, err = ownerOf(ctx, tx, `SELECT agent_id FROM cases WHERE id = ?`, string(e.Case))
		}
		return Late, agent, err
	case hilft.EventMessageMoved:
		if d := hilft.Delivery(details["delivery"]); (d == hilft.Failed || d == hilft.Unknown) && details["let_go"] == "" {
			agent, err = ownerOf(ctx, tx, `SELECT agent_id FROM message WHERE id = ?`, e.Subject)
		}
		return Trouble, agent, err
	}
	return "", "", nil
}

func ownerOf(ctx context.Context, tx *store.Tx, query, id string) (agent hilft.AgentID, err error) {
	err = tx.Row(ctx, query, []any{id}, &agent)
	if store.IsNoRows(err) {
		err = nil
	}
	return agent, err
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// Lateness is what the clock has told of a case in which a customer waits.
type Lateness int

const (
	InTime Lateness = iota
	Soon            // due before long
	Late
	Escalated // late for so long that others were to know
)

func (l Lateness) String() string { return [...]string{"no", "soon", "late", "escalated"}[l] }

// moments are when a case comes to be what, by Lateness. The zero time: never.
type moments [Escalated + 1]time.Time

// moments are those of a case in which a customer waits. A warning that would come as soon as somebody waits warns of
// nothing, and does not come.
func (p *plan) moments(c Case) (m moments) {
	t := p.of(c)
	if c.WaitsSince.IsZero() {
		return m
	}
	within := t.within(c)
	m[Late] = t.add(c.WaitsSince, within)
	if t.warn > 0 && t.warn < within {
		m[Soon] = t.add(c.WaitsSince, within-t.warn)
	}
	if t.escalate > 0 {
		m[Escalated] = t.add(m[Late], t.escalate)
	}
	return m
}

// reached is the last of the moments that are over.
func (m moments) reached(now time.Time) Lateness {
	for l := Escalated; l > InTime; l-- {
		if !m[l].IsZero() && !m[l].After(now) {
			return l
		}
	}
	return InTime
}

// after is the first moment after what was reached; the zero time: there is none.
func (m moments) after(reached Lateness) (first time.Time) {
	for _, at := range m[reached+1:] {
		first = earliest(first, at)
	}
	return first
}

// earliest is the earlier of two moments that may be never, which is the zero time.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// armed is a case with the next moment at which time alone changes it. What was told of it stays told as long as that was
// told of the moment at which it is still so: where the answer is due at another time, the clock begins anew.
func (c Case) armed(p *plan) Case {
	var m moments
	if c.runs() {
		m = p.moments(c)
	}
	if m[c.Late].IsZero() || !m[c.Late].Equal(c.toldAt) {
		c.Late, c.toldAt = InTime, time.Time{}
	}
	c.alarmAt = earliest(m.after(c.Late), c.WakesAt)
	return c
}

// struck is a case after the clock has looked at it, whether it has anything to tell of its answer, and whether it woke. When the
// clock was ahead and is set right, what it told too early is taken back, and told again when it is so; what it woke stays awake.
func (c Case) struck(p *plan, now time.Time) (_ Case, tells, woke bool) {
	c, woke = c.roused(now)
	if c.toldAt.After(now) {
		c.Late, c.toldAt = InTime, time.Time{}
	}
	c = c.armed(p)
	if !c.runs() {
		return c, false, woke
	}
	m := p.moments(c)
	l := m.reached(now)
	if l <= c.Late {
		return c, false, woke
	}
	if l == Escalated && c.State == hilft.Asleep {
		c.wake(m[l])
		c.State, woke = hilft.Open, true
	}
	c.Late, c.toldAt, c.alarmAt = l, m[l], earliest(m.after(l), c.WakesAt)
	return c, true, woke
}

// Run lets the clock tell what time alone changes, until the context ends. It may run on several nodes: each moment is told
// of once.
func (d *Desk) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(strikesEvery)
	defer tick.Stop()
	for {
		for more := true; more; {
			var err error
			if more, err = d.strike(ctx); err != nil && ctx.Err() == nil {
				log.Error("telling which answers are late; it is tried again", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// strikesEvery is how late the clock may be itself.
const strikesEvery = time.Second

// struckMost is how many cases the clock looks at in one transaction: others want to write, too.
const struckMost = 300

var (
	alarmsOver = `SELECT brand_id, id FROM cases WHERE alarm_at > 0 AND alarm_at <= ? ORDER BY alarm_at LIMIT ` + strconv.Itoa(struckMost)
	toldAhead  = `SELECT brand_id, id FROM cases WHERE told_at > 0 AND told_at > ? ORDER BY told_at LIMIT ` + strconv.Itoa(struckMost) // by a clock that was ahead
)

// strike handles moments that are over, the earliest first, and tells whether there are more.
func (d *Desk) strike(ctx context.Context) (more bool, err error) {
	due := map[hilft.BrandID][]hilft.CaseID{}
	n := 0
	err = d.db.Look(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := store.Micros(tx.Now())
		for _, q := range []string{alarmsOver, toldAhead} {
			err := tx.Rows(ctx, q, []any{now}, func(scan func(into ...any) error) error {
				var brand hilft.BrandID
				var id hilft.CaseID
				err := scan(&brand, &id)
				due[brand] = append(due[brand], id)
				n++
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("desk: alarms: %w", err)
	}
	for _, brand := range slices.Sorted(maps.Keys(due)) {
		ids := due[brand]
		slices.Sort(ids)
		err := d.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error { return d.strikeAt(ctx, tx, brand, slices.Compact(ids)) })
		if err != nil {
			return false, fmt.Errorf("desk: alarms: %w", err)
		}
	}
	return n >= struckMost, nil
}

// strikeAt looks at cases of a brand. Another node may have done so since they were found: what counts is how they are now.
func (d *Desk) strikeAt(ctx context.Context, tx *store.Tx, brand hilft.BrandID, ids []hilft.CaseID) error {
	p, err := d.planOf(ctx, tx, brand)
	if err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	var all []Case
	if err := casesForUpdate(ctx, tx, ids, func(c Case) {
		if c.State != hilft.Merged {
			all = append(all, c)
		}
	}); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	var events []jobs.Event
	for i, c := range all {
		c, tells, woke := c.struck(p, tx.Now())
		if woke {
			events = append(events, jobs.Event{Kind: hilft.EventCaseWoken, Brand: brand, Case: c.ID, Subject: string(c.ID)})
			c.ChangedAt = c.next(tx.Now())
		}
		if tells {
			events = append(events, jobs.Event{Kind: hilft.EventCaseLate, Brand: brand, Case: c.ID, Subject: string(c.ID), Data: map[string]string{"late": c.Late.String()}})
		}
		if to := p.of(c).to; tells && c.Late == Escalated && to != "" && to != c.Agent {
			see, err := access.SightOf(ctx, tx, to)
			if err != nil {
				return err
			}
			if see.May(c.Brand, access.Work) {
				events = append(events, c.give(to, "", ""))
				c.ChangedAt = c.next(tx.Now())
			}
		}
		all[i] = c
	}
	if err := saveCases(ctx, tx, all...); err != nil || len(events) == 0 {
		return err
	}
	return d.jobs.Record(ctx, tx, events...)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// plan says until when a brand's customers should be answered.
type plan struct {
	targets map[string]target // by network; "": all others
	last    time.Duration     // around the clock, where there is no target
}

// target is a Target that can be counted with.
type target struct {
	first, next time.Duration
	hours       *calendar.Calendar // nil: around the clock
	warn        time.Duration      // before it is due; 0: never
	escalate    time.Duration      // after it was due; 0: never
	to          hilft.AgentID      // whose the case is then; empty: it stays whose it is
}

// warnUsual is how long before an answer is due that is told, where no target says otherwise.
const warnUsual = 15 * time.Minute

// aims tells whether there is a target for a case: its network's, or one for all.
func (p *plan) aims(c Case) bool {
	_, own := p.targets[c.Network]
	_, all := p.targets[""]
	return own || all
}

// of is the target that counts for a case: its network's, else that of all, else what the brand says without any.
func (p *plan) of(c Case) target {
	if t, ok := p.targets[c.Network]; ok {
		return t
	}
	if t, ok := p.targets[""]; ok {
		return t
	}
	return target{first: p.last, next: p.last, warn: warnUsual}
}

// within is how much service may pass until a case's next answer.
func (t target) within(c Case) time.Duration {
	if c.Answered {
		return t.next
	}
	return t.first
}

// add is when so much service has passed since a moment.
func (t target) add(at time.Time, d time.Duration) time.Time {
	if t.hours == nil {
		return at.Add(d)
	}
	return t.hours.Add(at, d)
}

// due is until when the customer should be answered who waits in a case. The zero time: nobody waits.
//
// What counts is the time since the oldest word that is not answered, so the clock stands still while the customer has the
// word.
func (p *plan) due(c Case) time.Time {
	if c.WaitsSince.IsZero() {
		return time.Time{}
	}
	t := p.of(c)
	return t.add(c.WaitsSince, t.within(c))
}

// planOf reads a brand's plan; it is there after the next Flush, and stays true until the transaction ends: whoever sets
// another waits for it.
func (d *Desk) planOf(ctx context.Context, tx *store.Tx, brand hilft.BrandID) (*plan, error) {
	if err := d.clockTurn(ctx, tx, brand, false); err != nil {
		return nil, err
	}
	p := &plan{targets: map[string]target{}}
	err := tx.DeferRows(ctx, `SELECT t.network, t.first_minutes, t.next_minutes, t.warn_minutes, t.escalate_minutes, t.escalate_to, COALESCE(h.zone, ''), COALESCE(h.region, ''), COALESCE(h.week, ''), COALESCE(h.days, '')
		FROM answer_target t LEFT JOIN service_hours h ON h.brand_id = t.brand_id AND h.name = t.hours WHERE t.brand_id = ?`, []any{string(brand)},
		func(scan func(into ...any) error) error {
			var t Target
			var h hoursText
			if err := scan(&t.Network, &t.First, &t.Next, &t.Warn, &t.Escalate, &t.To, &h.zone, &h.region, &h.week, &h.days); err != nil {
				return err
			}
			p.targets[t.Network] = t.in(d.calendars.of(h))
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("desk: clock: %w", err)
	}
	if p.last, err = d.answerIn(ctx, tx, brand); err != nil {
		return nil, err
	}
	return p, nil
}

// clockTurn lets those who reckon when answers are due work side by side, and whoever sets when that is, alone.
func (d *Desk) clockTurn(ctx context.Context, tx *store.Tx, brand hilft.BrandID, sets bool) error {
	if tx.Dialect() != store.Postgres {
		return nil
	}
	q := `SELECT pg_advisory_xact_lock_shared(CAST(? AS BIGINT))`
	if sets {
		q = `SELECT pg_advisory_xact_lock(CAST(? AS BIGINT))`
	}
	if err := tx.Defer(ctx, q, turn("", "clock\x00"+string(brand))); err != nil {
		return fmt.Errorf("desk: turns: %w", err)
	}
	return nil
}

// calendars keeps hours ready to be counted in, by what is written of them. The zero value holds none.
type calendars struct {
	mu   sync.Mutex
	kept map[hoursText]*calendar.Calendar
}

// hoursText is hours as the table has them.
type hoursText struct{ zone, region, week, days string }

// calendarsMost bounds what is kept: hours that have changed are not asked for again.
const calendarsMost = 100

// of is the calendar of hours; nil, around the clock, for none. Also for hours that could be counted in when they were set,
// by another version of hilft, and cannot any more: a customer's word must not wait for somebody to mend them.
func (k *calendars) of(h hoursText) *calendar.Calendar {
	if h.week == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.kept[h]; ok {
		return c
	}
	hours := calendar.Hours{Zone: h.zone, Region: h.region}
	err := errors.Join(json.Unmarshal([]byte(h.week), &hours.Week), json.Unmarshal([]byte(h.days), &hours.Days))
	var c *calendar.Calendar
	if err == nil {
		c, err = calendar.New(hours)
	}
	if err != nil {
		return nil
	}
	if k.kept == nil || len(k.kept) >= calendarsMost {
		k.kept = map[hoursText]*calendar.Calendar{}
	}
	k.kept[h] = c
	return c
}

// reckoning is how far open cases have been looked at since a brand has set when answers are due.
type reckoning struct {
	Brand hilft.BrandID `json:"brand"`
	Sleep bool          `json:"sleep"` // of those that are put aside, when the open ones are done
	Rank  int64         `json:"rank"`
	After hilft.CaseID  `json:"after"`
}

// reckonedMost is how many cases are looked at in one transaction: others want to write, too.
const reckonedMost = 300

// reckon reckons anew when the answers are due that a brand owes, a few at a time. It goes by the inbox's order. A case that
// it moves further down is met once more and is right by then; one that somebody else moves up has been reckoned by them.
func (d *Desk) reckon(ctx context.Context, tx *store.Tx, j jobs.Job) error {
	var r reckoning
	if err := j.Read(&r); err != nil {
		return err
	}
	p, err := d.planOf(ctx, tx, r.Brand)
	if err != nil {
		return err
	}
	var ids []hilft.CaseID
	state := hilft.Open
	if r.Sleep {
		state = hilft.Asleep
	}
	err = tx.Rows(ctx, `SELECT id, rank FROM cases WHERE brand_id = ? AND state = '`+string(state)+`' AND (rank, id) > (?, ?) ORDER BY rank, id LIMIT `+strconv.Itoa(reckonedMost),
		[]any{string(r.Brand), r.Rank, string(r.After)}, func(scan func(into ...any) error) error {
			err := scan(&r.After, &r.Rank)
			ids = append(ids, r.After)
			return err
		})
	if err != nil {
		return fmt.Errorf("desk: reckon: %w", err)
	}
	var moved []Case
	err = casesForUpdate(ctx, tx, ids, func(c Case) {
		if due := p.due(c); c.runs() && !due.IsZero() {
			before := c
			c.DueAt = due
			if c = c.armed(p); !c.DueAt.Equal(before.DueAt) || !c.alarmAt.Equal(before.alarmAt) || c.Late != before.Late {
				moved = append(moved, c)
			}
		}
	})
	if err == nil {
		err = tx.Flush(ctx)
	}
	if err == nil {
		err = saveCases(ctx, tx, moved...)
	}
	switch {
	case err != nil:
		return err
	case len(ids) == reckonedMost:
		return d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobReckon, Args: r})
	case !r.Sleep:
		return d.jobs.Enqueue(ctx, tx, jobs.Order{Kind: hilft.JobReckon, Args: reckoning{Brand: r.Brand, Sleep: true, Rank: math.MinInt64}})
	}
	return d.jobs.Record(ctx, tx, jobs.Event{Kind: hilft.EventServiceReckoned, Brand: r.Brand})
}

// Outlook is what a service would come to that is not set yet.
type Outlook struct {
	Open    int  // cases in which a customer waits
	Aimed   int  // of them: for which there would be a target
	Late    int  // of them all: which would be late
	LateNow int  // and which are, by what is set
	Partly  bool // there are more open cases than were looked at
}

// outlookMost is how many open cases are looked at for an Outlook.
const outlookMost = 20_000

// Outlook tells a brand's leads what a service would come to if it were set now. It sets nothing. Invalid names the field.
func (d *Desk) Outlook(ctx context.Context, see access.Sight, brand hilft.BrandID, s Service) (o Outlook, err error) {
	if err := see.Demand(brand, access.Lead, noSuchBrand); err != nil {
		return o, err
	}
	if s, err = s.check(); err != nil {
		return o, err
	}
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := s.plan()
		if err != nil {
			return err
		}
		if p.last, err = d.answerIn(ctx, tx, brand); err != nil {
			return err
		}
		now := tx.Now()
		return tx.Rows(ctx, `SELECT network, answered, waits_since, due_at FROM cases WHERE brand_id = ? AND state = 'open' ORDER BY rank, id LIMIT `+strconv.Itoa(outlookMost+1),
			[]any{string(brand)}, func(scan func(into ...any) error) error {
				var c Case
				var answered int
				var waits, due int64
				if err := scan(&c.Network, &answered, &waits, &due); err != nil {
					return err
				}
				if o.Open == outlookMost {
					o.Partly = true
					return nil
				}
				c.Answered, c.WaitsSince = answered == 1, store.Time(waits)
				o.Open++
				o.Aimed += store.Bit(p.aims(c))
				o.Late += store.Bit(p.due(c).Before(now))
				o.LateNow += store.Bit(store.Time(due).Before(now))
				return nil
			})
	})
	if err != nil {
		return Outlook{}, fmt.Errorf("desk: outlook: %w", err)
	}
	return o, nil
}

// plan is what a service that has been checked comes to.
func (s Service) plan() (*plan, error) {
	p, hours := &plan{targets: map[string]target{}}, map[string]*calendar.Calendar{}
	for _, h := range s.Hours {
		c, err := calendar.New(h.Hours)
		if err != nil {
			return nil, err
		}
		hours[h.Name] = c
	}
	for _, t := range s.Targets {
		p.targets[t.Network] = t.in(hours[t.Hours])
	}
	return p, nil
}

// in is the target counted in hours; nil: around the clock.
func (t Target) in(hours *calendar.Calendar) target {
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	return target{minutes(t.First), minutes(t.Next), hours, minutes(t.Warn), minutes(t.Escalate), t.To}
}

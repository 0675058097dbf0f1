// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/access"
	"github.com/hilft/hilft/internal/calendar"
	"github.com/hilft/hilft/internal/jobs"
	"github.com/hilft/hilft/internal/store"
)

// A case that is put aside is in nobody's way until its time comes, or its customer says something. What is due to the customer is
// due all the same: that we look at something else is no reason for them to wait longer. So the clock warns and tells as ever, and
// when the case is handed to somebody else because it is late, it is awake for them.

// Until when a case can be put aside.
const (
	sleepLeast = time.Minute
	sleepMost  = 366 * 24 * time.Hour
)

// Sleep puts a case aside until a moment, or until its customer's next word. seen is the last message that whoever does so has seen.
// Conflict (case.something_new): somebody has said something since. Invalid: it is solved, or the moment is over or more than a year
// away.
func (d *Desk) Sleep(ctx context.Context, see access.Sight, id hilft.CaseID, until time.Time, seen hilft.MessageID) (Acted, error) {
	return d.alter(ctx, see, id, "sleep", func(ctx context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
		switch news, err := spokenSince(ctx, tx, id, seen, see.Agent); {
		case err != nil:
			return nil, err
		case news:
			return nil, hilft.Fail(hilft.Conflict, "case.something_new", nil)
		case c.State == hilft.Solved:
			return nil, hilft.Fail(hilft.Invalid, "sleep.solved", nil)
		}
		if err := sleepable(until, tx.Now()); err != nil {
			return nil, err
		}
		if c.State == hilft.Asleep && c.WakesAt.Equal(until) {
			return nil, nil
		}
		e := c.sleep(until, c.next(tx.Now()), see.Agent)
		return &e, nil
	})
}

// Wake takes a case up again that was put aside.
func (d *Desk) Wake(ctx context.Context, see access.Sight, id hilft.CaseID) (Acted, error) {
	return d.alter(ctx, see, id, "wake", func(_ context.Context, tx *store.Tx, c *Case) (*jobs.Event, error) {
		if c.State != hilft.Asleep {
			return nil, nil
		}
		from := c.nap()
		c.wake(c.next(tx.Now()))
		e := c.act(hilft.EventCaseWoken, see.Agent, map[string]string{"from": from, "to": c.nap()})
		return &e, nil
	})
}

func sleepable(until, now time.Time) error {
	if until.Before(now.Add(sleepLeast)) || until.After(now.Add(sleepMost)) {
		return hilft.FailField(hilft.Invalid, "sleep.when", "until", nil)
	}
	return nil
}

func (c *Case) sleep(until, at time.Time, by hilft.AgentID) jobs.Event {
	from := c.nap()
	c.sleptAt, c.WakesAt, c.WokenAt = at, until.Truncate(time.Microsecond), time.Time{}
	return c.act(hilft.EventCaseSlept, by, map[string]string{"from": from, "to": c.nap(), "until": stamp(c.WakesAt)})
}

// wake ends a case's sleep as if its time had come at a moment.
func (c *Case) wake(at time.Time) {
	c.sleptAt, c.WakesAt, c.WokenAt = time.Time{}, time.Time{}, at
}

// nap is how a case is put aside, or came back, as events tell it.
func (c Case) nap() string {
	return strings.Join([]string{stamp(c.sleptAt), stamp(c.WakesAt), stamp(c.WokenAt)}, " ")
}

// napAgain takes back how a case is put aside.
func (c *Case) napAgain(nap string) {
	all := append(strings.Fields(nap), "", "", "")
	c.sleptAt, c.WakesAt, c.WokenAt = unstamp(all[0]), unstamp(all[1]), unstamp(all[2])
}

// runs tells whether the clock counts for a case: while a customer may wait in it.
func (c Case) runs() bool { return c.State == hilft.Open || c.State == hilft.Asleep }

// roused is a case after its time has come to wake, and whether it slept. Of one that is solved, or that its customer has woken before,
// the time is forgotten.
func (c Case) roused(now time.Time) (Case, bool) {
	if c.WakesAt.IsZero() || c.WakesAt.After(now) {
		return c, false
	}
	if c.State != hilft.Asleep {
		c.sleptAt, c.WakesAt = time.Time{}, time.Time{}
		return c, false
	}
	c.wake(c.WakesAt)
	c.State = hilft.Open
	return c, true
}

// Nap is until when a case is often put aside.
type Nap struct {
	Name string // hour, evening, tomorrow, service, monday
	At   time.Time
}

// Naps are until when this case may well be put aside, by the hours in which its customers are answered. Where there are none, a day
// begins at eight in the given zone; without one that exists, in UTC.
func (d *Desk) Naps(ctx context.Context, see access.Sight, id hilft.CaseID, zone string) (all []Nap, err error) {
	err = d.db.Read(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := oneCase(ctx, tx, see, id)
		if err != nil {
			return err
		}
		p, err := d.planOf(ctx, tx, c.Brand)
		if err != nil {
			return err
		}
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		place, err := time.LoadLocation(zone)
		if err != nil || zone == "Local" {
			place = time.UTC
		}
		all = naps(tx.Now(), p.of(c).hours, place)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("desk: naps: %w", err)
	}
	return all, nil
}

// By the clock on the wall: when a day begins for whoever has put something aside, and when its evening does.
const (
	morning = 8
	evening = 18
)

// naps are the moments, the earliest first; of two that are one, the first. Hours may be nil: around the clock, in the zone.
func naps(now time.Time, hours *calendar.Calendar, zone *time.Location) (all []Nap) {
	if hours != nil {
		zone = hours.Zone()
	}
	local := now.In(zone)
	on := func(days, hour int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, hour, 0, 0, 0, zone)
	}
	serves := func(at time.Time) time.Time {
		if hours == nil {
			return at
		}
		return hours.Next(at)
	}
	all = []Nap{{"hour", now.Add(time.Hour)}}
	add := func(name string, at time.Time) {
		if at.After(all[len(all)-1].At) {
			all = append(all, Nap{name, at})
		}
	}
	late := on(0, evening)
	if hours != nil && !hours.Open(late) {
		// An hour before they go.
		late = time.Time{}
		if spans, _ := hours.On(calendar.DateOf(local)); len(spans) > 0 {
			late = on(0, 0).Add(time.Duration(spans[len(spans)-1].To-60) * time.Minute)
		}
	}
	add("evening", late)
	next := serves(on(1, morning))
	if name := "tomorrow"; calendar.DateOf(next.In(zone)) == calendar.DateOf(on(1, 0)) {
		add(name, next)
	} else {
		add("service", next)
	}
	add("monday", serves(on((8-int(local.Weekday()))%7+7*store.Bit(local.Weekday() == time.Monday), morning)))
	return all
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // not every machine knows its time zones

	"github.com/hilft/hilft"
)

// Span is a part of a day, in minutes since midnight by the clock on the wall: from 0, to 1440 at the most. To is not in
// it.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// minutesOfDay is a day without a change of clocks.
const minutesOfDay = 24 * 60

// Week are the spans of each day of a week, Sunday first, as time.Weekday counts.
type Week [7][]Span

// Always is a week without end.
func Always() (w Week) {
	for d := range w {
		w[d] = []Span{{0, minutesOfDay}}
	}
	return w
}

// Date is a day, wherever it is.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day that it is at a moment, in its zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String is the day as ISO 8601 writes it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText is String: so days can be keys in JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String writes. Invalid (calendar.day): that is no day.
func (d *Date) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return hilft.FailField(hilft.Invalid, "calendar.day", "days", err)
	}
	*d = DateOf(t)
	return nil
}

// midnight is when the day begins on a wall whose clock is never changed.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Hours say when a team serves.
type Hours struct {
	Zone   string          `json:"zone"` // "Europe/Berlin"
	Week   Week            `json:"week"`
	Region string          `json:"region"` // whose holidays are kept, one of Regions; empty: nobody's
	Days   map[Date][]Span `json:"days"`   // days that are otherwise, holidays or not; without spans: closed
}

// Calendar counts in Hours. It is safe for concurrent use.
type Calendar struct {
	zone   *time.Location
	week   Week
	days   map[Date][]Span
	region region
	always bool
	years  sync.Map // the holidays of a year, by it
}

// New makes a calendar. What cannot be counted in is Invalid, in the field zone, week, days or region: spans that end
// before they begin, run into one another or leave the day, and a week in which nobody ever serves.
func New(h Hours) (*Calendar, error) {
	c := &Calendar{days: make(map[Date][]Span, len(h.Days))}
	var err error
	if c.zone, err = time.LoadLocation(h.Zone); err != nil || h.Zone == "" || h.Zone == "Local" {
		return nil, hilft.FailField(hilft.Invalid, "calendar.zone", "zone", err)
	}
	for d, spans := range h.Week {
		if c.week[d], err = ordered(spans); err != nil {
			return nil, hilft.FailField(hilft.Invalid, "calendar.spans", "week", err)
		}
	}
	for d, spans := range h.Days {
		if c.days[d], err = ordered(spans); err != nil {
			return nil, hilft.FailField(hilft.Invalid, "calendar.spans", "days", err)
		}
	}
	if !slices.ContainsFunc(c.week[:], func(s []Span) bool { return len(s) > 0 }) {
		return nil, hilft.FailField(hilft.Invalid, "calendar.never_open", "week", nil)
	}
	if h.Region != "" {
		var ok bool
		if c.region, ok = regions[h.Region]; !ok {
			return nil, hilft.FailField(hilft.Invalid, "calendar.region", "region", nil)
		}
	}
	whole := func(spans []Span) bool { return len(spans) == 1 && spans[0] == Span{0, minutesOfDay} }
	c.always = h.Region == "" && len(h.Days) == 0 && !slices.ContainsFunc(c.week[:], func(s []Span) bool { return !whole(s) })
	return c, nil
}

// ordered are spans of a day in their order; those that touch are one.
func ordered(spans []Span) ([]Span, error) {
	var all []Span
	for _, s := range slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return a.From - b.From }) {
		if s.From < 0 || s.To > minutesOfDay || s.From >= s.To {
			return nil, fmt.Errorf("calendar: no span: %d to %d", s.From, s.To)
		}
		switch last := len(all) - 1; {
		case last >= 0 && s.From < all[last].To:
			return nil, fmt.Errorf("calendar: %d to %d begins before the one before it ends", s.From, s.To)
		case last >= 0 && s.From == all[last].To:
			all[last].To = s.To
		default:
			all = append(all, s)
		}
	}
	return all, nil
}

// Zone is where the clock on the wall hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// On are the spans of a day, and the name of the holiday that it is; empty: none.
func (c *Calendar) On(d Date) (spans []Span, holiday string) {
	holiday = c.holidays(d.Year)[d]
	if s, ok := c.days[d]; ok {
		return s, holiday
	}
	if holiday != "" {
		return nil, holiday
	}
	return c.week[d.midnight().Weekday()], ""
}

// stretch is time in which the team serves without a pause.
type stretch struct{ from, to time.Time }

// open yields what is open from a moment on, in its order. A stretch may touch the next. It does not end by itself: each
// week has something.
func (c *Calendar) open(t time.Time) func(yield func(stretch) bool) {
	return func(yield func(stretch) bool) {
		for at := t; ; {
			// Until the clocks are changed, or the day is over, the wall shows what UTC shows and a bit.
			local := at.In(c.zone)
			_, offset := local.Zone()
			_, change := local.ZoneBounds()
			d := DateOf(local)
			midnight := d.midnight().Add(-time.Duration(offset) * time.Second)
			end := midnight.Add(minutesOfDay * time.Minute)
			if !change.IsZero() && change.Before(end) {
				end = change
			}
			spans, _ := c.On(d)
			for _, s := range spans {
				from, to := midnight.Add(time.Duration(s.From)*time.Minute), midnight.Add(time.Duration(s.To)*time.Minute)
				if from.Before(at) {
					from = at
				}
				if to.After(end) {
					to = end
				}
				if from.Before(to) && !yield(stretch{from, to}) {
					return
				}
			}
			at = end
		}
	}
}

// Open tells whether the team serves at a moment.
func (c *Calendar) Open(at time.Time) bool { return c.Next(at).Equal(at) }

// Next is the first moment from one on at which the team serves; that one itself, when it does.
func (c *Calendar) Next(at time.Time) time.Time {
	if c.always {
		return at
	}
	for s := range c.open(at) {
		return s.from.In(at.Location())
	}
	panic("calendar: a week without service") // New takes none
}

// Add is when so much service has passed since a moment: the first such moment. Nothing, or less, has passed at once.
func (c *Calendar) Add(at time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return at
	}
	if c.always {
		return at.Add(d)
	}
	for s := range c.open(at) {
		if open := s.to.Sub(s.from); open < d {
			d -= open
			continue
		}
		return s.from.Add(d).In(at.Location())
	}
	panic("calendar: a week without service") // New takes none
}

// Between is how much service lies between two moments; negative, when the second is before the first.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c.always {
		return b.Sub(a)
	}
	var sum time.Duration
	for s := range c.open(a) {
		if !s.from.Before(b) {
			break
		}
		if s.to.After(b) {
			s.to = b
		}
		sum += s.to.Sub(s.from)
	}
	return sum
}

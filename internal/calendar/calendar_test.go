// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/calendar"
)

// weekdays is a week of which Monday to Friday are alike.
func weekdays(spans ...calendar.Span) (w calendar.Week) {
	for d := time.Monday; d <= time.Friday; d++ {
		w[d] = spans
	}
	return w
}

// daily is a week of days that are all alike.
func daily(spans ...calendar.Span) (w calendar.Week) {
	w = weekdays(spans...)
	w[time.Saturday], w[time.Sunday] = spans, spans
	return w
}

// weeks are those of testdata/due.py.
var weeks = func() map[string]calendar.Week {
	split := weekdays(calendar.Span{From: 540, To: 750}, calendar.Span{From: 810, To: 1020})
	split[time.Saturday] = []calendar.Span{{From: 600, To: 840}}
	return map[string]calendar.Week{
		"always":     calendar.Always(),
		"office":     weekdays(calendar.Span{From: 480, To: 1080}),
		"split":      split,
		"night":      daily(calendar.Span{From: 0, To: 360}, calendar.Span{From: 1320, To: 1440}),
		"summertime": daily(calendar.Span{From: 90, To: 150}),
	}
}()

func calendarOf(t require.TestingT, h calendar.Hours) *calendar.Calendar {
	c, err := calendar.New(h)
	require.NoError(t, err)
	return c
}

// Five hundred moments in Berlin, Zurich and Vienna, many of them beside a change of clocks, a holiday or the end of a
// year, against what counting minute by minute has found.
func TestServiceIsOverWhenTheClockOnTheWallSaysSo(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/due.csv")
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 501)
	for i, row := range rows[1:] {
		c := calendarOf(t, calendar.Hours{Zone: row[0], Region: row[1], Week: weeks[row[2]]})
		start, err := time.Parse(time.RFC3339, row[3])
		require.NoError(t, err)
		minutes, err := strconv.Atoi(row[4])
		require.NoError(t, err)
		due, err := time.Parse(time.RFC3339, row[5])
		require.NoError(t, err)
		service := time.Duration(minutes) * time.Minute
		require.Equal(t, due.UTC(), c.Add(start, service).UTC(), "line %d: %v", i+2, row)
		require.Equal(t, service, c.Between(start, due), "line %d: %v", i+2, row)
	}
}

func TestAnHourAtTheChangeOfClocks(t *testing.T) {
	t.Parallel()
	c := calendarOf(t, calendar.Hours{Zone: "Europe/Berlin", Week: calendar.Always()})
	for start, due := range map[string]string{
		"2027-03-28T01:30:00+01:00": "2027-03-28T03:30:00+02:00",
		"2027-10-31T02:30:00+02:00": "2027-10-31T02:30:00+01:00",
	} {
		at, err := time.Parse(time.RFC3339, start)
		require.NoError(t, err)
		want, err := time.Parse(time.RFC3339, due)
		require.NoError(t, err)
		require.Equal(t, want.UTC(), c.Add(at, time.Hour).UTC())
	}
}

func TestDaysThatAreOtherwise(t *testing.T) {
	t.Parallel()
	on := func(year int, month time.Month, day int) calendar.Date {
		return calendar.Date{Year: year, Month: month, Day: day}
	}
	c := calendarOf(t, calendar.Hours{
		Zone: "Europe/Berlin", Region: "DE-BE", Week: weeks["office"],
		Days: map[calendar.Date][]calendar.Span{on(2026, 12, 24): {{From: 480, To: 720}}, on(2026, 12, 25): {{From: 600, To: 660}}, on(2026, 12, 28): nil},
	})
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	eve := time.Date(2026, 12, 24, 11, 0, 0, 0, berlin)
	require.True(t, c.Open(eve))
	require.Equal(t, time.Date(2026, 12, 25, 10, 30, 0, 0, berlin), c.Add(eve, 90*time.Minute), "a holiday on which somebody serves")
	require.Equal(t, time.Date(2026, 12, 29, 8, 30, 0, 0, berlin), c.Add(eve, 150*time.Minute), "a day off in the week")
	require.Equal(t, 2*time.Hour, c.Between(eve, time.Date(2026, 12, 29, 8, 0, 0, 0, berlin)))
	spans, holiday := c.On(on(2026, 12, 26))
	require.Empty(t, spans)
	require.Equal(t, "Zweiter Weihnachtsfeiertag", holiday)
	require.Equal(t, eve, c.Add(eve, 0))
	require.Equal(t, time.Date(2026, 12, 29, 8, 0, 0, 0, berlin), c.Next(time.Date(2026, 12, 25, 11, 0, 0, 0, berlin)))
}

func TestHoursInWhichNobodyCanCount(t *testing.T) {
	t.Parallel()
	day := func(spans ...calendar.Span) calendar.Week { return weekdays(spans...) }
	for field, all := range map[string][]calendar.Hours{
		"zone":   {{Zone: "", Week: calendar.Always()}, {Zone: "Local", Week: calendar.Always()}, {Zone: "Europe/Nowhere", Week: calendar.Always()}, {Zone: "../../etc/passwd", Week: calendar.Always()}},
		"region": {{Zone: "UTC", Week: calendar.Always(), Region: "DE-XX"}},
		"week": {
			{Zone: "UTC"},
			{Zone: "UTC", Week: day(calendar.Span{From: 60, To: 60})},
			{Zone: "UTC", Week: day(calendar.Span{From: 120, To: 60})},
			{Zone: "UTC", Week: day(calendar.Span{From: -1, To: 60})},
			{Zone: "UTC", Week: day(calendar.Span{From: 0, To: 1441})},
			{Zone: "UTC", Week: day(calendar.Span{From: 0, To: 61}, calendar.Span{From: 60, To: 120})},
		},
		"days": {{Zone: "UTC", Week: calendar.Always(), Days: map[calendar.Date][]calendar.Span{{2026, 1, 1}: {{From: 5, To: 1}}}}},
	} {
		for _, h := range all {
			_, err := calendar.New(h)
			var e *hilft.Error
			require.ErrorAs(t, err, &e, "%s: %+v", field, h)
			require.Equal(t, hilft.Invalid, e.Kind)
			require.Equal(t, field, e.Field, "%+v", h)
		}
	}
}

// drawn is any calendar, somewhere.
func drawn(rt *rapid.T) *calendar.Calendar {
	h := calendar.Hours{
		Zone:   rapid.SampledFrom([]string{"Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/London", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}).Draw(rt, "zone"),
		Region: rapid.SampledFrom(append([]string{""}, calendar.Regions()...)).Draw(rt, "region"),
	}
	spans := func(what string) (all []calendar.Span) {
		at := 0
		for range rapid.IntRange(0, 3).Draw(rt, what) {
			from := rapid.IntRange(at, 1439).Draw(rt, "from")
			to := rapid.IntRange(from+1, 1440).Draw(rt, "to")
			if all = append(all, calendar.Span{From: from, To: to}); to > 1438 {
				break
			}
			at = to
		}
		return all
	}
	for d := range h.Week {
		h.Week[d] = spans("spans")
	}
	h.Week[time.Tuesday] = append([]calendar.Span{}, calendar.Span{From: rapid.IntRange(0, 700).Draw(rt, "from"), To: rapid.IntRange(701, 1440).Draw(rt, "to")})
	h.Days = map[calendar.Date][]calendar.Span{{2026, 12, 24}: spans("Christmas Eve"), {2027, 3, 28}: spans("summer time")}
	return calendarOf(rt, h)
}

func drawnTime(rt *rapid.T, what string) time.Time {
	return time.Unix(rapid.Int64Range(1_767_225_600, 1_861_920_000).Draw(rt, what), rapid.Int64Range(0, 999_999_999).Draw(rt, "part of a second")).UTC()
}

func TestServiceAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := drawn(rt)
		a := drawnTime(rt, "a")
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(rt, "until b")))
		later := b.Add(time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(rt, "until c")))
		d := time.Duration(rapid.Int64Range(1, int64(60*time.Hour)).Draw(rt, "service"))

		require.Equal(rt, c.Between(a, later), c.Between(a, b)+c.Between(b, later))
		require.Equal(rt, -c.Between(a, b), c.Between(b, a))
		require.LessOrEqual(rt, c.Between(a, b), b.Sub(a))

		due := c.Add(a, d)
		require.Equal(rt, d, c.Between(a, due), "what was added lies between")
		require.True(rt, c.Open(due.Add(-1)), "service ends while there is some")
		require.False(rt, c.Add(b, d).Before(due), "who comes later is due later")
		require.Equal(rt, c.Add(due, d).UTC(), c.Add(a, 2*d).UTC())

		next := c.Next(a)
		require.True(rt, c.Open(next))
		require.False(rt, next.Before(a))
		require.Zero(rt, c.Between(a, next), "nobody serves until then")
	})
}

func BenchmarkAdd(b *testing.B) {
	c := calendarOf(b, calendar.Hours{Zone: "Europe/Berlin", Region: "DE-BE", Week: weeks["split"]})
	at := time.Date(2026, 12, 24, 16, 30, 0, 0, time.UTC)
	for b.Loop() {
		c.Add(at, 2*time.Hour)
	}
}

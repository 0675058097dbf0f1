// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package webchat

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // not every machine knows its time zones

	"github.com/hilft/hilft/channel"
)

const (
	defaultZone = "Europe/Berlin"
	spansMax    = 50
)

// span is a time of one weekday at which somebody answers, in minutes since midnight. A night's end is past 24:00.
type span struct {
	day      time.Weekday
	from, to int
}

// hours is when somebody answers; without spans always.
type hours struct {
	zone  *time.Location
	spans []span
}

// days are the weekdays as people write them: at least the first letters of one of these.
var days = []string{"so sonntag sunday", "mo montag monday", "di dienstag tuesday", "mi mittwoch wednesday", "do donnerstag thursday", "fr freitag friday", "sa samstag saturday"}

var hoursLine = regexp.MustCompile(`^\s*(\pL+)\.?\s*(?:[-–]\s*(\pL+)\.?)?[\s:,]+(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?\s*$`)

func parseDay(s string) (time.Weekday, error) {
	s = strings.ToLower(s)
	for i, names := range days {
		for _, name := range strings.Fields(names) {
			if len(s) >= 2 && strings.HasPrefix(name, s) {
				return time.Weekday(i), nil
			}
		}
	}
	return 0, fmt.Errorf("%q is no weekday", s)
}

// parseHours reads lines such as "Mo-Fr 9:00-17:00".
func parseHours(lines, zone string) (hours, error) {
	loc, err := time.LoadLocation(or(zone, defaultZone))
	if err != nil || strings.EqualFold(zone, "local") {
		return hours{}, errors.New("time zone")
	}
	h := hours{zone: loc}
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		spans, err := parseHoursLine(line)
		if err != nil {
			return hours{}, err
		}
		if h.spans = append(h.spans, spans...); len(h.spans) > spansMax {
			return hours{}, fmt.Errorf("more than %d times", spansMax)
		}
	}
	return h, nil
}

func parseHoursLine(line string) ([]span, error) {
	m := hoursLine.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("%q: write it as Mo-Fr 9:00-17:00", line)
	}
	first, err := parseDay(m[1])
	last := first
	if err == nil && m[2] != "" {
		last, err = parseDay(m[2])
	}
	if err != nil {
		return nil, err
	}
	minute := func(hour, minute string) int {
		h, _ := strconv.Atoi(hour) // digits, as the expression says
		m, _ := strconv.Atoi(minute)
		if h > 24 || m > 59 || h == 24 && m > 0 {
			return -1
		}
		return h*60 + m
	}
	from, to := minute(m[3], m[4]), minute(m[5], m[6])
	if from < 0 || to < 0 || from == to || from == 24*60 {
		return nil, fmt.Errorf("%q: no time from one hour to another", line)
	}
	if to < from {
		to += 24 * 60
	}
	var all []span
	for day := first; ; day = (day + 1) % 7 {
		if all = append(all, span{day, from, to}); day == last {
			return all, nil
		}
	}
}

// at tells whether somebody answers now, and else when next.
func (h hours) at(now time.Time) (open bool, next time.Time) {
	if len(h.spans) == 0 {
		return true, time.Time{}
	}
	y, m, d := now.In(h.zone).Date()
	var starts []time.Time
	for ahead := -1; ahead <= 7; ahead++ {
		for _, s := range h.spans {
			if s.day != time.Date(y, m, d+ahead, 12, 0, 0, 0, h.zone).Weekday() {
				continue
			}
			clock := func(minutes int) time.Time { // by the clock on the wall, also on the days on which it is changed
				return time.Date(y, m, d+ahead, 0, minutes, 0, 0, h.zone)
			}
			switch {
			case now.Before(clock(s.from)):
				starts = append(starts, clock(s.from))
			case now.Before(clock(s.to)):
				return true, time.Time{}
			}
		}
	}
	return false, slices.MinFunc(starts, func(a, b time.Time) int { return cmp.Compare(a.UnixMicro(), b.UnixMicro()) })
}

// Hours tells whether somebody answers at that time, else when next, and whether somebody has to be at the desk for that.
// Settings that Check does not accept say that somebody does.
func (Connector) Hours(settings channel.Settings, now time.Time) (open bool, next time.Time, attended bool) {
	h, err := parseHours(settings[setHours], settings[setZone])
	if err != nil {
		return true, time.Time{}, false
	}
	open, next = h.at(now)
	return open, next, settings[setAttended] == "true"
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hilft/hilft/internal/calendar"
)

// feasts are days of 2027 and of 2028, when Easter is on 28 March and on 16 April.
var feasts = map[string][2]string{
	"new year": {"01-01", "01-01"}, "berchtold": {"01-02", "01-02"}, "epiphany": {"01-06", "01-06"},
	"women": {"03-08", "03-08"}, "joseph": {"03-19", "03-19"}, "republic": {"03-01", "03-01"},
	"fahrt": {"04-01", "04-06"}, "friday": {"03-26", "04-14"}, "easter": {"03-28", "04-16"}, "monday": {"03-29", "04-17"},
	"labour": {"05-01", "05-01"}, "ascension": {"05-06", "05-25"}, "pentecost": {"05-16", "06-04"}, "whit monday": {"05-17", "06-05"}, "corpus": {"05-27", "06-15"},
	"uprising": {"", "06-17"}, "plebiscite": {"06-23", "06-23"}, "peter": {"06-29", "06-29"}, "switzerland": {"08-01", "08-01"}, "assumption": {"08-15", "08-15"},
	"jeune": {"09-09", "09-07"}, "jeune federal": {"09-20", "09-18"}, "children": {"09-20", "09-20"}, "brother": {"09-25", "09-25"},
	"unity": {"10-03", "10-03"}, "austria": {"10-26", "10-26"}, "luther": {"10-31", "10-31"}, "saints": {"11-01", "11-01"}, "repentance": {"11-17", "11-22"},
	"conception": {"12-08", "12-08"}, "christmas": {"12-25", "12-25"}, "second": {"12-26", "12-26"},
	"second, no Tuesday": {"12-26", ""}, // a Sunday and a Tuesday
	"restoration":        {"12-31", "12-31"},
}

const (
	germany     = "new year|friday|monday|labour|ascension|whit monday|unity|christmas|second"
	switzerland = "new year|ascension|switzerland|christmas"
	catholic    = "corpus|assumption|saints|conception"
)

// kept is what the laws of the Länder and cantons say, and that of Austria.
var kept = map[string][]string{
	"AT": {"new year|monday|labour|ascension|whit monday|austria|christmas|second|epiphany", catholic},

	"DE-BB": {germany, "easter|pentecost|luther"},
	"DE-BE": {germany, "women|uprising"},
	"DE-BW": {germany, "epiphany|corpus|saints"},
	"DE-BY": {germany, "epiphany|corpus|saints"},
	"DE-HB": {germany, "luther"},
	"DE-HE": {germany, "corpus"},
	"DE-HH": {germany, "luther"},
	"DE-MV": {germany, "women|luther"},
	"DE-NI": {germany, "luther"},
	"DE-NW": {germany, "corpus|saints"},
	"DE-RP": {germany, "corpus|saints"},
	"DE-SH": {germany, "luther"},
	"DE-SL": {germany, "corpus|assumption|saints"},
	"DE-SN": {germany, "luther|repentance"},
	"DE-ST": {germany, "epiphany|luther"},
	"DE-TH": {germany, "children|luther"},

	"CH-AG": {switzerland, "friday"},
	"CH-AI": {switzerland, catholic, "friday|monday|whit monday|second, no Tuesday"},
	"CH-AR": {switzerland, "friday|monday|whit monday|second, no Tuesday"},
	"CH-BE": {switzerland, "berchtold|friday|monday|whit monday|second"},
	"CH-BL": {switzerland, "friday|monday|labour|whit monday|second"},
	"CH-BS": {switzerland, "friday|monday|labour|whit monday|second"},
	"CH-FR": {switzerland, "friday"},
	"CH-GE": {switzerland, "friday|monday|whit monday|jeune|restoration"},
	"CH-GL": {switzerland, "fahrt|friday|monday|whit monday|saints|second"},
	"CH-GR": {switzerland, "monday|whit monday|second"},
	"CH-JU": {switzerland, "berchtold|friday|monday|labour|whit monday|corpus|plebiscite|assumption|saints"},
	"CH-LU": {switzerland, catholic, "berchtold|friday|monday|whit monday|second"},
	"CH-NE": {switzerland, "republic|friday|labour"}, // neither 2 January nor 26 December is a Monday
	"CH-NW": {switzerland, catholic, "joseph|friday"},
	"CH-OW": {switzerland, catholic, "friday|brother"},
	"CH-SG": {switzerland, "friday|monday|whit monday|saints|second"},
	"CH-SH": {switzerland, "friday|monday|labour|whit monday|second"},
	"CH-SO": {switzerland, "friday"},
	"CH-SZ": {switzerland, catholic, "epiphany|joseph|friday|monday|whit monday|second"},
	"CH-TG": {switzerland, "berchtold|friday|monday|labour|whit monday|second"},
	"CH-TI": {switzerland, catholic, "epiphany|joseph|monday|labour|whit monday|peter|second"},
	"CH-UR": {switzerland, catholic, "epiphany|joseph|friday|monday|whit monday|second, no Tuesday"},
	"CH-VD": {switzerland, "berchtold|friday|monday|whit monday|jeune federal"},
	"CH-VS": {switzerland, catholic, "joseph"},
	"CH-ZG": {switzerland, catholic, "friday"},
	"CH-ZH": {switzerland, "friday|monday|labour|whit monday|second"},
}

func TestEveryLandAndCantonKeepsItsHolidays(t *testing.T) {
	t.Parallel()
	require.Len(t, calendar.Regions(), 16+26+1)
	for _, region := range calendar.Regions() {
		c := calendarOf(t, calendar.Hours{Zone: "UTC", Region: region, Week: calendar.Always()})
		for i, year := range []int{2027, 2028} {
			var want, got []string
			for name := range strings.SplitSeq(strings.Join(kept[region], "|"), "|") {
				day, ok := feasts[name]
				require.True(t, ok, name)
				if day[i] != "" {
					want = append(want, day[i])
				}
			}
			slices.Sort(want)
			for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
				if spans, name := c.On(calendar.DateOf(day)); name != "" {
					require.Empty(t, spans, "%s in %s", day, region)
					got = append(got, day.Format("01-02"))
				}
			}
			require.Equal(t, want, got, "%s in %d", region, year)
		}
	}
}

// Feasts of some years alone, and those that make way for others.
func TestHolidaysThatAreNotEveryYear(t *testing.T) {
	t.Parallel()
	for day, regions := range map[calendar.Date]map[string]bool{
		{2020, 5, 8}:   {"DE-BE": true, "DE-BB": false},
		{2025, 5, 8}:   {"DE-BE": true},
		{2026, 5, 8}:   {"DE-BE": false},
		{2022, 3, 8}:   {"DE-MV": false, "DE-BE": true},
		{2023, 3, 8}:   {"DE-MV": true},
		{2026, 4, 2}:   {"CH-GL": false}, // Maundy Thursday
		{2026, 4, 9}:   {"CH-GL": true},
		{2023, 1, 2}:   {"CH-NE": true, "CH-BE": true}, // a Monday
		{2024, 1, 2}:   {"CH-NE": false, "CH-BE": true},
		{2022, 12, 26}: {"CH-NE": true, "CH-AR": true},
		{2020, 12, 26}: {"CH-NE": false, "CH-AR": false, "CH-SG": true}, // a Saturday
		{2023, 12, 26}: {"CH-UR": false, "CH-SZ": true},                 // a Tuesday
		{2024, 11, 20}: {"DE-SN": true, "DE-ST": false},
	} {
		for region, is := range regions {
			c := calendarOf(t, calendar.Hours{Zone: "UTC", Region: region, Week: calendar.Always()})
			_, name := c.On(day)
			require.Equal(t, is, name != "", "%s in %s: %q", day, region, name)
		}
	}
}

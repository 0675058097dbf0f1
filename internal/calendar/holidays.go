// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"maps"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
)

// region is the holidays of one.
type region []*cal.Holiday

// regions are the Länder and cantons by their codes of ISO 3166-2, and Austria, whose holidays are the same everywhere.
//
// Kept is what the law of a Land or canton gives all of it. What it leaves to districts and communes (Assumption Day in
// Bavaria, Corpus Christi in Solothurn, nearly everything in Aargau and Fribourg), and what is custom only, is for whoever
// sets hours to add as days of their own. Länder are as the library has them, but for what it lacks. Of the cantons it has
// communes' feasts in many lists and lacks cantons' own, so the lists are ours, after the list of legal holidays that the
// Federal Office of Justice keeps for time limits, and the feasts the library's.
var regions = map[string]region{
	"AT": at.Holidays,

	"DE-BB": with(de.HolidaysBB, ostersonntag, pfingstsonntag),
	"DE-BE": with(de.HolidaysBE,
		once("75. Jahrestag der Befreiung", 2020, time.May, 8),
		once("80. Jahrestag der Befreiung", 2025, time.May, 8),
		once("75. Jahrestag des Aufstandes vom 17. Juni 1953", 2028, time.June, 17)),
	"DE-BW": de.HolidaysBW,
	"DE-BY": de.HolidaysBY,
	"DE-HB": de.HolidaysHB,
	"DE-HE": de.HolidaysHE,
	"DE-HH": de.HolidaysHH,
	"DE-MV": with(de.HolidaysMV, de.Frauentag.Clone(&cal.Holiday{StartYear: 2023})),
	"DE-NI": de.HolidaysNI,
	"DE-NW": de.HolidaysNW,
	"DE-RP": de.HolidaysRP,
	"DE-SH": de.HolidaysSH,
	"DE-SL": de.HolidaysSL,
	"DE-SN": de.HolidaysSN,
	"DE-ST": de.HolidaysST,
	"DE-TH": de.HolidaysTH,

	"CH-AG": canton(ch.Karfreitag),
	"CH-AI": canton(ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis, stephanNoThird),
	"CH-AR": canton(ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, stephanNoThird),
	"CH-BE": canton(ch.Berchtoldstag, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, stephan),
	"CH-BL": canton(ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, stephan),
	"CH-BS": canton(ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, stephan),
	"CH-FR": canton(ch.Karfreitag),
	"CH-GE": canton(ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, jeuneGenevois, yearly("Restauration de la République", time.December, 31)), //nolint:misspell // French
	"CH-GL": canton(naefelserFahrt, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Allerheiligen, stephan),
	"CH-GR": canton(ch.Ostermontag, ch.Pfingstmontag, stephan),
	"CH-JU": canton(ch.Berchtoldstag, ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, ch.Fronleichnam,
		yearly("Commémoration du plébiscite jurassien", time.June, 23), ch.MariaHimmelfahrt, ch.Allerheiligen),
	"CH-LU": canton(ch.Berchtoldstag, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis, stephan),
	"CH-NE": canton(onMondays(ch.Berchtoldstag), yearly("Instauration de la République", time.March, 1), ch.Karfreitag, ch.TagderArbeit, onMondays(stephan)),
	"CH-NW": canton(ch.Josefstag, ch.Karfreitag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis),
	"CH-OW": canton(ch.Karfreitag, ch.Fronleichnam, ch.MariaHimmelfahrt, yearly("Bruderklausenfest", time.September, 25), ch.Allerheiligen, ch.MariaEmpfangnis),
	"CH-SG": canton(ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Allerheiligen, stephan),
	"CH-SH": canton(ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, stephan),
	"CH-SO": canton(ch.Karfreitag),
	"CH-SZ": canton(ch.HeiligeDreiKoenige, ch.Josefstag, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Fronleichnam,
		ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis, stephan),
	"CH-TG": canton(ch.Berchtoldstag, ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, stephan),
	"CH-TI": canton(ch.HeiligeDreiKoenige, ch.Josefstag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, ch.Fronleichnam,
		yearly("San Pietro e Paolo", time.June, 29), ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis, stephan),
	"CH-UR": canton(ch.HeiligeDreiKoenige, ch.Josefstag, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, ch.Fronleichnam,
		ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis, stephanNoThird),
	"CH-VD": canton(ch.Berchtoldstag, ch.Karfreitag, ch.Ostermontag, ch.Pfingstmontag, lundiDuJeune),
	"CH-VS": canton(ch.Josefstag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis),
	"CH-ZG": canton(ch.Karfreitag, ch.Fronleichnam, ch.MariaHimmelfahrt, ch.Allerheiligen, ch.MariaEmpfangnis),
	"CH-ZH": canton(ch.Karfreitag, ch.Ostermontag, ch.TagderArbeit, ch.Pfingstmontag, stephan),
}

// with is a Land's holidays with more than the library knows.
func with(known region, more ...*cal.Holiday) region { return append(slices.Clone(known), more...) }

// canton is the holidays of a canton: those of all, and its own.
func canton(own ...*cal.Holiday) region {
	return append(region{ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag}, own...)
}

var (
	// Sundays both, but by name in Brandenburg's law (§ 2 FTG): a team that serves on Sundays is off.
	ostersonntag   = &cal.Holiday{Name: "Ostersonntag", Func: cal.CalcEasterOffset}
	pfingstsonntag = &cal.Holiday{Name: "Pfingstsonntag", Offset: 49, Func: cal.CalcEasterOffset}

	stephan = ch.ZweiterWeihnachtsfeiertag.Clone(&cal.Holiday{Name: "Stephanstag"})
	// No holiday where it would be the third day in a row without work: after Christmas on a Monday or a Friday.
	stephanNoThird = except(stephan, func(d time.Weekday) bool { return d == time.Tuesday || d == time.Saturday })
	// The Thursday after the first Sunday in September, and the Monday after the third.
	jeuneGenevois = &cal.Holiday{Name: "Jeûne genevois", Month: time.September, Weekday: time.Sunday, Offset: 1, CalcOffset: 4, Func: cal.CalcWeekdayOffset}
	lundiDuJeune  = &cal.Holiday{Name: "Lundi du Jeûne fédéral", Month: time.September, Weekday: time.Sunday, Offset: 3, CalcOffset: 1, Func: cal.CalcWeekdayOffset}
	// The first Thursday in April; a week later, where that is in Holy Week.
	naefelserFahrt = &cal.Holiday{Name: "Näfelser Fahrt", Month: time.April, Weekday: time.Thursday, Offset: 1, Func: func(h *cal.Holiday, year int) time.Time {
		day := cal.CalcWeekdayOffset(h, year)
		if goodFriday, _ := ch.Karfreitag.Calc(year); day.AddDate(0, 0, 1).Equal(goodFriday) {
			return day.AddDate(0, 0, 7)
		}
		return day
	}}
)

// yearly is a holiday on the same day of every year.
func yearly(name string, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, Func: cal.CalcDayOfMonth}
}

// once is a holiday of one year alone.
func once(name string, year int, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, StartYear: year, EndYear: year, Month: month, Day: day, Func: cal.CalcDayOfMonth}
}

// except is a holiday that is none on some days of the week.
func except(h *cal.Holiday, none func(time.Weekday) bool) *cal.Holiday {
	limited := h.Clone(nil)
	limited.Func = func(l *cal.Holiday, year int) time.Time {
		if day := h.Func(l, year); !none(day.Weekday()) {
			return day
		}
		return time.Time{} // in no year that anybody asks for
	}
	return limited
}

// onMondays is a holiday that is one on Mondays alone: it stands in for one that fell on the Sunday before.
func onMondays(h *cal.Holiday) *cal.Holiday {
	return except(h, func(d time.Weekday) bool { return d != time.Monday })
}

// Regions are the regions whose holidays are known, in alphabetical order.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }

// holidays are the names of the region's holidays in a year, as they are called there. What was reckoned is kept: every
// case asks for it.
func (c *Calendar) holidays(year int) map[Date]string {
	if len(c.region) == 0 {
		return nil
	}
	if known, ok := c.years.Load(year); ok {
		return known.(map[Date]string)
	}
	days := map[Date]string{}
	for _, h := range c.region {
		// The library's days begin at the machine's midnight, which need not be there when its clocks are changed.
		if day, _ := h.Calc(year); DateOf(day.Add(12*time.Hour)).Year == year {
			days[DateOf(day.Add(12*time.Hour))] = h.Name
		}
	}
	if year >= 2000 && year < 2100 { // others are somebody's wrong clock, and there are many of them
		c.years.Store(year, days)
	}
	return days
}

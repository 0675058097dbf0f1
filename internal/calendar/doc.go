// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Package calendar knows when a team serves: hours of a week, with several spans a day, the holidays of a region, and days
// that are otherwise. It counts time in them, and nothing else: when an hour of service is over that begins now, and how
// much service lies between two moments.
//
// It promises:
//
//   - Hours are wall clock time. A moment is open when the clock on the wall there shows a time within a span of that day:
//     an hour that summer time leaves out is served by nobody, and one that it repeats is served twice.
//   - Counted is the time that passes, not what the clock shows.
//   - What was added lies between: Between(t, Add(t, d)) is d, for every t and every d from zero on.
//   - Where there is service at all, there is an end: New takes no week in which nobody ever serves.
//
// Message keys of its errors, all of kind Invalid: calendar.zone .region .spans .never_open .day
package calendar

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Language } from '../api/types'

function lasting<T>(make: (language: Language) => T): (language: Language) => T {
  const made = new Map<Language, T>()
  return (language) => {
    const have = made.get(language)
    if (have !== undefined) return have
    const fresh = make(language)
    made.set(language, fresh)
    return fresh
  }
}

// English with 24 hours and the month as a word: 03/04 is read differently on both sides of the Atlantic.
const locale = (l: Language) => (l === 'de' ? 'de' : 'en-GB')
const month = (l: Language) => (l === 'de' ? '2-digit' : 'short')
const times = lasting((l) => new Intl.DateTimeFormat(locale(l), { hour: '2-digit', minute: '2-digit' }))
const days = lasting((l) => new Intl.DateTimeFormat(locale(l), { day: '2-digit', month: month(l) }))
const weekdays = lasting((l) => new Intl.DateTimeFormat(locale(l), { weekday: 'short', day: '2-digit', month: month(l) }))
const dates = lasting((l) => new Intl.DateTimeFormat(locale(l), { day: '2-digit', month: month(l), year: 'numeric' }))
const full = lasting((l) => new Intl.DateTimeFormat(locale(l), { dateStyle: 'full', timeStyle: 'medium' }))
const numbers = lasting((l) => new Intl.NumberFormat(l, { useGrouping: 'min2' }))
const shortNumbers = lasting((l) => new Intl.NumberFormat(l, { notation: 'compact', maximumFractionDigits: 1 }))

/** "10:12" today, "21.11. 10:12" or "21 Nov 10:12" this year, with the year before that. */
export function moment(at: string, now: number, language: Language): string {
  const d = new Date(at)
  if (Number.isNaN(d.getTime())) return ''
  const n = new Date(now)
  const time = times(language).format(d)
  if (d.toDateString() === n.toDateString()) return time
  const day = (d.getFullYear() === n.getFullYear() ? days : dates)(language).format(d)
  return `${day} ${time}`
}

/** Only the day, with its year. */
export function day(at: string, language: Language): string {
  const d = new Date(at)
  return Number.isNaN(d.getTime()) ? '' : dates(language).format(d)
}

/** "Di., 01.12. 08:00" or "Tue, 1 Dec 08:00": a moment that is to come, with its day of the week. */
export function coming(at: string, language: Language): string {
  const d = new Date(at)
  return Number.isNaN(d.getTime()) ? '' : `${weekdays(language).format(d)} ${times(language).format(d)}`
}

/** The whole moment, for those who ask by pointing at it. */
export function exactly(at: string, language: Language): string {
  const d = new Date(at)
  return Number.isNaN(d.getTime()) ? '' : full(language).format(d)
}

/** What nobody would group is written by itself: the first screen has such numbers alone, and a format takes 20 ms to be made. */
export function number(n: number, language: Language): string {
  return Number.isInteger(n) && n >= 0 && n < 10_000 ? String(n) : numbers(language).format(n)
}

/** "950", "9500", "95.1K", "1.2M"; "95.100", "1,2 Mio." in German: exact as long as anybody would count it. */
export function amount(n: number, language: Language): string {
  return n < 10_000 ? number(n, language) : shortNumbers(language).format(n)
}

/** "3 B", "12 kB", "1.5 MB", "20 GB". */
export function bytes(n: number, language: Language): string {
  if (n < 1000) return `${number(n, language)} B`
  if (n < 1_000_000) return `${number(Math.round(n / 1000), language)} kB`
  if (n < 1_000_000_000) return `${number(Math.round(n / 100_000) / 10, language)} MB`
  return `${number(Math.round(n / 100_000_000) / 10, language)} GB`
}

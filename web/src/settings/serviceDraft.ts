// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { ServiceBody, Trade } from '../api/types'
import { readSpans, writeSpans } from './spans'

/** Service hours and targets while they are edited: times as text, and hours known by a number, so that their name can change. */
export interface Draft {
  hours: HoursDraft[]
  targets: TargetDraft[]
}

export interface HoursDraft {
  key: number
  name: string
  zone: string
  region: string
  week: string[] // Sunday first
  days: { key: number; date: string; spans: string }[]
}

export interface TargetDraft {
  key: number
  network: string
  hours: number // 0: around the clock
  first: string
  next: string
  warn: string // 0: never
  escalate: string // 0: never
  to: string // an agent; empty: nobody in particular
}

let last = 0
const newKey = () => ++last

export function draftOf(service: ServiceBody): Draft {
  const hours = service.hours.map((h) => ({
    key: newKey(),
    name: h.name,
    zone: h.zone,
    region: h.region,
    week: h.week.map((spans) => writeSpans(spans ?? [])),
    days: h.days.map((d) => ({ key: newKey(), date: d.date, spans: writeSpans(d.spans) })),
  }))
  const targets = service.targets.map((t) => ({
    key: newKey(),
    network: t.network,
    hours: hours.find((h) => h.name === t.hours)?.key ?? 0,
    first: String(t.first_minutes),
    next: String(t.next_minutes),
    warn: String(t.warn_minutes),
    escalate: String(t.escalate_minutes),
    to: t.escalate_to,
  }))
  return { hours, targets }
}

/** Hours to begin with: weekdays, where the browser is. */
export function newHours(name: string, zone: string): HoursDraft {
  return { key: newKey(), name, zone, region: '', week: ['', ...Array<string>(5).fill('08:00–18:00'), ''], days: [] }
}

export function newTarget(network: string, hours: number): TargetDraft {
  return { key: newKey(), network, hours, first: '60', next: '60', warn: '15', escalate: '0', to: '' }
}

export function newDay(date: string) {
  return { key: newKey(), date, spans: '' }
}

/** The draft with what is usual in a trade as the target of all networks. */
export function withTrade(draft: Draft, trade: Trade): Draft {
  const minutes = String(trade.minutes)
  const all = draft.targets.find((t) => t.network === '')
  if (all) return { ...draft, targets: draft.targets.map((t) => (t === all ? { ...t, first: minutes, next: minutes } : t)) }
  return { ...draft, targets: [{ ...newTarget('', draft.hours[0]?.key ?? 0), first: minutes, next: minutes }, ...draft.targets] }
}

/** The draft without hours; what counted in them counts around the clock. */
export function withoutHours(draft: Draft, key: number): Draft {
  return {
    hours: draft.hours.filter((h) => h.key !== key),
    targets: draft.targets.map((t) => (t.hours === key ? { ...t, hours: 0 } : t)),
  }
}

/** Why a field cannot be understood. */
export type Wrong = 'spans' | 'minutes' | 'minutesOrNone' | 'date'

/** What the draft says, and the fields that cannot be understood, by the names that the server gives them. */
export function bodyOf(draft: Draft): { body: ServiceBody; wrong: Map<string, Wrong> } {
  const wrong = new Map<string, Wrong>()
  const spans = (text: string, field: string) => {
    const read = readSpans(text)
    if (!read) wrong.set(field, 'spans')
    return read ?? []
  }
  const minutes = (text: string, field: string, least: 0 | 1) => {
    const n = /^\d{1,6}$/.test(text.trim()) ? Number(text) : -1
    if (n < least) wrong.set(field, least === 0 ? 'minutesOrNone' : 'minutes')
    return Math.max(n, 0)
  }
  const body: ServiceBody = {
    hours: draft.hours.map((h, i) => ({
      name: h.name.trim(),
      zone: h.zone.trim(),
      region: h.region,
      week: h.week.map((text, d) => spans(text, `hours.${i}.week.${d}`)),
      days: h.days.map((d, k) => {
        if (!d.date) wrong.set(`hours.${i}.days.${k}.date`, 'date')
        return { date: d.date, spans: spans(d.spans, `hours.${i}.days.${k}.spans`) }
      }),
    })),
    targets: draft.targets.map((t, i) => ({
      network: t.network,
      hours: draft.hours.find((h) => h.key === t.hours)?.name.trim() ?? '',
      first_minutes: minutes(t.first, `targets.${i}.first_minutes`, 1),
      next_minutes: minutes(t.next, `targets.${i}.next_minutes`, 1),
      warn_minutes: minutes(t.warn, `targets.${i}.warn_minutes`, 0),
      escalate_minutes: minutes(t.escalate, `targets.${i}.escalate_minutes`, 0),
      escalate_to: t.to,
    })),
  }
  return { body, wrong }
}

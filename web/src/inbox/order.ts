// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import type { CaseRow, InboxPage, View } from '../api/types'
import { lineOf } from '../shell/name'
import { belongs, ruleOf, type Rule } from './filter'

let last: { of: CaseRow[][]; rows: CaseRow[]; seen: Set<string> } = { of: [], rows: [], seen: new Set() }

/**
 * The rows of all pages, in the server's order. A case that moved between two pages is shown once, where it was first. Of pages that
 * come behind those that were here already, only the rows are added: there may be hundreds.
 */
export function rowsOf(data: InfiniteData<InboxPage> | undefined): CaseRow[] {
  const of = (data?.pages ?? []).map((p) => p.cases)
  const goesOn = last.of.length > 0 && last.of.every((cases, i) => cases === of[i])
  if (goesOn && of.length === last.of.length) return last.rows
  const added: CaseRow[] = []
  const seen = goesOn ? last.seen : new Set<string>()
  for (const cases of of.slice(goesOn ? last.of.length : 0)) {
    for (const row of cases) {
      if (seen.has(row.id)) continue
      seen.add(row.id)
      added.push(row)
    }
  }
  const rows = goesOn ? last.rows.concat(added) : added
  last = { of, rows, seen }
  return rows
}

/** Where a row stands that stood at a place before: it is looked for there first. */
export function indexNear(rows: readonly CaseRow[], id: string, stood: number): number {
  for (let away = 0; away <= 300; away++) {
    if (rows[stood + away]?.id === id) return stood + away
    if (rows[stood - away]?.id === id) return stood - away
  }
  return rows.findIndex((r) => r.id === id)
}

/** What the first column of a row says: a due time, or since when it is as it is. */
export function clockOf(row: CaseRow): { kind: 'due'; at: string } | { kind: 'waiting' | 'asleep' | 'solved' | 'open'; at: string } {
  if (row.state === 'open') return row.due_at ? { kind: 'due', at: row.due_at } : { kind: 'open', at: row.waits_since ?? row.woken_at ?? row.made_at }
  if (row.state === 'solved') return { kind: 'solved', at: row.solved_at ?? row.changed_at }
  if (row.state === 'asleep') return { kind: 'asleep', at: row.wakes_at ?? row.changed_at }
  return { kind: 'waiting', at: row.changed_at }
}

/**
 * What a case is about, where that says more than its last words: a mail begins with "Guten Tag", its subject does not.
 * Once we have answered, what they say to that counts.
 */
export function aboutOf(row: Pick<CaseRow, 'title' | 'preview' | 'answered'>): string {
  if (row.answered && row.preview) return ''
  const [title, preview] = [lineOf(row.title), lineOf(row.preview)]
  const same = Math.min(uncut(title).length, uncut(preview).length)
  return preview && title.slice(0, same) === preview.slice(0, same) ? '' : title
}

/**
 * The case to work on next: the first in the list that nobody else has, after the one at hand is left out. A case that
 * a colleague holds is not taken from them by a key.
 */
export function nextCase(rows: CaseRow[], current: string | undefined, me: string): CaseRow | undefined {
  return rows.find((r) => r.id !== current && r.state === 'open' && (r.agent === null || r.agent.id === me) && (!r.reserved || r.reserved.id === me))
}

function uncut(line: string): string {
  return line.replace(/…$/, '')
}

/**
 * The row one step on from another, staying at the ends; the first when there is none yet. From one that has left the list it goes
 * on where that one stood.
 */
export function step(rows: CaseRow[], current: string | undefined, by: 1 | -1, stood = -1): CaseRow | undefined {
  let at = rows.findIndex((r) => r.id === current)
  if (at < 0 && stood < 0) return rows[0]
  if (at < 0) at = by === 1 ? stood - 1 : stood
  return rows[Math.min(rows.length - 1, Math.max(0, at + by))]
}

/** A time of the server in microseconds: two words of one millisecond have an order, too. */
function micros(at: string): number {
  const digits = /\.(\d{1,6})/.exec(at)?.[1] ?? ''
  return Math.floor(Date.parse(at) / 1000) * 1_000_000 + Number(digits.padEnd(6, '0'))
}

/** What the server orders a list by, and which way. */
function placeOf({ order }: Rule, row: CaseRow): { key: number; way: 1 | -1 } {
  if (order === 'wakes') return { key: micros(row.wakes_at ?? row.changed_at), way: 1 }
  return order === 'changed' ? { key: micros(row.changed_at), way: -1 } : { key: row.rank, way: 1 }
}

/** Whether a row stands before a place in a list. */
function before(rule: Rule, row: CaseRow, place: { key: number; id: string }): boolean {
  const { key, way } = placeOf(rule, row)
  const by = key - place.key || (row.id < place.id ? -1 : row.id > place.id ? 1 : 0)
  return by * way < 0
}

/**
 * The pages of a list with one case as the server has it now, in its place; without it, where it is undefined or belongs
 * elsewhere. What stands behind all that is loaded comes with the page that is loaded next.
 */
export function placed(data: InfiniteData<InboxPage>, view: View, id: string, row: CaseRow | undefined, me: string): InfiniteData<InboxPage> {
  const rule = ruleOf(view)
  if (!rule) return data
  const on = data.pages.findIndex((p) => p.cases.some((r) => r.id === id))
  const known = data.pages[on]?.cases.find((r) => r.id === id)
  if (row && known && micros(known.changed_at) > micros(row.changed_at)) return data // it came late
  const here = row && belongs(rule, row, me) ? row : undefined
  if (!here && !known) return data
  const pages = data.pages.map((p, i) => (i === on ? { ...p, cases: p.cases.filter((r) => r.id !== id) } : p))
  if (!here) return { ...data, pages }
  const stands = (r: CaseRow) => before(rule, here, { key: placeOf(rule, r).key, id: r.id })
  for (const [i, page] of pages.entries()) {
    const end = page.cases.at(-1)
    if (!end || !stands(end)) continue
    pages[i] = { ...page, cases: page.cases.toSpliced(page.cases.findIndex(stands), 0, here) }
    return { ...data, pages }
  }
  const last = pages.at(-1)
  if (last && (!last.until || before(rule, here, last.until) || last.until.id === id)) pages[pages.length - 1] = { ...last, cases: [...last.cases, here] }
  return { ...data, pages }
}

/** The pages of a list with one case changed; it leaves the list when it no longer belongs there. */
export function withChange(
  data: InfiniteData<InboxPage>,
  view: View,
  id: string,
  change: Partial<CaseRow>,
  me: string,
): InfiniteData<InboxPage> {
  const rule = ruleOf(view)
  const changed = (row: CaseRow) => {
    const next = { ...row, ...change }
    return !rule || belongs(rule, next, me) ? [next] : []
  }
  return { ...data, pages: data.pages.map((p) => (p.cases.some((r) => r.id === id) ? { ...p, cases: p.cases.flatMap((r) => (r.id === id ? changed(r) : [r])) } : p)) }
}

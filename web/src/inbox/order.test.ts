// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import type { CaseRow, InboxPage } from '../api/types'
import { aboutOf, clockOf, nextCase, placed, rowsOf, step, withChange } from './order'

const anke = { id: 'anke', name: 'Anke', initials: 'AK' }
const lars = { id: 'lars', name: 'Lars', initials: 'LM' }
const row = (id: string, more: Partial<CaseRow> = {}) =>
  ({ id, state: 'open', agent: null, due_at: null, waits_since: null, made_at: '2026-01-01T08:00:00Z', changed_at: '2026-01-01T09:00:00Z', solved_at: null, ...more }) as CaseRow
const pages = (...all: CaseRow[][]) =>
  ({ pages: all.map((cases) => ({ cases, next: '', counts: {} })), pageParams: [] }) as unknown as InfiniteData<InboxPage>
const ids = (rows: CaseRow[]) => rows.map((r) => r.id)

describe('the list', () => {
  test('keeps the server’s order over all pages', () => expect(ids(rowsOf(pages([row('b'), row('a')], [row('c')])))).toEqual(['b', 'a', 'c']))
  test('shows a case once that moved between two pages', () => expect(ids(rowsOf(pages([row('a'), row('b')], [row('b'), row('c')])))).toEqual(['a', 'b', 'c']))
  test('is empty before the first answer', () => expect(rowsOf(undefined)).toEqual([]))
})

describe('the time in front of a row', () => {
  test('is what is left, while somebody waits', () => expect(clockOf(row('a', { due_at: '2026-01-01T10:00:00Z' }))).toEqual({ kind: 'due', at: '2026-01-01T10:00:00Z' }))
  test('is since when they wait, without a due time', () => expect(clockOf(row('a', { waits_since: '2026-01-01T08:30:00Z' }))).toEqual({ kind: 'open', at: '2026-01-01T08:30:00Z' }))
  test('is not a due time once we have answered', () =>
    expect(clockOf(row('a', { state: 'waiting', due_at: '2026-01-01T10:00:00Z' }))).toEqual({ kind: 'waiting', at: '2026-01-01T09:00:00Z' }))
  test('is until when it is put aside', () => expect(clockOf(row('a', { state: 'asleep', wakes_at: '2026-01-02T08:00:00Z', due_at: '2026-01-01T10:00:00Z' }))).toEqual({ kind: 'asleep', at: '2026-01-02T08:00:00Z' }))
  test('is since when it came back', () => expect(clockOf(row('a', { woken_at: '2026-01-01T08:45:00Z' }))).toEqual({ kind: 'open', at: '2026-01-01T08:45:00Z' }))
  test('is since when it is solved', () => expect(clockOf(row('a', { state: 'solved', solved_at: '2026-01-01T11:00:00Z' }))).toEqual({ kind: 'solved', at: '2026-01-01T11:00:00Z' }))
})

describe('the next case', () => {
  test('is the first that nobody else has', () => expect(nextCase([row('a', { agent: lars }), row('b'), row('c')], undefined, 'anke')?.id).toBe('b'))
  test('may be one’s own', () => expect(nextCase([row('a', { agent: anke }), row('b')], undefined, 'anke')?.id).toBe('a'))
  test('is never the one at hand', () => expect(nextCase([row('a'), row('b')], 'a', 'anke')?.id).toBe('b'))
  test('is none when all is done or taken', () => expect(nextCase([row('a', { state: 'waiting' }), row('b', { agent: lars })], undefined, 'anke')).toBeUndefined())
})

describe('a step in the list', () => {
  const rows = [row('a'), row('b')]
  test('down', () => expect(step(rows, 'a', 1)?.id).toBe('b'))
  test('stays at the end', () => expect(step(rows, 'b', 1)?.id).toBe('b'))
  test('stays at the beginning', () => expect(step(rows, 'a', -1)?.id).toBe('a'))
  test('begins at the top', () => expect(step(rows, undefined, 1)?.id).toBe('a'))
  test('begins at the top when its row is gone', () => expect(step(rows, 'gone', -1)?.id).toBe('a'))
  test('goes on where its row stood that is gone', () => {
    expect(step(rows, 'gone', 1, 1)?.id).toBe('b')
    expect(step(rows, 'gone', -1, 1)?.id).toBe('a')
    expect(step(rows, 'gone', 1, 2)?.id).toBe('b')
  })
  test('leads nowhere in an empty list', () => expect(step([], 'a', 1)).toBeUndefined())
})

describe('a change of ours in a view', () => {
  const before = pages([row('a', { trouble: 1 }), row('b', { agent: anke, trouble: 1 })])
  const after = (view: 'open' | 'mine' | 'unassigned' | 'trouble', id: string, change: Partial<CaseRow>) => ids(rowsOf(withChange(before, view, id, change, 'anke')))
  test('solved, it leaves what waits for us', () => expect(after('open', 'a', { state: 'solved' })).toEqual(['b']))
  test('given away, it leaves one’s own', () => expect(after('mine', 'b', { agent: lars })).not.toContain('b'))
  test('taken, it leaves what nobody has', () => expect(after('unassigned', 'a', { agent: anke })).not.toContain('a'))
  test('taken, it stays where all are, and shows it', () => expect(rowsOf(withChange(before, 'open', 'a', { agent: anke }, 'anke'))[0]?.agent).toEqual(anke))
  test('what is not delivered is still to be seen to', () => expect(after('trouble', 'a', { state: 'solved' })).toEqual(['a', 'b']))
  test('the others are left alone', () => expect(rowsOf(withChange(before, 'open', 'a', { state: 'solved' }, 'anke'))[0]).toBe(before.pages[0]?.cases[1]))
})

describe('a case that has changed', () => {
  const [a, b, c] = [row('a', { rank: 10 }), row('b', { rank: 20 }), row('c', { rank: 30 })]
  const until = (key: number, id: string) => ({ key, id })
  const upTo = (data: InfiniteData<InboxPage>, place: { key: number; id: string }) => {
    const last = data.pages.at(-1)
    if (last) last.until = place
    return data
  }
  const after = (data: InfiniteData<InboxPage>, id: string, now: CaseRow | undefined, view: 'open' | 'mine' | 'solved' = 'open') =>
    placed(data, view, id, now, 'anke').pages.map((p) => ids(p.cases))

  test('comes to its place', () => {
    expect(after(pages([a, c], []), 'b', b)).toEqual([['a', 'b', 'c'], []])
    expect(after(pages([b], [c]), 'a', a)).toEqual([['a', 'b'], ['c']])
    expect(after(pages([a], [b]), 'c', c)).toEqual([['a'], ['b', 'c']])
    expect(after(pages([]), 'a', a)).toEqual([['a']])
  })
  test('moves', () => {
    expect(after(pages([a, b], [c]), 'a', row('a', { rank: 25 }))).toEqual([['b'], ['a', 'c']])
    expect(after(pages([a, b], [c]), 'c', row('c', { rank: 15 }))).toEqual([['a', 'c', 'b'], []])
    expect(after(pages([b, c]), 'a', row('a', { rank: 20 }))).toEqual([['a', 'b', 'c']]) // of two alike, the older
  })
  test('goes', () => {
    expect(after(pages([a, b], [c]), 'b', row('b', { state: 'solved' }))).toEqual([['a'], ['c']])
    expect(after(pages([a, b]), 'a', undefined)).toEqual([['b']])
    expect(after(pages([a]), 'a', row('a', { agent: lars }), 'mine')).toEqual([[]])
  })
  test('that belongs elsewhere changes nothing', () => {
    const data = pages([a])
    expect(placed(data, 'open', 'b', row('b', { state: 'waiting' }), 'anke')).toBe(data)
    expect(placed(data, 'open', 'b', undefined, 'anke')).toBe(data)
  })
  test('waits for the page on which it stands', () => {
    expect(after(upTo(pages([a]), until(15, 'x')), 'b', b)).toEqual([['a']])
    expect(after(upTo(pages([a]), until(25, 'x')), 'b', b)).toEqual([['a', 'b']]) // the last one loaded has left meanwhile
    expect(after(upTo(pages([a, b]), until(20, 'b')), 'b', row('b', { rank: 20, preview: 'x' }))).toEqual([['a', 'b']])
  })
  test('stands before what changed earlier, to the microsecond', () => {
    const solved = (id: string, at: string) => row(id, { state: 'solved', changed_at: `2026-01-01T09:00:00${at}Z` })
    expect(after(pages([solved('x', '.12')]), 'y', solved('y', '.120001'), 'solved')).toEqual([['y', 'x']])
    expect(after(pages([solved('x', '.12')]), 'y', solved('y', ''), 'solved')).toEqual([['x', 'y']])
    expect(after(pages([solved('x', '')]), 'y', solved('y', ''), 'solved')).toEqual([['y', 'x']])
  })
  test('is not shown as it was before', () => {
    const data = pages([row('a', { rank: 1, changed_at: '2026-01-01T09:00:01Z' })])
    expect(placed(data, 'open', 'a', row('a', { rank: 2, state: 'solved' }), 'anke')).toBe(data)
  })
})

describe('what a row says first', () => {
  const about = (title: string, preview: string, answered = false) => aboutOf({ title, preview, answered })
  test('a subject before the salutation', () => expect(about('Rechnung doppelt', 'Guten Tag, ich habe')).toBe('Rechnung doppelt'))
  test('nothing that the words say themselves', () => expect(about('Seit heute kein Netz.', 'Seit heute kein Netz. Was ist los?')).toBe(''))
  test('nothing that was only cut elsewhere', () => {
    expect(about('Seit heute ke…', 'Seit heute kein Netz')).toBe('')
    expect(about('Seit heute kein Netz', 'Seit heute ke…')).toBe('')
  })
  test('once answered, their words', () => expect(about('Rechnung doppelt', 'Danke, das stimmt so.', true)).toBe(''))
  test('a subject where there is nothing else', () => expect(about('Rechnung', '', true)).toBe('Rechnung'))
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import type { CaseRow, InboxPage } from '../api/types'
import { aboutOf, clockOf, nextCase, rowsOf, step, withChange } from './order'

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
  test('leads nowhere in an empty list', () => expect(step([], 'a', 1)).toBeUndefined())
})

describe('a change of ours in a view', () => {
  const before = pages([row('a'), row('b', { agent: anke })])
  const after = (view: 'open' | 'mine' | 'unassigned' | 'trouble', id: string, change: Partial<CaseRow>) => ids(rowsOf(withChange(before, view, id, change, 'anke')))
  test('solved, it leaves what waits for us', () => expect(after('open', 'a', { state: 'solved' })).toEqual(['b']))
  test('given away, it leaves one’s own', () => expect(after('mine', 'b', { agent: lars })).not.toContain('b'))
  test('taken, it leaves what nobody has', () => expect(after('unassigned', 'a', { agent: anke })).not.toContain('a'))
  test('taken, it stays where all are, and shows it', () => expect(rowsOf(withChange(before, 'open', 'a', { agent: anke }, 'anke'))[0]?.agent).toEqual(anke))
  test('what is not delivered stays until the server says otherwise', () => expect(after('trouble', 'a', { state: 'solved' })).toEqual(['a', 'b']))
  test('the others are left alone', () => expect(rowsOf(withChange(before, 'open', 'a', { state: 'solved' }, 'anke'))[0]).toBe(before.pages[0]?.cases[1]))
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

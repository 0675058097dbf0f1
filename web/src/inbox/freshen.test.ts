// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { InfiniteQueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { client } from '../api/client'
import { inboxQuery, queries } from '../api/queries'
import type { CaseRow } from '../api/types'
import { freshen, hold } from './freshen'
import { rowsOf } from './order'

const row = (id: string, rank: number, state = 'open') => ({ id, state, rank, agent: null, trouble: 0, changed_at: '2026-01-01T09:00:00Z' }) as CaseRow

let asked: string[] = []
let answers: Record<string, CaseRow[]> = {}
let held: (() => void)[] = []

beforeEach(() => {
  asked = []
  answers = {}
  held = []
  vi.spyOn(client, 'GET').mockImplementation((async (path: string, { params }: { params: { query: { ids?: string[] } } }) => {
    const wanted = params.query.ids ?? []
    asked.push(`${path} ${wanted.join()}`)
    if (held.length > 0) await new Promise<void>((go) => held.push(go))
    const data = { cases: path === '/api/rows' ? wanted.flatMap((id) => answers[id] ?? []) : [row('a', 10)], next: '', counts: { open: 7 } }
    return { data, response: Response.json({}) }
  }) as never)
})
afterEach(() => {
  queries.clear()
  vi.restoreAllMocks()
})

/** A list at which somebody looks. */
function looked(...rows: CaseRow[]) {
  const counts = { open: 0, mine: 0, unassigned: 0, waiting: 0, asleep: 0, solved: 0, trouble: 0 }
  queries.setQueryData(inboxQuery('open').queryKey, { pages: [{ cases: rows, next: '', counts }], pageParams: [''] } as never)
  return new InfiniteQueryObserver(queries, inboxQuery('open')).subscribe(() => {})
}
const ids = () => rowsOf(queries.getQueryData(inboxQuery('open').queryKey)).map((r) => r.id)
const until = (what: () => unknown) => vi.waitFor(() => expect(what()).toBeTruthy())

test('what has changed is asked for by itself, and comes to its place', async () => {
  const stop = looked(row('a', 10), row('c', 30))
  answers = { b: [row('b', 20)], c: [row('c', 30, 'solved')] }
  freshen(['b', 'c', 'gone'])
  await until(() => ids().join() === 'a,b')
  expect(asked).toEqual(['/api/rows b,c,gone'])
  expect(queries.getQueryData(inboxQuery('open').queryKey)?.pages[0]?.counts.open).toBe(7)
  stop()
})

test('a storm is asked for in pieces, one after the other', async () => {
  const stop = looked()
  freshen(Array.from({ length: 250 }, (_, i) => `c${i}`))
  await until(() => asked.length === 3)
  expect(asked.map((a) => a.split(',').length)).toEqual([100, 100, 50])
  stop()
})

test('nothing is asked while nobody looks, and all of it when somebody does', async () => {
  looked(row('a', 10))()
  freshen(['b'])
  expect(asked).toEqual([])
  expect(queries.getQueryState(inboxQuery('open').queryKey)?.isInvalidated).toBe(true)
})

test('what somebody does just now is shown as they did it', async () => {
  const stop = looked(row('a', 10))
  const release = hold('a')
  answers = { a: [row('a', 10, 'solved')] }
  freshen(['a', 'b'])
  await until(() => asked.length === 1)
  await until(() => queries.getQueryData(inboxQuery('open').queryKey)?.pages[0]?.counts.open === 7)
  expect(ids()).toEqual(['a'])
  release()
  freshen(['a'])
  await until(() => ids().length === 0)
  stop()
})

test('a list that was on its way when a case changed does not show it as it was', async () => {
  const stop = looked(row('a', 10))
  held.push(() => {})
  void queries.invalidateQueries({ queryKey: ['inbox'] })
  await until(() => asked.length === 1)
  const listComes = held.pop()
  held = []
  answers = { a: [row('a', 10, 'solved')] }
  freshen(['a'])
  await until(() => ids().length === 0)
  listComes?.()
  await until(() => asked.length === 3)
  await until(() => ids().length === 0)
  expect(asked[2]).toBe('/api/rows a')
  stop()
})

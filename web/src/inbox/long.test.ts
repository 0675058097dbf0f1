// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import type { CaseRow, InboxPage } from '../api/types'
import { indexNear, placed, rowsOf, step } from './order'

// A list of a hundred thousand, in the pages in which the server gives it.
const size = 200
const row = (n: number, rank = n * 10) =>
  ({ id: `c${String(n).padStart(6, '0')}`, state: 'open', agent: null, trouble: 0, rank, tags: [], changed_at: '2026-01-01T09:00:00.000001Z' }) as unknown as CaseRow
const page = (i: number) => ({ cases: Array.from({ length: size }, (_, n) => row(i * size + n)), next: 'more', until: { key: (i * size + size - 1) * 10, id: row(i * size + size - 1).id } })
const pages = Array.from({ length: 500 }, (_, i) => page(i)) as unknown as InboxPage[]
const list = (many: number) => ({ pages: pages.slice(0, many), pageParams: [] }) as InfiniteData<InboxPage>

test('every page that comes adds its rows, and leaves those before as they are', () => {
  let rows = rowsOf(list(1))
  for (let i = 2; i <= 500; i++) {
    const before = rows
    rows = rowsOf(list(i))
    expect(rows[before.length - 1]).toBe(before.at(-1))
    expect(rows.length).toBe(i * size)
  }
  expect(rowsOf(list(500))).toBe(rows)
  expect(rowsOf(list(1)).length).toBe(size) // short again
})

test('the keyboard goes on from page to page', () => {
  const rows = rowsOf(list(500))
  for (const at of [size - 1, 2 * size - 1, 250 * size - 1]) expect(step(rows, rows[at]?.id, 1)?.id).toBe(rows[at + 1]?.id)
  expect(step(rows, rows.at(-1)?.id, 1)?.id).toBe(rows.at(-1)?.id)
})

test('a row is found where it stood, a little further, or far away', () => {
  const rows = rowsOf(list(500))
  const id = rows[60_000]?.id ?? ''
  for (const stood of [60_000, 60_200, 59_800, 0]) expect(indexNear(rows, id, stood)).toBe(60_000)
  expect(indexNear(rows, 'gone', 60_000)).toBe(-1)
})

test('a change far down touches the pages that it is about, and no other', () => {
  const data = list(500)
  const moved = placed(data, 'open', 'c060000', row(60_000, 5), 'me') // as urgent as the first
  expect(rowsOf(moved).slice(0, 2).map((r) => r.id)).toEqual(['c000000', 'c060000'])
  expect(rowsOf(moved).length).toBe(100_000)
  expect(moved.pages.filter((p, i) => p.cases !== data.pages[i]?.cases).length).toBe(2)
  const gone = placed(data, 'open', 'c099999', { ...row(99_999), state: 'solved' }, 'me')
  expect(rowsOf(gone).length).toBe(99_999)
  expect(gone.pages.filter((p, i) => p.cases !== data.pages[i]?.cases).length).toBe(1)
})

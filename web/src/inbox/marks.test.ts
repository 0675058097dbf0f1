// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { CaseRow } from '../api/types'
import { allOf, marksMost, toggled, upTo } from './marks'

const rows = Array.from({ length: 300 }, (_, i) => ({ id: String(i) }) as CaseRow)
const marks = (...ids: number[]) => new Set(ids.map(String))

test('a row is marked, and is not any more', () => {
  expect(toggled(marks(1), '2')).toEqual(marks(1, 2))
  expect(toggled(marks(1, 2), '2')).toEqual(marks(1))
})
test('rows are marked from one to another, both ways, and what was marked stays so', () => {
  expect(upTo(marks(9), rows, '2', '4')).toEqual(marks(9, 2, 3, 4))
  expect(upTo(marks(), rows, '4', '2')).toEqual(marks(2, 3, 4))
})
test('without one to begin at, the row itself is marked', () => expect(upTo(marks(), rows, 'gone', '2')).toEqual(marks(2)))
test('no more are marked than the server takes at once', () => {
  expect(allOf(rows).size).toBe(marksMost)
  expect(toggled(allOf(rows), '250').has('250')).toBe(false)
  expect(toggled(allOf(rows), '1').size).toBe(marksMost - 1)
  expect(upTo(marks(299), rows, '0', '298').size).toBe(marksMost)
})

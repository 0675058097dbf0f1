// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { partsOf, withFilter } from './parts'

test('a text is marked where something was found, and stays the same text', () => {
  const text = '😀 Die Störung im Netz'
  const parts = partsOf(text, [{ from: 7, to: 14 }, { from: 18, to: 22 }])
  expect(parts.filter((p) => p.hit).map((p) => p.text)).toEqual(['Störung', 'Netz'])
  expect(parts.map((p) => p.text).join('')).toBe(text)
})

test.each([
  [[], [['Netz', false]]],
  [[{ from: 0, to: 4 }], [['Netz', true]]],
  [[{ from: 2, to: 99 }], [['Ne', false], ['tz', true]]],
  [[{ from: 9, to: 99 }], [['Netz', false]]],
])('odd ranges do no harm: %j', (marks, want) => expect(partsOf('Netz', marks).map((p) => [p.text, p.hit])).toEqual(want))

test('a filter is added once, and taken away again', () => {
  expect(withFilter(' netz  weg', 'status:offen')).toBe('netz weg status:offen')
  expect(withFilter('netz Status:Offen weg', 'status:offen')).toBe('netz weg')
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { beginningOf } from './fold'

test.each([
  ['nothing', ''],
  ['a long letter', 'Es geht nicht. '.repeat(390)],
  ['a list', 'Punkt\n'.repeat(79)],
])('%s is shown whole', (_, text) => expect(beginningOf(text)).toBeUndefined())

test('a text without end is cut between two words', () => {
  const cut = beginningOf('Lange Geschichte. '.repeat(12_000)) ?? ''
  expect(cut.length).toBeGreaterThan(3_900)
  expect(cut.length).toBeLessThanOrEqual(4_000)
  expect(cut).toMatch(/Geschichte\.$|Lange$/)
})

test('a log is cut after fifty lines', () => expect(beginningOf('Zeile eins zwei\n'.repeat(400))?.split('\n')).toHaveLength(50))
test('a word without end is cut anywhere', () => expect(beginningOf('x'.repeat(200_000))).toHaveLength(4_000))
test('no emoji is cut in two', () => expect(beginningOf('a' + '😡'.repeat(9_000))).toBe('a' + '😡'.repeat(1_999)))

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { amount, bytes, day, exactly, moment, number } from './format'

const now = new Date(2026, 10, 22, 18, 0).getTime()
const at = (...when: [number, number, number, number, number]) => new Date(...when).toISOString()

test.each([
  ['de', at(2026, 10, 22, 9, 5), '09:05'],
  ['en', at(2026, 10, 22, 21, 5), '21:05'],
  ['de', at(2026, 2, 4, 9, 5), '04.03. 09:05'],
  ['en', at(2026, 2, 4, 9, 5), '04 Mar 09:05'],
  ['de', at(2024, 2, 4, 9, 5), '04.03.2024 09:05'],
  ['en', at(2024, 2, 4, 9, 5), '04 Mar 2024 09:05'],
] as const)('%s: %s reads %s', (language, when, want) => expect(moment(when, now, language)).toBe(want))

test('what is no time reads as nothing', () => {
  for (const bad of ['', 'gestern', '2026-99-99']) expect([moment(bad, now, 'de'), day(bad, 'de'), exactly(bad, 'en')]).toEqual(['', '', ''])
})

test('how many there are is exact as long as anybody would count them', () => {
  expect([amount(950, 'de'), amount(9999, 'en'), amount(48213, 'en'), amount(48213, 'de'), amount(1_234_567, 'de')]).toEqual(['950', '9999', '48.2K', '48.213', '1,2\u00a0Mio.'])
})

test('numbers are grouped as the language does it', () => {
  expect([number(48213, 'de'), number(48213, 'en'), number(1842, 'de')]).toEqual(['48.213', '48,213', '1842'])
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1_834_000, '1,8 MB'],
])('%s bytes read %s', (n, want) => expect(bytes(n, 'de')).toBe(want))

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { readSpans, writeSpans } from './spans'

test('hours are read as people write them', () => {
  for (const text of ['08:00–12:30, 13:30–18:00', '8-12:30,13:30-18', '13.30 – 18 ; 8 — 12.30', '800-1230, 1330-1800', '8 Uhr bis 12:30 Uhr, 13:30 bis 18 h', '8 to 12:30, 13:30 to 18:00']) {
    expect(readSpans(text), text).toEqual([
      { from: 480, to: 750 },
      { from: 810, to: 1080 },
    ])
  }
  expect(readSpans('')).toEqual([])
  expect(readSpans('  ')).toEqual([])
  expect(readSpans('0-24')).toEqual([{ from: 0, to: 1440 }])
  expect(readSpans('8-12, 12-18')).toHaveLength(2)
})

test('what is no span is not guessed at', () => {
  for (const text of ['8', '8-', '-8', '18-8', '8-8', '8-25', '8:60-9', 'morgens', '8-12-18', '8-12 13-18', '8-13, 12-18', '8-12,', '24:01-24:30']) {
    expect(readSpans(text), text).toBeUndefined()
  }
})

test('what was written is read again', () => {
  const spans = [
    { from: 0, to: 5 },
    { from: 480, to: 750 },
    { from: 1320, to: 1440 },
  ]
  expect(writeSpans(spans)).toBe('00:00–00:05, 08:00–12:30, 22:00–24:00')
  expect(readSpans(writeSpans(spans))).toEqual(spans)
  expect(writeSpans([])).toBe('')
})

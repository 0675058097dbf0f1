// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest'
import { left, lengthOf, signed } from './count'

const family = '👨‍👩‍👧' // five code points, one thing to the eye, eight UTF-16 units

describe('a network counts in its own way', () => {
  test.each([
    ['runes', 5],
    ['graphemes', 1],
    ['utf16', 8],
    [undefined, 5],
    ['a way nobody has heard of', 5],
  ])('%s', (counting, want) => expect(lengthOf(family, { counting })).toBe(want))

  test('nothing is nothing', () => expect(lengthOf('', { counting: 'graphemes', url_length: 23 })).toBe(0))
  test('a letter and its accent are one grapheme', () => expect(lengthOf('e\u0301', { counting: 'graphemes' })).toBe(1))
})

describe('links may count as a fixed length', () => {
  const limits = { counting: 'runes', url_length: 23 }
  test('a long one', () => expect(lengthOf(`Hier: https://nordnetz.example/${'a'.repeat(200)}`, limits)).toBe(6 + 23))
  test('a short one', () => expect(lengthOf('http://a.de', limits)).toBe(23))
  test('two of them', () => expect(lengthOf('http://a.de http://b.de', limits)).toBe(47))
  test('what only looks like one', () => expect(lengthOf('nordnetz.example', limits)).toBe(16))
  test('without that rule they count as they are', () => expect(lengthOf('http://a.de', {})).toBe(11))
})

describe('how much is left', () => {
  test('some', () => expect(left('Hallo', { text_max: 7 })).toBe(2))
  test('none, to the letter', () => expect(left('Hallo', { text_max: 5 })).toBe(0))
  test('too much', () => expect(left('Hallo', { text_max: 3 })).toBe(-2))
  test('what it is folded behind counts', () => expect(left('Hallo', { text_max: 12 }, 'Keller')).toBe(1))
  test('no limit', () => expect(left('Hallo', {})).toBeUndefined())
  test('a limit of 0 is none', () => expect(left('Hallo', { text_max: 0 })).toBeUndefined())
})

describe('what stands behind a text', () => {
  test.each([
    ['Moin', '^LM', 'Moin ^LM'],
    [' Moin ^LM ', '^LM', 'Moin ^LM'],
    ['Moin^LM', '^LM', 'Moin^LM ^LM'],
    ['Zeile\n^LM', '^LM', 'Zeile\n^LM'],
    ['', '^LM', ''],
    ['Moin ', '', 'Moin '],
    ['שלום', '^דל', 'שלום ^דל'],
  ])('%j signed %j', (text, sign, want) => expect(signed(text, sign)).toBe(want))
  test('it counts', () => expect(left(signed('12345', '^LM'), { text_max: 10 })).toBe(1))
})

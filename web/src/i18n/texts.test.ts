// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
// @ts-expect-error -- a plain script
import { faults } from '../../tools/texts.mjs'
import de from './de.json'
import en from './en.json'
import laterDe from './later.de.json'
import laterEn from './later.en.json'

test.each([
  ['of the first screen', de, en],
  ['that come later', laterDe, laterEn],
])('every text %s is there in German and English', (_, one, other) => expect(Object.keys(one).sort()).toEqual(Object.keys(other).sort()))

test('no text is there twice', () => expect(Object.keys(laterDe).filter((key) => key in de)).toEqual([]))

test.each([
  ['a text missing in one language', { de: { a: 'A', b: 'B' }, en: { a: 'A' } }, "t('a') t('b')", 'b: missing in en'],
  ['an empty text', { de: { a: ' ' }, en: { a: 'A' } }, "t('a')", 'a: missing in de'],
  ['different blanks', { de: { a: '{{n}} Fälle' }, en: { a: '{{count}} cases' } }, "t('a', { n })", 'a: the languages fill in different things'],
  ['a text that does not exist', { de: {}, en: {} }, "t('a')", 'x.ts: names a, which does not exist'],
  ['one of two that does not exist', { de: { a: 'A' }, en: { a: 'A' } }, "t(yes(1, 2) ? 'a' : 'b')", 'x.ts: names b, which does not exist'],
  ['a text that nothing names', { de: { a: 'A' }, en: { a: 'A' } }, '', 'a: nothing names it'],
])('the check finds %s', (_, texts, source, want) => expect(faults(texts, { 'x.ts': source })).toEqual([want]))

test('the check knows counted texts and texts named in part', () => {
  const texts = { 'n_one': '{{count}}', 'n_other': '{{count}}', 'view.mine': 'x', 'error.any.thing': 'x' }
  expect(faults({ de: texts, en: texts }, { 'x.ts': "t('n', { count }) + t(`view.${v}`)" })).toEqual([])
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { caseNumber, found, withRecent, type Entry } from './entries'

const entry = (id: string, words: string, more: Partial<Entry> = {}): Entry => ({ id, words, group: 'actions', run: () => undefined, ...more })
const all = [
  entry('next', 'Nächstes Anliegen'),
  entry('solve', 'Lösen', { says: 'Mira erfährt nichts davon.', name: 'Mira' }),
  entry('reply', 'Antworten', { cannot: true }),
  entry('health', 'Zustand', { group: 'places', also: 'Betrieb' }),
]
const shown = (typed: string, recent: string[] = []) => found(typed, all, recent).map((g) => [g.name, ...g.entries.map((e) => e.id)])

test('where nothing is typed, what was done lately comes first, and nothing is there twice', () => {
  expect(shown('')).toEqual([['actions', 'next', 'solve'], ['places', 'health']])
  expect(shown('', ['health', 'gone', 'reply', 'solve'])).toEqual([['recent', 'health', 'solve'], ['actions', 'next']])
})

test('what cannot be done now is found last', () => {
  expect(shown('an')).toEqual([['found', 'next', 'health'], ['cannot', 'reply']])
  expect(shown('antw')).toEqual([['cannot', 'reply']])
})

test('more words and what it does to others find it too, after its name', () => {
  expect(shown('betrieb')).toEqual([['found', 'health']])
  expect(shown('erfaehrt')).toEqual([['found', 'solve']])
  expect(shown('xyz')).toEqual([])
  expect(shown('mira')).toEqual([]) // who types a name looks for somebody
})

test('what was done lately comes a little before others', () => {
  const two = [entry('a', 'Anliegen öffnen'), entry('b', 'Anliegen lösen')]
  expect(found('anliegen', two, [])[0]?.entries[0]?.id).toBe('a')
  expect(found('anliegen', two, ['b'])[0]?.entries[0]?.id).toBe('b')
})

test('the last eight are remembered, each once', () => {
  expect(withRecent(['a', 'b'], 'b')).toEqual(['b', 'a'])
  expect(withRecent(['1', '2', '3', '4', '5', '6', '7', '8'], '9')).toEqual(['9', '1', '2', '3', '4', '5', '6', '7'])
})

test.each([
  ['1042', 1042],
  [' #1042 ', 1042],
  ['# 7', 7],
  ['0', undefined],
  ['12a', undefined],
  ['', undefined],
  ['1234567890123456', undefined],
])('%s is the number of a case: %s', (typed, want) => expect(caseNumber(typed)).toBe(want))

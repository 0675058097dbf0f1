// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { blanksOf, textOf } from '../i18n/texts.testing'
import { pressedCharacter } from './bindings'
import { actionIDs, actions, missing } from './registry'

test.each(actionIDs)('%s has words and says what others notice, in both languages', (id) => {
  const { words, does, at, key } = actions[id]
  for (const language of ['de', 'en'] as const) {
    for (const text of [words, does, missing[at]]) expect(textOf(language, text)).toBeTruthy()
    expect(blanksOf(textOf(language, words) ?? '')).toEqual([]) // it is called so without anything to fill in
    expect(blanksOf(textOf(language, does) ?? '').filter((b) => b !== 'name')).toEqual([])
  }
  expect(id).toMatch(/^[A-Za-z]{1,40}$/) // as the server takes it with a key of somebody's own
  if (key?.length === 1) expect(pressedCharacter({ key, ctrlKey: false, metaKey: false, altKey: false })).toBe(key)
})

test('no two actions have one key', () => {
  const keys = actionIDs.flatMap((id) => actions[id].key ?? [])
  expect(new Set(keys).size).toBe(keys.length)
})

test.each(['de', 'en'] as const)('no two actions are called the same in %s', (language) => {
  const words = actionIDs.map((id) => textOf(language, actions[id].words))
  expect(new Set(words).size).toBe(words.length)
})

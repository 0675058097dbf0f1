// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { bindings, holder, isKey, pressedCharacter, rebound, spokenKey } from './bindings'
import { actionIDs, actions } from './registry'

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more })

test('without a choice, every action has the key that the desk gives it', () => {
  const all = bindings({})
  for (const id of actionIDs) expect(all[id]).toBe(actions[id].key ?? '')
})

test('a choice counts, and an action whose key was given away has none', () => {
  const all = bindings({ assign: 'j', take: 'ü' })
  expect(all.assign).toBe('j')
  expect(all.down).toBe('')
  expect(all.take).toBe('ü')
  expect(all.up).toBe('k')
})

test('two actions can change their keys', () => {
  const own = rebound(rebound({}, 'up', 'j'), 'down', 'k')
  expect(own).toEqual({ up: 'j', down: 'k' })
  expect([bindings(own).up, bindings(own).down]).toEqual(['j', 'k'])
})

test('no key is a choice, and what is as the desk has it is none', () => {
  expect(rebound({}, 'solve', '')).toEqual({ solve: '' })
  expect(bindings({ solve: '' }).solve).toBe('')
  expect(rebound({ solve: 'x', reply: 'y' }, 'solve', 'e')).toEqual({ reply: 'y' })
  expect(rebound({ gone: 'x' }, 'take', '')).toEqual({})
})

test('chords and named keys stay as they are, and what there is no more counts for nothing', () => {
  const all = bindings({ send: 'x', open: 'o', palette: 'p', gone: 'g' })
  expect([all.send, all.open, all.palette]).toEqual(['Mod+Enter', 'Enter', 'Mod+k'])
  expect(all.next).toBe('g')
})

test('who has a key is known, but for the one that is to have it', () => {
  const all = bindings({})
  expect(holder(all, 'j', 'assign')).toBe('down')
  expect(holder(all, 'j', 'down')).toBeUndefined()
  expect(holder(all, '', 'down')).toBeUndefined()
  expect(holder(all, 'ö', 'down')).toBeUndefined()
})

test.each([
  ['g', press('g'), true],
  ['?', press('?', { shiftKey: true }), true], // Shift+ß in Germany
  ['J', press('J', { shiftKey: true }), true],
  ['+', press('+'), true],
  ['g', press('g', { ctrlKey: true }), false],
  ['g', press('g', { altKey: true }), false],
  ['Mod+k', press('k', { ctrlKey: true }), true],
  ['Mod+k', press('k', { metaKey: true }), true],
  ['Mod+k', press('K', { ctrlKey: true }), true], // Caps Lock
  ['Mod+k', press('k', { ctrlKey: true, shiftKey: true }), false],
  ['Mod+k', press('k'), false],
  ['Mod+Enter', press('Enter', { ctrlKey: true }), true],
  ['Mod+Enter', press('Enter', { ctrlKey: true, shiftKey: true }), false],
  ['Mod+Shift+Enter', press('Enter', { ctrlKey: true, shiftKey: true }), true],
  ['', press(''), false],
])('%s is pressed by %o: %s', (key, e, is) => expect(isKey(e, key)).toBe(is))

test.each([
  [press('ü'), 'ü'],
  [press('#'), '#'],
  [press('Shift'), undefined],
  [press('Dead'), undefined],
  [press(' '), 'not'],
  [press('Enter'), 'not'],
  [press('F5'), 'not'],
  [press('q', { ctrlKey: true }), 'not'],
  [press('@', { ctrlKey: true, altKey: true }), 'not'], // AltGr+Q in Germany: it could not be told from a chord
])('a new key is one character: %o', (e, want) => expect(pressedCharacter(e)).toBe(want))

test('assistive technology is told of keys in its words', () => {
  expect(spokenKey('Mod+Shift+Enter')).toBe('Control+Shift+Enter')
  expect(spokenKey('+')).toBe('Plus')
})

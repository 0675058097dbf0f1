// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test, vi } from 'vitest'
import { addKeys, keysOn, meaningOf } from './keys'

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, defaultPrevented: false, ...more })
const stops: (() => void)[] = []
const keys = (k: Parameters<typeof addKeys>[0]['current']) => stops.push(addKeys({ current: k }))
afterEach(() => {
  keysOn.set(true)
  for (const stop of stops.splice(0)) stop()
})

test('a key is known by what it writes: ? is Shift+ß in Germany', () => {
  const help = vi.fn()
  keys({ '?': help })
  expect(meaningOf(press('?', { shiftKey: true, code: 'Minus' }), false, false)).toBe(help)
})

test('the newest meaning counts, and goes with its page', () => {
  const [list, page] = [vi.fn(), vi.fn()]
  keys({ e: list, j: list })
  keys({ e: page, j: undefined })
  expect(meaningOf(press('e'), false, false)).toBe(page)
  expect(meaningOf(press('j'), false, false)).toBe(list)
  stops.pop()?.()
  expect(meaningOf(press('e'), false, false)).toBe(list)
})

test.each([
  ['while somebody writes', press('e'), true, false],
  ['while a dialog asks', press('e'), false, true],
  ['with Ctrl', press('e', { ctrlKey: true }), false, false],
  ['with Alt', press('e', { altKey: true }), false, false],
  ['with Cmd', press('e', { metaKey: true }), false, false],
  ['while a character is being composed', press('e', { isComposing: true }), false, false],
  ['when somebody else took it', press('e', { defaultPrevented: true }), false, false],
])('nothing happens %s', (_, e, writing, dialog) => {
  keys({ e: vi.fn() })
  expect(meaningOf(e, writing, dialog)).toBeUndefined()
})

test('switched off, nothing happens', () => {
  keys({ e: vi.fn() })
  keysOn.set(false)
  expect(meaningOf(press('e'), false, false)).toBeUndefined()
})

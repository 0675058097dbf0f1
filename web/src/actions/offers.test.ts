// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, expect, test, vi } from 'vitest'
import { meQuery, queries } from '../api/queries'
import type { Me } from '../api/types'
import { addOffers, charactersOn, meaningOf, offered, perform, type Offers } from './offers'

const press = (key: string, more = {}) => ({
  key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, defaultPrevented: false, ...more,
})
const stops: (() => void)[] = []
const offer = (offers: Offers) => stops.push(addOffers({ current: offers }))
const means = (e: Parameters<typeof meaningOf>[0], writing = false, dialog = false) => !!meaningOf(e, writing, dialog)
afterEach(() => {
  charactersOn.set(true)
  queries.clear()
  for (const stop of stops.splice(0)) stop()
})

test('a key is known by what it writes: ? is Shift+ß in Germany', () => {
  const help = vi.fn()
  offer({ help: { run: help } })
  meaningOf({ ...press('?', { shiftKey: true }), ...{ code: 'Minus' } }, false, false)?.()
  expect(help).toHaveBeenCalledOnce()
})

test('the newest offer counts, and goes with its page', () => {
  const [list, page] = [vi.fn(), vi.fn()]
  offer({ solve: { run: list }, down: { run: list } })
  offer({ solve: { run: page }, down: undefined })
  perform('solve')
  expect([list.mock.calls.length, page.mock.calls.length]).toEqual([0, 1])
  meaningOf(press('j'), false, false)?.()
  expect(list).toHaveBeenCalledOnce()
  stops.pop()?.()
  perform('solve')
  expect(list).toHaveBeenCalledTimes(2)
})

test('what nobody offers has no meaning, and what cannot be done now is not done', () => {
  const run = vi.fn()
  expect(offered('solve')).toBeUndefined()
  expect(means(press('e'))).toBe(false)
  offer({ solve: { run, cannot: 'cannot.case' } })
  perform('solve')
  meaningOf(press('e'), false, false)?.()
  expect(run).not.toHaveBeenCalled()
})

test('keys of somebody’s own count', () => {
  queries.setQueryData<Me>(meQuery.queryKey, { keys: { solve: 'ö', take: 'e' } } as unknown as Me)
  const [solve, take] = [vi.fn(), vi.fn()]
  offer({ solve: { run: solve }, take: { run: take } })
  meaningOf(press('ö'), false, false)?.()
  meaningOf(press('e'), false, false)?.()
  expect([solve.mock.calls.length, take.mock.calls.length]).toEqual([1, 1])
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
  offer({ solve: { run: vi.fn() } })
  expect(means(e, writing, dialog)).toBe(false)
})

test('a chord works while somebody writes, and with single keys switched off; not over a dialog', () => {
  offer({ palette: { run: vi.fn() }, help: { run: vi.fn() } })
  const chord = press('k', { ctrlKey: true })
  expect(means(chord, true)).toBe(true)
  expect(means(chord, true, true)).toBe(false)
  charactersOn.set(false)
  expect(means(chord)).toBe(true)
  expect(means(press('?', { shiftKey: true }))).toBe(false)
})

test('what is done in the text of an answer is not done from elsewhere', () => {
  offer({ send: { run: vi.fn() } })
  expect(means(press('Enter', { ctrlKey: true }))).toBe(false)
})

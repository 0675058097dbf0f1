// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { storage } from '../composer/storage.testing'
import { heardPresent, isServed, left, present, sayEvery, shows, startPresence, tellAnew, typedHere, typesHere, writesFor, type Shows } from './presence'

let page: EventTarget & { visibilityState: string }
let stop: () => void
let told: Pick<Shows, 'case_id' | 'doing'>[]
let back: string[]
beforeEach(() => {
  storage()
  vi.useFakeTimers()
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', new EventTarget())
  told = []
  back = []
  const say = ({ case_id, doing }: Shows) => {
    told.push({ case_id, doing })
    return Promise.resolve()
  }
  stop = startPresence(say, (id) => back.push(id))
})
afterEach(() => {
  shows('')
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('who steps through cases says once where they have come to', () => {
  for (const id of ['c1', 'c2', 'c3']) shows(id)
  vi.advanceTimersByTime(1000)
  expect(told).toEqual([{ case_id: 'c3', doing: 'reads' }])
})

test('typing is said when it begins, and when it has ended by itself', () => {
  shows('c1')
  vi.advanceTimersByTime(1000)
  told = []
  for (let i = 0; i < 20; i++) {
    typesHere()
    vi.advanceTimersByTime(100)
  }
  expect(told).toEqual([{ case_id: 'c1', doing: 'writes' }])
  vi.advanceTimersByTime(writesFor + 1000)
  expect(told.at(-1)).toEqual({ case_id: 'c1', doing: 'reads' })
  typesHere()
  vi.advanceTimersByTime(800)
  typedHere()
  vi.advanceTimersByTime(800)
  expect(told.at(-1)).toEqual({ case_id: 'c1', doing: 'reads' })
})

test('a page that nobody sees says so, and an open case is said again and again', () => {
  shows('c1')
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  vi.advanceTimersByTime(sayEvery * 3)
  expect(told).toEqual(Array(4).fill({ case_id: 'c1', doing: 'away' }))
  shows('')
  vi.advanceTimersByTime(sayEvery * 3)
  expect(told).toHaveLength(5)
  tellAnew()
  expect(told).toHaveLength(5) // what a list shows may wait for the first screen
  vi.advanceTimersByTime(1000)
  expect(told).toHaveLength(6)
  shows('c2')
  tellAnew()
  expect(told).toHaveLength(7)
})

test('what is heard is everything, or what has changed; nonsense says nothing', () => {
  heardPresent('{"whole":true,"cases":{"c1":[{"agent":"lars","doing":"reads"}],"c2":[{"agent":"mo","doing":"away"}]}}')
  const c1 = present.get().get('c1')
  heardPresent('{"whole":false,"cases":{"c2":[],"c3":[{"agent":"mo","doing":"writes"},{"agent":7}]}}')
  for (const odd of ['', '7', 'null', '{"cases":3}', '[]']) heardPresent(odd)
  expect(present.get().get('c1')).toBe(c1) // rows that have not changed are not drawn again
  expect([...present.get()]).toEqual([
    ['c1', [{ agent: 'lars', doing: 'reads' }]],
    ['c3', [{ agent: 'mo', doing: 'writes' }]],
  ])
  heardPresent('{"whole":true,"cases":{}}')
  expect(present.get().size).toBe(0)
})

test('what the queue has served is given back when it is left, and when the page goes', () => {
  shows('c1')
  left('c1')
  expect(back).toEqual([]) // nobody kept it
  isServed('c1')
  shows('c1')
  isServed('c2') // the queue has given the one before back itself
  left('c1')
  shows('c2')
  expect(back).toEqual([])
  shows('c3')
  expect(back).toEqual(['c2'])
  isServed('c4')
  window.dispatchEvent(new Event('pagehide'))
  expect(back).toEqual(['c2', 'c4'])
})

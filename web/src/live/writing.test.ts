// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { heardWriting, stoppedWriting, writesFor, writing } from './writing'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
})

const now = () => [...writing.get()].sort()

test('a customer writes for as long as they say so', () => {
  heardWriting('{"case_id":"a"}')
  vi.advanceTimersByTime(writesFor - 1)
  heardWriting('{"case_id":"a"}')
  heardWriting('{"case_id":"b"}')
  vi.advanceTimersByTime(writesFor - 1)
  expect(now()).toEqual(['a', 'b'])
  vi.advanceTimersByTime(1)
  expect(now()).toEqual([])
})

test('whose word is there does not write it any more', () => {
  heardWriting('{"case_id":"a"}')
  heardWriting('{"case_id":"b"}')
  stoppedWriting('a')
  expect(now()).toEqual(['b'])
})

test('what cannot be understood says nothing', () => {
  for (const data of ['', 'null', '[]', '{"case_id":1}', '{"case_id":""}', '{']) heardWriting(data)
  expect(now()).toEqual([])
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { changeOf, collector, outdatedBy } from './changes'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const change = (kind: string, case_id = '') => ({ kind, case_id, subject: '' })

test.each([
  ['message.heard', [['row', 'c1'], ['case', 'c1']]],
  ['case.solved', [['row', 'c1'], ['case', 'c1']]],
  ['note.written', [['row', 'c1'], ['case', 'c1']]],
  ['account.state', [['accounts'], ['health'], ['case']]],
  ['service.changed', [['inbox'], ['case'], ['service']]],
  ['tags.changed', [['inbox'], ['case'], ['tags']]],
  ['person.link', [['case'], ['person'], ['company'], ['consents']]],
  ['item.stuck', [['health']]],
  ['job.dead', [['health']]],
  ['alert.raised', [['health']]],
  ['watch.changed', [['health'], ['watch']]],
  ['of.tomorrow', [['inbox'], ['case']]],
])('%s outdates', (kind, want) => expect(outdatedBy(change(kind, 'c1'))).toEqual(want))

test('what cannot be understood is no change', () => {
  expect(changeOf('{"kind":"case.opened","case_id":"c1","subject":"c1"}')).toEqual({ kind: 'case.opened', case_id: 'c1', subject: 'c1' })
  expect(changeOf('{"kind":"job.dead"}')).toEqual(change('job.dead'))
  for (const bad of ['', '{', 'null', '7', '{"kind":7}']) expect(changeOf(bad)).toBeUndefined()
})

test('the first change is passed on at once, a storm at most so often', async () => {
  const flush = vi.fn()
  const c = collector(flush, () => 100)
  c.add([['inbox']])
  expect(flush).toHaveBeenCalledTimes(1)
  for (let i = 0; i < 200; i++) c.add([['inbox'], ['case', 'c1']])
  expect(flush).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(100)
  expect(flush).toHaveBeenCalledTimes(2)
  expect(flush).toHaveBeenLastCalledWith([['inbox'], ['case', 'c1']])
  await vi.advanceTimersByTimeAsync(1000)
  expect(flush).toHaveBeenCalledTimes(2)
  c.add([['health']])
  expect(flush).toHaveBeenCalledTimes(3)
})

test('stopped, it passes nothing on', async () => {
  const flush = vi.fn()
  const c = collector(flush, () => 100)
  c.add([['inbox']])
  c.add([['health']])
  c.stop()
  await vi.advanceTimersByTimeAsync(1000)
  expect(flush).toHaveBeenCalledTimes(1)
})

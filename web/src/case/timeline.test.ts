// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { CaseEvent, Message } from '../api/types'
import type { Unsent } from '../composer/outbox'
import { begins, drawnAtOnce, drawnFrom, timeline } from './timeline'

const said = (id: string, minute: number, conversation_id: string, visibility: 'public' | 'private', more: Partial<Message> = {}) =>
  ({ id, at: `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`, conversation_id, visibility, direction: 'inbound', ...more }) as Message
const event = (kind: string, minute: number) => ({ id: minute, at: `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`, kind, agent: null, data: {} }) as CaseEvent
const keys = (...args: Parameters<typeof timeline>) => timeline(...args).map((e) => (e.kind === 'rule' ? `${e.key}${e.moved ? '!' : ''}` : e.key))

test('a rule stands where the conversation changes, a loud one between public and private', () => {
  const messages = [said('1', 1, 'post', 'public'), said('2', 2, 'dm', 'private'), said('3', 3, 'mail', 'private'), said('4', 4, 'mail', 'private')]
  expect(keys(messages, [], [])).toEqual(['r1', '1', 'r2!', '2', 'r3', '3', '4'])
})

test('a note between two words of one conversation breaks nothing', () => {
  const messages = [said('1', 1, 'dm', 'private'), said('2', 2, '', 'private', { direction: 'note' }), said('3', 3, 'dm', 'private')]
  expect(keys(messages, [], [])).toEqual(['r1', '1', '2', '3'])
})

test('events stand where they happened, before what they led to; what stands at a message is not told twice', () => {
  const events = [event('case.opened', 1), event('message.heard', 1), event('case.assigned', 2)]
  expect(keys([said('1', 1, 'dm', 'private'), said('2', 3, 'dm', 'private')], events, [])).toEqual(['e1', 'r1', '1', 'e2', '2'])
})

test('what is not handed over stands at the end', () => {
  expect(keys([said('1', 1, 'dm', 'private')], [], [{ key: 'k' } as Unsent]).at(-1)).toBe('uk')
})

test('messages of the same moment keep the server’s order', () => expect(keys([said('b', 1, 'dm', 'private'), said('a', 1, 'dm', 'private')], [], [])).toEqual(['rb', 'b', 'a']))
test('an empty case is empty', () => expect(timeline([], [], [])).toEqual([]))

const many = timeline([said('0', 0, 'post', 'public'), ...Array.from({ length: 200 }, (_, i) => said(`${i + 1}`, 1, 'dm', 'private'))], [], [])

test('of a long case only the end is drawn', () => expect(many.length - begins(many, '200')).toBe(drawnAtOnce))
test('what the person said last is drawn, however far up it stands', () => expect(many[begins(many, '3')]?.key).toBe('3'))
test('a short case is drawn whole', () => expect(begins(timeline([said('1', 1, 'dm', 'private')], [], []), '1')).toBe(0))

test('what is drawn begins with the rule that counts there', () => {
  const part = drawnFrom(many, begins(many, '200'))
  expect(part.slice(0, 2).map((e) => e.key)).toEqual(['r1', '141'])
  expect(drawnFrom(many, 2).map((e) => e.key).slice(0, 2)).toEqual(['r1', '1'])
  expect(drawnFrom(many, 0)).toEqual(many)
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../api/problem'
import { again, isBehind, openOutbox, post, takeBack, unsent, wake, type OutboxDeps, type Unsent } from './outbox'
import { storage } from './storage.testing'

/** A server of the test's own: it answers when the test says how. */
function open(agent = 'anke') {
  const calls: { u: Unsent; answer: (e?: unknown) => void }[] = []
  const sent: string[] = []
  const refused: string[] = []
  const deps: OutboxDeps = {
    send: (u) => new Promise((resolve, reject) => calls.push({ u, answer: (e) => (e === undefined ? resolve() : reject(e)) })),
    onSent: (u) => sent.push(textOf(u)),
    onRefused: (u) => refused.push(textOf(u)),
    later: () => () => undefined,
  }
  close = openOutbox(agent, deps)
  return { calls, sent, refused }
}
const textOf = (u: Unsent) => (u.write.kind === 'note' ? u.write.text : u.write.kind === 'act' ? u.write.act.does : u.write.body.text)
const settle = () => vi.waitFor(() => Promise.resolve())
const note = (caseId: string, text: string) => post({ caseId, number: 1, person: 'Mira', write: { kind: 'note', text }, via: null })
const reply = (caseId: string, text: string) =>
  post({ caseId, number: 1, person: 'Mira', write: { kind: 'reply', body: { conversation_id: 'k1', visibility: 'private', text, seen: 'm1' } }, via: null })

let close: (() => void) | undefined
let kept: Record<string, string>
beforeEach(() => {
  kept = storage()
})
afterEach(() => {
  close?.()
  close = undefined
})

test('a reply is handed over once and then gone from here', async () => {
  const { calls, sent } = open()
  reply('c1', 'Hallo')
  expect(unsent.get()).toMatchObject([{ state: 'handing' }])
  calls[0]?.answer()
  await settle()
  expect(sent).toEqual(['Hallo'])
  expect(unsent.get()).toEqual([])
  expect(Object.keys(kept)).toEqual([])
})

test('in one case one goes after the other; cases do not wait for each other', async () => {
  const { calls } = open()
  note('c1', 'erst')
  note('c1', 'dann')
  note('c2', 'woanders')
  expect(calls.map((c) => textOf(c.u))).toEqual(['erst', 'woanders'])
  calls[0]?.answer()
  await settle()
  expect(calls.map((c) => textOf(c.u))).toEqual(['erst', 'woanders', 'dann'])
})

test('without a connection it waits, and goes out under the same key when the connection is back', async () => {
  const { calls, sent } = open()
  note('c1', 'Notiz')
  calls[0]?.answer(new Unreachable())
  await settle()
  expect(unsent.get()).toMatchObject([{ state: 'waiting' }])
  wake()
  calls[1]?.answer()
  await settle()
  expect(calls[1]?.u.key).toBe(calls[0]?.u.key)
  expect(sent).toEqual(['Notiz'])
})

test('what waits cannot be taken back: the server may have it', async () => {
  const { calls } = open()
  const u = note('c1', 'Notiz')
  expect(takeBack(u.key)).toBeUndefined()
  calls[0]?.answer(new Unreachable())
  await settle()
  expect(takeBack(u.key)).toBeUndefined()
  expect(unsent.get()).toHaveLength(1)
})

test('a refusal keeps the text and its reason, and holds back what comes after it', async () => {
  const { calls, refused } = open()
  reply('c1', 'zu lang')
  note('c1', 'danach')
  calls[0]?.answer(new Problem(422, 'reply.too_long', 'too long', []))
  await settle()
  expect(refused).toEqual(['zu lang'])
  expect(unsent.get()).toMatchObject([{ state: 'refused', problem: { code: 'reply.too_long' } }, { state: 'handing' }])
  wake()
  expect(calls).toHaveLength(1)
})

test('taken back, the text is the writer’s again and the next one goes', async () => {
  const { calls } = open()
  const u = reply('c1', 'zu lang')
  note('c1', 'danach')
  calls[0]?.answer(new Problem(422, 'reply.too_long', '', []))
  await settle()
  expect(textOf(takeBack(u.key) as Unsent)).toBe('zu lang')
  wake()
  expect(calls.map((c) => textOf(c.u))).toEqual(['zu lang', 'danach'])
})

test('sent anyway after something new, it is a new act in its old place', async () => {
  const { calls } = open()
  const u = reply('c1', 'Hallo')
  note('c1', 'danach')
  calls[0]?.answer(new Problem(409, 'reply.something_new', '', []))
  await settle()
  again(u.key, { anyway: true, seen: 'm2' })
  expect(calls[1]?.u.write).toMatchObject({ body: { text: 'Hallo', anyway: true, seen: 'm2' } })
  expect(calls[1]?.u.key).not.toBe(u.key)
  expect(unsent.get().map(textOf)).toEqual(['Hallo', 'danach'])
})

test('after a fault of the server it may have been taken, so it keeps its key', async () => {
  const { calls } = open()
  const u = reply('c1', 'Hallo')
  calls[0]?.answer(new Problem(500, 'internal', '', []))
  await settle()
  again(u.key)
  expect(calls[1]?.u.key).toBe(u.key)
})

test('what was on its way when the page was closed goes out the next time, in order, for its own agent only', () => {
  open()
  note('c1', 'erst')
  note('c1', 'dann')
  close?.()
  open('lars')
  expect(unsent.get()).toEqual([])
  close?.()
  const { calls } = open('anke')
  expect(unsent.get().map(textOf)).toEqual(['erst', 'dann'])
  expect(calls.map((c) => textOf(c.u))).toEqual(['erst'])
})

test('an answer that comes after somebody else signed in changes nothing', async () => {
  const first = open('anke')
  note('c1', 'Notiz')
  close?.()
  open('lars')
  first.calls[0]?.answer()
  await settle()
  expect(first.sent).toEqual([])
  expect(unsent.get()).toEqual([])
})

test('what is done without a connection waits behind what was written, and goes once and in order', async () => {
  const { calls, sent } = open()
  reply('c1', 'Hallo')
  expect(isBehind('c1')).toBe(true)
  post({ caseId: 'c1', number: 1, person: '', write: { kind: 'act', act: { does: 'tags', add: ['Rechnung'], remove: [] }, shown: {} }, via: null })
  post({ caseId: 'c1', number: 1, person: '', write: { kind: 'act', act: { does: 'solve', seen: 'm1' }, shown: { state: 'solved' } }, via: null }, 'its own key')
  calls[0]?.answer(new Unreachable())
  await settle()
  expect(unsent.get().map((u) => u.state)).toEqual(['waiting', 'waiting', 'waiting'])
  close?.()
  const next = open() // the page was closed meanwhile
  expect(next.calls.map((c) => [textOf(c.u), c.u.key])).toEqual([['Hallo', calls[0]?.u.key]])
  for (let i = 0; i < 3; i++) {
    next.calls[i]?.answer()
    await settle()
  }
  expect([sent, next.sent]).toEqual([[], ['Hallo', 'tags', 'solve']])
  expect(next.calls[2]?.u.key).toBe('its own key')
  expect(isBehind('c1')).toBe(false)
})

test('an act that is refused is told of and holds nothing back', async () => {
  const { calls, sent, refused } = open()
  post({ caseId: 'c1', number: 1, person: '', write: { kind: 'act', act: { does: 'solve', seen: 'm1' }, shown: {} }, via: null })
  note('c1', 'danach')
  calls[0]?.answer(new Problem(409, 'case.something_new', '', []))
  await settle()
  calls[1]?.answer()
  await settle()
  expect([refused, sent]).toEqual([['solve'], ['danach']])
  expect(unsent.get()).toEqual([])
})

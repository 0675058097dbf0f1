// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../api/problem'
import { emptyDraft, keepDraft, keptDraft } from './draft'
import { choose, heard, keepAll, keepNow, keyOf, onlyHere, others, spend, spent, startKeeping, type Kept, type Way } from './keeping'
import { storage } from './storage.testing'

/** A server with its versions, and browsers that may not reach it. */
function server() {
  const rows = new Map<string, Kept>()
  let versions = 0
  const s = {
    rows,
    down: undefined as unknown,
    asked: 0,
    put(caseId: string, way: Way, text: string) {
      const version = `v${++versions}`
      rows.set(keyOf(caseId, way), { way, version, text, subject: '', warning: null, files: [], to: '', seen: '' })
      return version
    },
    text: (caseId: string, way: Way = 'reply') => rows.get(keyOf(caseId, way))?.text,
  }
  const timers = new Set<() => void>()
  const gone: string[] = []
  const deps = {
    async keep(caseId: string, way: Way, known: string, part: { text: string }) {
      s.asked++
      await Promise.resolve()
      if (s.down) throw s.down
      const key = keyOf(caseId, way)
      if ((rows.get(key)?.version ?? '') !== known) throw new Problem(409, 'draft.changed', '', [])
      if (part.text) return s.put(caseId, way, part.text)
      rows.delete(key)
      return ''
    },
    async drafts(caseId: string) {
      s.asked++
      await Promise.resolve()
      if (s.down) throw s.down
      return (['reply', 'note'] as const).flatMap((way) => rows.get(keyOf(caseId, way)) ?? [])
    },
    later(f: () => void) {
      timers.add(f)
      return () => timers.delete(f)
    },
    onGone: (id: string) => gone.push(id),
  }
  return { s, deps, gone, run: () => [...timers].forEach((f) => (timers.delete(f), f())) }
}

const writes = (text: string, caseId = 'c1') => keepDraft('anke', caseId, { ...keptDraft('anke', caseId), reply: text, tab: 'k1/private/' })
const written = (caseId = 'c1') => keptDraft('anke', caseId).reply
const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}

let stop: (() => void) | undefined
beforeEach(() => void storage())
afterEach(() => {
  stop?.()
  stop = undefined
  vi.unstubAllGlobals()
})

test('what is written is kept once its writer pauses, and once only', async () => {
  const { s, deps, run } = server()
  stop = startKeeping('anke', deps)
  writes('Gu')
  writes('Guten Tag')
  expect(s.asked).toBe(0)
  run()
  await settle()
  expect(s.text('c1')).toBe('Guten Tag')
  run()
  await settle()
  expect(s.asked).toBe(1)
})

test('without a connection, or signed out, the text stays here and is kept when that is over', async () => {
  const { s, deps, run } = server()
  stop = startKeeping('anke', deps)
  for (const down of [new Unreachable(), new Problem(401, 'session.missing', '', [])]) {
    s.down = down
    writes(`Moin ${String(down)}`)
    run()
    await settle()
    expect(onlyHere.get().size).toBe(0)
    s.down = undefined
    keepAll()
    await settle()
    expect(s.text('c1')).toBe(`Moin ${String(down)}`)
  }
  s.down = new Problem(401, 'session.missing', '', [])
  writes('mitten im Satz')
  run()
  await settle()
  stop()
  s.down = undefined
  stop = startKeeping('anke', deps) // signed in again
  await settle()
  expect(s.text('c1')).toBe('mitten im Satz')
})

test('what the server refuses for good is in this browser alone, and that is said', async () => {
  const { s, deps, run } = server()
  stop = startKeeping('anke', deps)
  s.down = new Problem(404, 'case.not_found', '', [])
  writes('Moin')
  run()
  await settle()
  expect([...onlyHere.get()]).toEqual(['c1'])
  expect(written()).toBe('Moin')
})

test('on another device the draft is there, and goes when it was sent from there', async () => {
  const { s, deps, gone } = server()
  const version = s.put('c1', 'reply', 'Von unterwegs')
  heard('c1', [{ way: 'reply', version }]) // drawn before anything is kept
  stop = startKeeping('anke', deps)
  await settle()
  expect(written()).toBe('Von unterwegs')
  s.rows.clear()
  heard('c1', [])
  await settle()
  expect(keptDraft('anke', 'c1')).toMatchObject({ ...emptyDraft, at: expect.anything() as number })
  expect(gone).toEqual(['c1'])
})

test('what was heard before it was kept takes nothing back', async () => {
  const { s, deps } = server()
  stop = startKeeping('anke', deps)
  writes('eins')
  await keepNow('c1')
  heard('c1', []) // an old answer
  await settle()
  expect(written()).toBe('eins')
  expect(s.text('c1')).toBe('eins')
})

test('two devices never overwrite each other: the later one chooses', async () => {
  const { s, deps } = server()
  stop = startKeeping('anke', deps)
  writes('hier')
  await keepNow('c1')
  s.put('c1', 'reply', 'dort')
  writes('hier weiter')
  await keepNow('c1')
  expect(others.get().get('c1/reply')?.text).toBe('dort')
  expect([written(), s.text('c1')]).toEqual(['hier weiter', 'dort'])
  writes('hier noch weiter')
  await keepNow('c1')
  expect(s.text('c1')).toBe('dort') // nothing before they have chosen

  choose('c1', 'reply', false)
  await keepNow('c1')
  expect(s.text('c1')).toBe('hier noch weiter')

  s.put('c1', 'reply', 'dort zwei')
  writes('hier drei')
  await keepNow('c1')
  choose('c1', 'reply', true)
  await settle()
  expect([written(), s.text('c1'), others.get().size]).toEqual(['dort zwei', 'dort zwei', 0])
})

test('a draft that is sent goes with its message, also when it was being kept just then', async () => {
  const { s, deps } = server()
  stop = startKeeping('anke', deps)
  writes('Guten Tag')
  await keepNow('c1')
  const version = spend('c1', 'reply')
  writes('')
  await keepNow('c1')
  expect(s.asked).toBe(1) // the message takes it along
  heard('c1', [{ way: 'reply', version }])
  await settle()
  expect(written()).toBe('')
  s.rows.clear()
  spent('c1', 'reply', version)

  writes('Noch etwas')
  const kept = keepNow('c1')
  expect(spend('c1', 'reply')).toBe('')
  writes('')
  await kept
  await settle()
  await keepNow('c1')
  expect(s.text('c1')).toBeUndefined()
})

test('a reply that came back, and one begun since, is kept anew', async () => {
  const { s, deps } = server()
  stop = startKeeping('anke', deps)
  writes('eins')
  await keepNow('c1')
  spend('c1', 'reply')
  writes('')
  s.rows.clear()
  writes('zwei')
  await keepNow('c1')
  await settle()
  await keepNow('c1')
  expect(s.text('c1')).toBe('zwei')
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { listen, waitBefore, type LiveState } from './connection'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A server of the test's own: every connection waits until the test answers it. */
function desk() {
  const asked: { headers: Record<string, string>; signal: AbortSignal; answer: (r: Response) => void; fail: () => void }[] = []
  const states: LiveState[] = []
  const seen: string[] = []
  let gaps = 0
  const connection = listen('/api/events', {
    fetch: (_url, init) =>
      new Promise((resolve, reject) => {
        const signal = init.signal as AbortSignal
        signal.addEventListener('abort', () => reject(signal.reason))
        asked.push({ headers: init.headers as Record<string, string>, signal, answer: resolve, fail: () => reject(new TypeError('network')) })
      }),
    onEvent: (e) => seen.push(e.data),
    onGap: () => gaps++,
    onState: (s) => states.push(s),
    random: () => 1,
  })
  const last = () => asked.at(-1) as (typeof asked)[number]
  async function accept() {
    let out!: ReadableStreamDefaultController<Uint8Array>
    const signal = last().signal
    const body = new ReadableStream<Uint8Array>({
      start(c) {
        out = c
        signal.addEventListener('abort', () => c.error(signal.reason))
      },
    })
    last().answer(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    await vi.advanceTimersByTimeAsync(0)
    return {
      say: async (text: string) => {
        out.enqueue(new TextEncoder().encode(text))
        await vi.advanceTimersByTimeAsync(0)
      },
      end: async () => {
        out.close()
        await vi.advanceTimersByTimeAsync(0)
      },
    }
  }
  return { asked, states, seen, connection, last, accept, gaps: () => gaps }
}

test('events arrive', async () => {
  const d = desk()
  const s = await d.accept()
  await s.say('id: 5\nevent: change\ndata: one\n\n')
  expect(d.states).toEqual(['live'])
  expect(d.seen).toEqual(['one'])
  d.connection.stop()
})

test('what came before the first hello is asked for, and nothing after a later one', async () => {
  const d = desk()
  const s = await d.accept()
  await s.say('id: 5\nevent: hello\ndata: {}\n\n')
  expect(d.gaps()).toBe(1)
  await s.end()
  await vi.advanceTimersByTimeAsync(500)
  expect(d.last().headers['Last-Event-ID']).toBe('5')
  const again = await d.accept()
  await again.say('event: hello\ndata: {}\n\n')
  expect(d.gaps()).toBe(1)
  d.connection.stop()
})

test('after a break it comes back with the last event it saw, and asks for nothing besides', async () => {
  const d = desk()
  const s = await d.accept()
  await s.say('id: 5\nevent: change\ndata: one\n\n')
  await s.end()
  await vi.advanceTimersByTimeAsync(500)
  expect(d.last().headers['Last-Event-ID']).toBe('5')
  await d.accept()
  expect(d.states).toEqual(['live'])
  expect(d.gaps()).toBe(0)
  d.connection.stop()
})

test('while it cannot listen it says so and has the desk ask every ten seconds', async () => {
  const d = desk()
  for (let i = 0; i < 3; i++) {
    d.last().fail()
    await vi.advanceTimersByTimeAsync(waitBefore(i + 1, 1))
  }
  expect(d.states).toEqual(['lost'])
  await vi.advanceTimersByTimeAsync(30_000)
  expect(d.gaps()).toBe(3)
  const s = await d.accept()
  await s.say('id: 4\nevent: hello\ndata: {}\n\n')
  expect(d.states).toEqual(['lost', 'live'])
  const gaps = d.gaps()
  expect(gaps).toBe(4) // it had no last event, so something may have been missed
  await vi.advanceTimersByTimeAsync(30_000)
  expect(d.gaps()).toBe(gaps)
  d.connection.stop()
})

test('a gap too large for the server has everything asked again', async () => {
  const d = desk()
  const s = await d.accept()
  await s.say('id: 9\nevent: reload\ndata: {}\n\n')
  expect(d.gaps()).toBe(1)
  d.connection.stop()
})

test('a connection that has gone silent is given up', async () => {
  const d = desk()
  const s = await d.accept()
  await vi.advanceTimersByTimeAsync(30_000)
  await s.say(': still here\n\n')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(d.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(d.asked).toHaveLength(2)
  d.connection.stop()
})

test('half an event before a break does not spoil the first one after it', async () => {
  const d = desk()
  const s = await d.accept()
  await s.say('event: change\ndata: half')
  await s.end()
  await vi.advanceTimersByTimeAsync(500)
  const again = await d.accept()
  await again.say('event: change\ndata: whole\n\n')
  expect(d.seen).toEqual(['whole'])
  d.connection.stop()
})

test('signed out, it stops', async () => {
  const d = desk()
  d.last().answer(new Response('', { status: 401 }))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(d.states).toEqual(['out'])
  expect(d.asked).toHaveLength(1)
})

test('a page of a proxy is not a stream', async () => {
  const d = desk()
  d.last().answer(new Response('<html>', { headers: { 'content-type': 'text/html' } }))
  await vi.advanceTimersByTimeAsync(500)
  expect(d.asked).toHaveLength(2)
  expect(d.states).toEqual([])
  d.connection.stop()
})

test('told that the network is back, it does not wait', async () => {
  const d = desk()
  for (let i = 0; i < 6; i++) {
    d.last().fail()
    await vi.advanceTimersByTimeAsync(waitBefore(i + 1, 1))
  }
  d.last().fail()
  await vi.advanceTimersByTimeAsync(0)
  const before = d.asked.length
  d.connection.now()
  expect(d.asked).toHaveLength(before + 1)
  await d.accept()
  expect(d.states.at(-1)).toBe('live')
  d.connection.stop()
})

test('stopped, it is silent', async () => {
  const d = desk()
  d.connection.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(d.asked).toHaveLength(1)
  expect(d.gaps()).toBe(0)
})

describe('the wait before a try', () => {
  test.each([
    [0, 0, 0],
    [1, 250, 500],
    [2, 500, 1000],
    [6, 7_500, 15_000],
    [50, 7_500, 15_000],
  ])('number %s is between %s and %s ms', (tries, least, most) => {
    expect(waitBefore(tries, 0)).toBe(least)
    expect(waitBefore(tries, 1)).toBe(most)
  })
})

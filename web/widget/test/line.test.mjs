// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from './load.mjs'

const { Line } = await load('line.ts')
const { Keep } = await load('keep.ts')

// What the line needs of a browser; one that keeps nothing.
const page = new EventTarget()
globalThis.addEventListener = page.addEventListener.bind(page)
globalThis.document = Object.assign(new EventTarget(), { hidden: false })
let sockets = []
globalThis.WebSocket = class {
  static OPEN = 1
  readyState = 0
  sent = []
  constructor() {
    sockets.push(this)
  }
  send(data) {
    this.sent.push(JSON.parse(data))
  }
  close() {
    this.readyState = 3
  }
  opens() {
    this.readyState = 1
    this.onopen()
  }
  hears(frame) {
    this.onmessage({ data: JSON.stringify(frame) })
  }
  breaks() {
    this.readyState = 3
    this.onclose?.()
  }
}

function start(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  sockets = []
  const told = []
  const tell = (what) => (...args) => told.push([what, ...args])
  const ear = Object.fromEntries(['state', 'welcome', 'message', 'typing', 'away', 'acked', 'refused'].map((k) => [k, tell(k)]))
  const keep = new Keep('test:')
  const line = new Line('ws://desk.example/ws', keep, ear)
  line.start()
  const last = () => sockets.at(-1)
  const greet = (messages = []) => {
    last().opens()
    last().hears({ t: 'welcome', token: 'token', said: [], messages })
  }
  return { line, keep, told, last, greet }
}

const word = (id, text = 'Hallo') => ({ id, text, page: 'https://shop.example/', language: 'de', at: 1, acked: 0 })

test('lost again and again, it tries later and later, never all at once, and no later than half a minute', (t) => {
  const { last, told } = start(t)
  for (let attempt = 0; attempt < 12; attempt++) {
    const n = sockets.length
    last().breaks()
    const most = Math.min(30_000, 500 * 2 ** attempt)
    t.mock.timers.tick(Math.floor(most * 0.3) - 1)
    assert.equal(sockets.length, n, `attempt ${attempt}: too early`)
    t.mock.timers.tick(most)
    assert.equal(sockets.length, n + 1, `attempt ${attempt}: too late`)
  }
  assert.deepEqual([told[0][1], told.at(-1)[1]], ['lost', 'away'])
})

test('when the network is back it does not wait', (t) => {
  const { last } = start(t)
  for (let i = 0; i < 8; i++) {
    last().breaks()
    t.mock.timers.tick(30_000)
  }
  last().breaks()
  const n = sockets.length
  page.dispatchEvent(new Event('online'))
  assert.equal(sockets.length, n + 1)
  page.dispatchEvent(new Event('online'))
  assert.equal(sockets.length, n + 1, 'but one attempt at a time')
})

test('a word without an answer means that the line is dead', (t) => {
  const { line, last, greet, told } = start(t)
  greet()
  const first = last()
  line.say(word('w1'))
  assert.equal(first.sent.at(-1).id, 'w1')
  t.mock.timers.tick(10_000)
  assert.equal(first.readyState, 3, 'given up')
  t.mock.timers.tick(1000)
  greet()
  assert.notEqual(last(), first)
  assert.equal(last().sent.at(-1).id, 'w1', 'said again, by the same id')
  last().hears({ t: 'ack', id: 'w1', at: '2026-11-20T20:15:00Z' })
  assert.equal(told.at(-1)[0], 'acked')
  last().hears({ t: 'ack', id: 'w1', at: '2026-11-20T20:15:00Z' })
  line.say(word('w2'))
  assert.equal(last().sent.filter((f) => f.id === 'w1').length, 1, 'and never again after the ack')
})

test('a server that says nothing, not even hello, is given up', (t) => {
  const { last, greet } = start(t)
  last().opens()
  const first = last()
  t.mock.timers.tick(15_000)
  assert.equal(first.readyState, 3)
  t.mock.timers.tick(1000)
  greet()
  const second = last()
  t.mock.timers.tick(60_000)
  second.hears({ t: 'beat' })
  t.mock.timers.tick(60_000)
  assert.equal(second.readyState, 1, 'a beat is a word')
  t.mock.timers.tick(20_000)
  assert.equal(second.readyState, 3)
})

test('it tells the last message that it has, and drops what it has', (t) => {
  const { last, greet, told } = start(t)
  const m = (id) => ({ id, at: '2026-11-20T20:15:00Z', body: { from: 'Nordnetz', text: String(id) } })
  assert.equal((last().opens(), last().sent[0].last), 0)
  last().hears({ t: 'welcome', token: 'token', said: [], messages: [m(3), m(5)] })
  last().hears({ t: 'message', ...m(9) })
  last().hears({ t: 'message', ...m(5) })
  last().breaks()
  t.mock.timers.tick(1000)
  greet([m(9), m(12)])
  assert.equal(last().sent[0].last, 9)
  assert.equal(last().sent[0].token, 'token')
  assert.deepEqual(told.filter(([k]) => k === 'message').map(([, x]) => x.id), [9])
  assert.deepEqual(told.filter(([k]) => k === 'welcome').map(([, , x]) => x.map((y) => y.id)), [[3, 5], [12]])
})

test('what the server would never take is not sent', (t) => {
  const { line, last, greet, told } = start(t)
  greet()
  line.say(word('w1', '🙂'.repeat(5000)))
  assert.deepEqual(told.at(-1), ['refused', 'w1', 'too_long', false])
  assert.equal(last().sent.length, 1, 'the hello')
})

test('garbage from the server changes nothing', (t) => {
  const { last, greet, told } = start(t)
  greet()
  const before = told.length
  last().onmessage({ data: 'no JSON' })
  last().hears({ t: 'something new' })
  last().hears({ t: 'ack', id: 'nobody', at: 'never' })
  last().hears({ t: 'error', code: 'unknown' })
  assert.equal(told.length, before)
})

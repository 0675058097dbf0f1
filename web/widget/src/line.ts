// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Away, Message, Said, Word } from './front.ts'
import type { Keep } from './keep.ts'

/** How the line is doing: connecting at first, open, lost for the moment, or away since several attempts. */
export type State = 'connecting' | 'open' | 'lost' | 'away'

/** What the line tells. */
export interface Ear {
  state(state: State): void
  /** All that the server knows and we do not: what the visitor said before, and our messages since the last one we have. */
  welcome(said: Said[], messages: Message[]): void
  message(message: Message): void
  /** Somebody of us writes just now. */
  typing(): void
  /** Who answers: nobody now, or, without it, somebody does. */
  away(away?: Away): void
  /** The server has this word, durably. */
  acked(word: Word): void
  /** The server will take this word later, or never. */
  refused(id: string, code: string, later: boolean): void
}

type Frame =
  | { t: 'welcome'; token: string; said: Said[]; messages: Message[]; away?: Away }
  | ({ t: 'message' } & Message)
  | { t: 'ack'; id: string; at: string; away?: Away }
  | { t: 'error'; code: string; id?: string; retry?: number }
  | { t: 'typing' }
  | { t: 'beat' }

const ackWithin = 10_000 // an open socket may be dead for minutes before the browser knows
const hearWithin = 75_000 // the server says something every 30 seconds
const typingEvery = 3000
const greetWithin = 15_000
const shownMost = 20 // messages that the server is told of at once
const frameMax = 16_000 // bytes that the server takes at once

/**
 * The line to the server. A word is kept until the server has acknowledged it, and is sent again after every reconnect;
 * the server knows it by its id. Of our messages it asks for those after the last one it has, and drops what it has.
 */
export class Line {
  private socket?: WebSocket
  private sent = new Set<string>() // words under way on this socket
  private last = 0
  private attempts = 0
  private typed = 0
  private token = '' // that this socket's hello had
  private timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(
    private url: string,
    private keep: Keep,
    private ear: Ear,
  ) {}

  /** Connects, and stays connected for as long as the page lives. */
  start(): void {
    addEventListener('online', () => this.hurry())
    document.addEventListener('visibilitychange', () => document.hidden || this.hurry())
    this.connect()
  }

  /** Keeps a word and sends it as soon as the line is open. */
  say(word: Word): void {
    this.keep.put(word)
    this.typed = 0
    this.flush()
  }

  /** Tells that the visitor writes, every few seconds for as long as they do. */
  typing(now = Date.now()): void {
    if (!this.open() || now - this.typed < typingEvery) return
    this.typed = now
    this.socket?.send('{"t":"typing"}')
  }

  /** Tells which of our messages stood before the visitor's eyes, each once. False: not now. */
  shown(ids: number[]): boolean {
    if (!this.open()) return false
    const news = ids.filter((id) => id > this.keep.shown)
    for (let i = 0; i < news.length; i += shownMost) this.socket?.send(JSON.stringify({ t: 'shown', ids: news.slice(i, i + shownMost) }))
    if (news.length) this.keep.shown = Math.max(...news)
    return true
  }

  private connect(): void {
    this.clear('connect')
    const socket = (this.socket = new WebSocket(this.url))
    this.sent.clear()
    this.after('greet', greetWithin, () => this.lose(socket))
    socket.onopen = () => {
      this.token = this.keep.token
      socket.send(JSON.stringify({ t: 'hello', token: this.token, last: this.last }))
    }
    socket.onmessage = (e) => this.hear(socket, e.data)
    socket.onclose = () => this.lose(socket)
  }

  private open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN && !this.timers.has('greet')
  }

  /** Gives up a socket and plans the next: half a second at first, half a minute in the end, never all at once. */
  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return
    this.socket = undefined
    for (const name of [...this.timers.keys()]) this.clear(name)
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
    const most = Math.min(30_000, 500 * 2 ** this.attempts++)
    this.ear.state(this.attempts > 4 ? 'away' : 'lost')
    this.after('connect', most * (0.3 + 0.7 * Math.random()), () => this.connect())
  }

  /** The network is back, or the visitor: do not wait for the planned attempt. */
  private hurry(): void {
    if (!this.socket && this.timers.has('connect')) this.connect()
  }

  private hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket) return
    let frame: Frame
    try {
      frame = JSON.parse(String(data)) as Frame
    } catch {
      return
    }
    this.after('hear', hearWithin, () => this.lose(socket))
    switch (frame.t) {
      case 'welcome':
        return this.welcome(socket, frame)
      case 'message':
        if (this.isNew(frame)) this.ear.message(frame)
        return
      case 'typing':
        return this.ear.typing()
      case 'ack':
        return this.acked(frame)
      case 'error':
        return this.refused(frame)
    }
  }

  private welcome(socket: WebSocket, { token, said, messages, away }: Extract<Frame, { t: 'welcome' }>): void {
    const other = this.keep.token
    if (!this.token && other && other !== token) return this.lose(socket) // another tab was first: be the same visitor
    this.keep.token = this.token = token
    this.clear('greet')
    this.attempts = 0
    const known = new Set(said.map((s) => s.id))
    for (const word of this.keep.words()) if (known.has(word.id)) this.keep.drop(word.id)
    this.ear.state('open')
    this.ear.away(away)
    this.ear.welcome(said, messages.filter((m) => this.isNew(m)))
    this.flush()
  }

  private isNew(m: Message): boolean {
    if (!(m.id > this.last)) return false
    this.last = m.id
    return true
  }

  private acked({ id, at, away }: Extract<Frame, { t: 'ack' }>): void {
    this.clear(id)
    const word = this.keep.words().find((w) => w.id === id)
    if (!word) return
    word.acked = Date.parse(at) || Date.now()
    this.keep.put(word) // until a later welcome shows that the conversation has it
    this.ear.away(away)
    this.ear.acked(word)
  }

  private refused({ code, id, retry }: Extract<Frame, { t: 'error' }>): void {
    if (code === 'token') {
      this.keep.token = ''
      this.keep.shown = 0
      this.last = 0
      return
    }
    if (!id) return
    this.clear(id)
    if (retry) {
      this.after(id, retry * 1000, () => {
        this.sent.delete(id)
        this.flush()
      })
    } else this.keep.drop(id)
    this.ear.refused(id, code, Boolean(retry))
  }

  private flush(): void {
    const socket = this.socket
    if (!socket || !this.open()) return
    for (const word of this.keep.words()) {
      if (word.acked || this.sent.has(word.id)) continue
      const { at: _, acked: __, names: ___, ...said } = word
      const frame = JSON.stringify({ t: 'say', ...said })
      if (new TextEncoder().encode(frame).length > frameMax) {
        this.keep.drop(word.id)
        this.ear.refused(word.id, 'too_long', false)
        continue
      }
      this.sent.add(word.id)
      socket.send(frame)
      this.after(word.id, ackWithin, () => this.lose(socket))
    }
  }

  private after(name: string, ms: number, run: () => void): void {
    this.clear(name)
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name)
        run()
      }, ms),
    )
  }

  private clear(name: string): void {
    clearTimeout(this.timers.get(name))
    this.timers.delete(name)
  }
}

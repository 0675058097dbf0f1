// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { streamReader, type StreamEvent } from './stream'

/** live: events arrive. connecting: first try. lost: trying again, asking in between. out: nobody is signed in. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'out'

export interface LiveDeps {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** A change, or what is so for a moment, as the server reported it. */
  onEvent: (e: StreamEvent) => void
  /** The stream stands, for the first time or anew. */
  onHello?: () => void
  /** Events may have been missed: everything is to be asked again. */
  onGap: () => void
  onState: (s: LiveState) => void
  random?: () => number
}

const quiet = 40_000 // the server says something every 15 seconds
const pollEvery = 10_000
const longestWait = 15_000

/** How long to wait before the nth try in a row: doubled each time, spread so that a desk of fifty does not knock at once. */
export function waitBefore(tries: number, random: number): number {
  if (tries <= 0) return 0
  const ceiling = Math.min(longestWait, 500 * 2 ** (tries - 1))
  return ceiling / 2 + (random * ceiling) / 2
}

/**
 * Listens to the server's events until stopped. It comes back by itself with the last event it saw, so that the server
 * can tell what was missed; while it cannot listen it reports a gap every ten seconds, so that the desk asks instead.
 */
export function listen(url: string, deps: LiveDeps): { stop: () => void; now: () => void } {
  const random = deps.random ?? Math.random
  let stopped = false
  let last = ''
  let tries = 0
  let attempt: AbortController | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let state: LiveState = 'connecting'
  let poll: ReturnType<typeof setInterval> | undefined

  function enter(next: LiveState) {
    if (next === 'lost') poll ??= setInterval(deps.onGap, pollEvery)
    else {
      clearInterval(poll)
      poll = undefined
    }
    if (next === state) return
    state = next
    deps.onState(next)
  }

  function heard(mine: AbortController) {
    clearTimeout(silence)
    silence = setTimeout(() => mine.abort(), quiet)
  }

  function onEvent(e: StreamEvent) {
    // A first hello: what was asked before it may be older than what the stream begins with, and nobody else would say.
    if (e.event === 'reload' || (e.event === 'hello' && !last)) deps.onGap()
    else if (e.event !== 'hello') deps.onEvent(e)
    if (e.event === 'hello') deps.onHello?.()
    if (e.id) last = e.id
  }

  async function connect() {
    const mine = new AbortController()
    attempt = mine
    heard(mine)
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (last) headers['Last-Event-ID'] = last
      const answer = await deps.fetch(url, { headers, signal: mine.signal, cache: 'no-store', credentials: 'same-origin' })
      if (answer.status === 401) {
        stopped = true
        enter('out')
        return
      }
      const body = answer.body
      if (!answer.ok || !body || !(answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        throw new Error('no stream')
      }
      tries = 0
      enter('live')
      const feed = streamReader(onEvent) // a new one: what broke off half read is not continued
      const decoder = new TextDecoder()
      const reader = body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        heard(mine)
        feed(decoder.decode(value, { stream: true }))
      }
    } catch {
      // Whatever it was: try again.
    } finally {
      clearTimeout(silence)
      mine.abort()
    }
    // A newer attempt may have taken over.
    if (stopped || attempt !== mine) return
    tries++
    // A stream that ends is nothing to tell about; one that cannot be opened again is.
    if (tries > 1) enter('lost')
    again = setTimeout(() => void connect(), waitBefore(tries, random()))
  }

  void connect()
  return {
    stop() {
      stopped = true
      clearTimeout(again)
      clearTimeout(silence)
      clearInterval(poll)
      attempt?.abort()
    },
    /** Tries at once: the browser says that the network is back. */
    now() {
      if (stopped || state === 'live') return
      clearTimeout(again)
      const old = attempt
      void connect()
      old?.abort()
    },
  }
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { outdated, queries } from '../api/queries'
import { freshen } from '../inbox/freshen'
import { signal } from '../shell/signal'
import { changeOf, collector, outdatedBy } from './changes'
import { listen, type LiveState } from './connection'
import { heardWriting } from './writing'

/** How the live connection is doing, for the banner. */
export const live = signal<LiveState>('connecting')

const hiddenFor = 5 * 60_000

/**
 * Keeps what the app has asked up to date, until stopped. A tab that nobody has looked at for five minutes lets go of
 * its connection (a browser has six for all tabs together) and catches up when it is looked at again.
 */
export function startLive(onBack: () => void): () => void {
  let connection: ReturnType<typeof listen> | undefined
  let leaving: ReturnType<typeof setTimeout> | undefined

  const changes = collector(
    (keys) => {
      const rows = keys.flatMap(([what, id]) => (what === 'row' && id ? [id] : []))
      for (const queryKey of keys) if (queryKey[0] !== 'row') outdated(queryKey)
      if (rows.length > 0 && !keys.some(([what]) => what === 'inbox')) freshen(rows)
    },
    () => 120,
  )

  function begin() {
    connection ??= listen('/api/events', {
      fetch: (url, init) => fetch(url, init),
      onEvent(e) {
        if (e.event === 'typing') return heardWriting(e.data)
        const change = changeOf(e.data)
        if (change) changes.add(outdatedBy(change))
      },
      onGap: () => changes.add([['inbox'], ['case'], ['accounts'], ['health']]),
      onState(state) {
        live.set(state)
        if (state === 'live') onBack()
        // Who is signed in is asked again, and the answer leads to the sign-in page.
        if (state === 'out') void queries.invalidateQueries({ queryKey: ['me'] })
      },
    })
  }
  function end() {
    connection?.stop()
    connection = undefined
  }
  function onVisibility() {
    clearTimeout(leaving)
    if (document.visibilityState === 'hidden') leaving = setTimeout(end, hiddenFor)
    else if (!connection) {
      begin()
      changes.add([['inbox'], ['case'], ['accounts'], ['health']])
    }
  }
  function onOnline() {
    connection?.now()
    onBack()
  }

  begin()
  document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('online', onOnline)
  return () => {
    clearTimeout(leaving)
    document.removeEventListener('visibilitychange', onVisibility)
    window.removeEventListener('online', onOnline)
    changes.stop()
    end()
    live.set('connecting')
  }
}

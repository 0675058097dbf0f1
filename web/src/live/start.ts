// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { outdated, queries } from '../api/queries'
import { heardDraft } from './drafts'
import { freshen } from '../inbox/freshen'
import { signal } from '../shell/signal'
import { changeOf, collector, outdatedBy } from './changes'
import { listen, type LiveState } from './connection'
import { heardPresent, nothingHeard, tab, tellAnew } from './presence'
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

  function heardRow(data: string) {
    const id = /"case_id":"([^"\\]+)"/.exec(data)?.[1]
    if (id) changes.add([['row', id]])
  }
  function begin() {
    connection ??= listen(`/api/events?tab=${tab}`, {
      fetch: (url, init) => fetch(url, init),
      onEvent(e) {
        if (e.event === 'typing') return heardWriting(e.data)
        if (e.event === 'draft') return heardDraft(e.data)
        if (e.event === 'presence') return heardPresent(e.data)
        if (e.event === 'row') return heardRow(e.data)
        const change = changeOf(e.data)
        if (change) changes.add(outdatedBy(change))
      },
      onHello: tellAnew,
      onGap: () => changes.add([['inbox'], ['case'], ['accounts'], ['health']]),
      onState(state) {
        live.set(state)
        if (state === 'live') onBack()
        else nothingHeard()
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

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useSyncExternalStore } from 'react'
import type { CaseRow } from '../api/types'
import type { Translate } from './index'

export type Tone = 'late' | 'soon' | 'calm'

const minute = 60_000

/** How urgent an answer is, by the word of the house's clock: it knows the service hours, and when to warn. */
export function toneOf(late: CaseRow['late']): Tone {
  if (late === 'no') return 'calm'
  return late === 'soon' ? 'soon' : 'late'
}

/** How much a priority catches the eye. */
export const toneOfPriority: Record<CaseRow['priority'], string> = { urgent: 'bad', high: 'soon', normal: '', low: '' }

/** A span of time in its largest unit: "now", "6 min", "2 h", "3 d". Parts of a unit do not count: 119 minutes are 1 h. */
export function span(ms: number, t: Translate): string {
  const minutes = Math.floor(Math.abs(ms) / minute)
  if (minutes < 1) return t('time.now')
  if (minutes < 60) return t('time.minutes', { n: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return t('time.hours', { n: hours })
  return t('time.days', { n: Math.floor(hours / 24) })
}

/** Time until a moment: "6 min", and with a minus sign when it is over. The last minute counts as "now". */
export function timeLeft(due: string, now: number, t: Translate): string {
  const left = Date.parse(due) - now
  const words = span(left, t)
  return left < 0 && Math.abs(left) >= minute ? `−${words}` : words
}

/** Time since a moment. A clock that runs behind the server's makes no future of it. */
export function timeSince(at: string, now: number, t: Translate): string {
  return span(Math.max(0, now - Date.parse(at)), t)
}

const watching = new Set<() => void>()
let current = Date.now()
let ticking: ReturnType<typeof setInterval> | undefined

function subscribe(f: () => void) {
  watching.add(f)
  ticking ??= setInterval(() => {
    current = Date.now()
    for (const w of watching) w()
  }, 10_000)
  return () => {
    watching.delete(f)
    if (watching.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** The time, every ten seconds anew: relative times tick. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    if (watching.size === 0) current = Date.now()
    return current
  })
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { inBrand } from '../api/brand'
import { client, newKey } from '../api/client'
import { signal } from '../shell/signal'

/** This page, as the server tells it from others. */
export const tab = newKey()

export interface Present {
  agent: string
  doing: 'away' | 'reads' | 'writes'
}

/** Who has which case open just now. */
export const present = signal<ReadonlyMap<string, readonly Present[]>>(new Map())

/** Takes what the server tells of that: everything, or what has changed. What cannot be understood says nothing. */
export function heardPresent(data: string): void {
  let v: unknown
  try {
    v = JSON.parse(data)
  } catch {
    return
  }
  if (typeof v !== 'object' || v === null) return
  const { whole, cases } = v as Record<string, unknown>
  if (typeof cases !== 'object' || cases === null) return
  const next = new Map(whole === true ? [] : present.get())
  for (const [id, all] of Object.entries(cases)) {
    const who = Array.isArray(all) ? all.filter(isPresent) : []
    if (who.length > 0) next.set(id, who)
    else next.delete(id)
  }
  present.set(next)
}

function isPresent(v: unknown): v is Present {
  if (typeof v !== 'object' || v === null) return false
  const { agent, doing } = v as Record<string, unknown>
  return typeof agent === 'string' && (doing === 'away' || doing === 'reads' || doing === 'writes')
}

/** What this page shows, as it is told to the server. */
export interface Shows {
  brand: string
  case_id: string
  doing: Present['doing']
  served: boolean
}

export const writesFor = 6_000
export const sayEvery = 10_000
const atOnce = 700

let caseId = ''
let served = false
let writes = false
let stops: ReturnType<typeof setTimeout> | undefined
let soon: ReturnType<typeof setTimeout> | undefined
let said = ''
let say: ((s: Shows) => Promise<void>) | undefined
let release: ((caseId: string, leaving: boolean) => void) | undefined

/** The page shows a case. */
export function shows(id: string): void {
  if (id !== caseId) {
    giveBack()
    caseId = id
    writes = false
  }
  tellSoon()
}

/** The page does not show a case any more. */
export function left(id: string): void {
  if (id === caseId) shows('')
}

/** The queue has served a case, which is shown next: it is kept for as long as it is. What it kept before it has given back. */
export function isServed(id: string): void {
  served = true
  caseId = id
  writes = false
  tellSoon()
}

function giveBack(leaving = false): void {
  if (!served) return
  served = false
  release?.(caseId, leaving)
}

/** Somebody types in the case that is shown. */
export function typesHere(): void {
  clearTimeout(stops)
  stops = setTimeout(() => {
    writes = false
    tellSoon()
  }, writesFor)
  if (writes) return
  writes = true
  tellSoon()
}

/** They have stopped: what they wrote is on its way. */
export function typedHere(): void {
  clearTimeout(stops)
  writes = false
  tellSoon()
}

function now(): Shows {
  const hidden = document.visibilityState === 'hidden'
  return { brand: inBrand().brand ?? '', case_id: caseId, doing: hidden ? 'away' : writes ? 'writes' : 'reads', served: served && caseId !== '' }
}

function tellSoon(): void {
  soon ??= setTimeout(() => tell(), atOnce)
}

function tell(anyway = false): void {
  clearTimeout(soon)
  soon = undefined
  const s = now()
  const as = JSON.stringify(s)
  if (!say || (as === said && !anyway)) return
  said = as
  say(s).catch(() => (said = ''))
}

/** The live stream stands anew: whoever answers for this page knows nothing of it. What a list shows may wait for the first screen. */
export function tellAnew(): void {
  if (caseId !== '') return tell(true)
  said = ''
  tellSoon()
}

/** Nothing is heard any more: who has what open is not known. */
export function nothingHeard(): void {
  present.set(new Map())
}

/** Tells the server what this page shows, again and again, until stopped. */
export function startPresence(how: (s: Shows) => Promise<void> = post, back: (caseId: string, leaving: boolean) => void = postBack): () => void {
  say = how
  release = back
  const again = setInterval(() => tell(caseId !== ''), sayEvery)
  const onVisibility = () => tellSoon()
  const onLeave = () => giveBack(true)
  document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('pagehide', onLeave)
  return () => {
    window.removeEventListener('pagehide', onLeave)
    giveBack()
    say = undefined
    release = undefined
    said = ''
    clearInterval(again)
    clearTimeout(soon)
    clearTimeout(stops)
    soon = undefined
    document.removeEventListener('visibilitychange', onVisibility)
    nothingHeard()
  }
}

async function post({ brand, ...body }: Shows): Promise<void> {
  await client.POST('/api/presence', { params: { query: brand ? { brand } : {} }, body: { tab, ...body } })
}

function postBack(id: string, leaving: boolean): void {
  client.DELETE('/api/cases/{id}/reservation', { params: { path: { id }, query: { tab } }, keepalive: leaving }).catch(() => undefined) // it ends by itself
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { newKey } from '../api/client'
import { Problem, worthRetrying } from '../api/problem'
import { remember, remembered, rememberedNames } from '../api/remembered'
import type { AccountRef, CaseRow, Priority, ReplyBody, Visibility } from '../api/types'
import { signal } from '../shell/signal'
import type { Held } from './draft'

/**
 * What an agent has written and the server has not confirmed yet. It is kept in the browser until then, goes out in
 * the order in which it was written within a case, and carries one key however often it is tried, so that the server
 * takes it once.
 */
export interface Unsent {
  key: string
  caseId: string
  number: number
  person: string
  write:
    | { kind: 'reply'; body: ReplyBody; names?: { name: string; size: number }[] }
    | { kind: 'note'; text: string; draft?: string }
    | { kind: 'act'; act: Act; shown: Partial<CaseRow> }
  via: { visibility: Visibility; network: string; account: AccountRef } | null
  at: string
  /** handing: on its way to the server. waiting: the server cannot be reached. refused: the server said no. */
  state: 'handing' | 'waiting' | 'refused'
  problem: { status: number; code: string; detail: string } | null
}

/** What somebody does with a case besides writing in it. */
export type Act =
  | { does: 'solve'; seen: string }
  | { does: 'reopen' }
  | { does: 'assign'; to: string }
  | { does: 'priority'; priority: Priority }
  | { does: 'title'; title: string }
  | { does: 'tags'; add: string[]; remove: string[] }
  | { does: 'sleep'; until: string; seen: string }
  | { does: 'wake' }

export interface OutboxDeps {
  /** Hands one over. Throws what the server answered. */
  send: (u: Unsent) => Promise<void>
  onSent: (u: Unsent) => void
  onRefused: (u: Unsent) => void
  /** Waits before the next try while the server cannot be reached. Returns how to give up waiting. */
  later: (f: () => void) => () => void
}

const watched = signal<readonly Unsent[]>([])

/** What is unsent, oldest first, for the page to watch. */
export const unsent = watched

let agent = ''
let deps: OutboxDeps | undefined
const busy = new Set<string>()
let giveUp: (() => void) | undefined

/** Begins the work for an agent, with what was left unsent before. */
export function openOutbox(forAgent: string, d: OutboxDeps): () => void {
  agent = forAgent
  deps = d
  watched.set(
    rememberedNames(`outbox.${agent}.`)
      .map((n) => remembered(n))
      .filter(isUnsent)
      .map((u) => (u.state === 'refused' ? u : { ...u, state: 'handing' as const }))
      .sort((a, b) => (a.at < b.at ? -1 : 1)),
  )
  wake()
  return () => {
    giveUp?.()
    giveUp = undefined
    deps = undefined
    busy.clear()
    watched.set([])
  }
}

/** Takes one more, and tries to hand it over. One that was tried before has its key. */
export function post(u: Omit<Unsent, 'key' | 'at' | 'state' | 'problem'>, key = newKey()): Unsent {
  const behind = watched.get().some((o) => o.caseId === u.caseId && o.state === 'waiting')
  const entry: Unsent = { ...u, key, at: new Date().toISOString(), state: behind ? 'waiting' : 'handing', problem: null }
  put(entry)
  wake()
  return entry
}

/** Whether something of a case is on its way: what is done next waits for its turn. */
export function isBehind(caseId: string): boolean {
  return watched.get().some((u) => u.caseId === caseId && u.state !== 'refused')
}

/**
 * Tries a refused one again. Where the server has understood and said no, that is a new act with a new key; where it
 * broke, it may have taken the text before, so the key stays.
 */
export function again(key: string, body?: Partial<ReplyBody>): void {
  const old = watched.get().find((e) => e.key === key)
  if (old?.state !== 'refused') return
  const broke = !body && (!old.problem || old.problem.status === 0 || old.problem.status >= 500)
  const write = old.write.kind === 'reply' ? { ...old.write, body: { ...old.write.body, ...body } } : old.write
  const next: Unsent = { ...old, key: broke ? old.key : newKey(), write, state: 'handing', problem: null }
  remember(nameOf(old.key), undefined)
  remember(nameOf(next.key), next)
  watched.set(watched.get().map((e) => (e.key === key ? next : e))) // in its old place: the order stays
  wake()
}

/**
 * Takes one back that the server has refused; its text belongs to the caller then. One that waits for the connection
 * stays: the server may have it already, and only its key keeps it from being said twice.
 */
export function takeBack(key: string): Unsent | undefined {
  const u = watched.get().find((e) => e.key === key)
  return u?.state === 'refused' ? take(key) : undefined
}

/** Tries whatever waits: the connection is back. */
export function wake(): void {
  giveUp?.()
  giveUp = undefined
  const heads = new Set<string>()
  for (const u of watched.get()) {
    if (heads.has(u.caseId)) continue // one after the other within a case
    heads.add(u.caseId)
    if (u.state !== 'refused') void hand(u)
  }
}

async function hand(u: Unsent): Promise<void> {
  const d = deps
  if (!d || busy.has(u.key)) return
  busy.add(u.key)
  let outcome: unknown
  try {
    await d.send(u)
  } catch (e) {
    outcome = e ?? new Error()
  } finally {
    busy.delete(u.key)
  }
  if (deps !== d) return // another agent has signed in meanwhile
  if (outcome === undefined) {
    take(u.key)
    d.onSent(u)
    wake()
  } else if (worthRetrying(outcome) || (outcome instanceof Problem && outcome.status === 401)) {
    for (const o of watched.get()) if (o.caseId === u.caseId && o.state === 'handing') put({ ...o, state: 'waiting' }) // and all behind it
    giveUp ??= d.later(wake)
  } else {
    const problem = outcome instanceof Problem ? { status: outcome.status, code: outcome.code, detail: outcome.detail } : { status: 0, code: 'internal', detail: '' }
    const refused: Unsent = { ...u, state: 'refused', problem }
    if (u.write.kind === 'act') take(u.key) // nothing that was written is in it
    else put(refused)
    d.onRefused(refused)
    if (u.write.kind === 'act') wake()
  }
}

function nameOf(key: string): string {
  return `outbox.${agent}.${key}`
}

function put(u: Unsent) {
  remember(nameOf(u.key), u)
  const all = watched.get()
  watched.set(all.some((e) => e.key === u.key) ? all.map((e) => (e.key === u.key ? u : e)) : [...all, u])
}

function take(key: string): Unsent | undefined {
  const u = watched.get().find((e) => e.key === key)
  if (!u) return undefined
  remember(nameOf(key), undefined)
  watched.set(watched.get().filter((e) => e.key !== key))
  return u
}

function isUnsent(v: unknown): v is Unsent {
  if (typeof v !== 'object' || v === null) return false
  const u = v as Record<string, unknown>
  return typeof u.key === 'string' && typeof u.caseId === 'string' && typeof u.write === 'object' && u.write !== null
}

/** The files of a reply that did not go out, as the draft holds them. */
export function heldOf(write: Extract<Unsent['write'], { kind: 'reply' }>): Held[] {
  return (write.body.files ?? []).map((f, i) => ({ ticket: f.ticket, alt: f.alt ?? '', name: write.names?.[i]?.name ?? '', size: write.names?.[i]?.size ?? 0 }))
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Problem, worthRetrying } from '../api/problem'
import { remember, remembered, rememberedNames } from '../api/remembered'
import { signal } from '../shell/signal'
import { keptDraft, onKept, putDraft, type Draft, type Held } from './draft'

/**
 * Keeps drafts at the server as well as in this browser, so that they are there on another device and colleagues see them.
 * What this browser has counts until the server has taken it. Every draft has versions: who goes on from another than the
 * server has is told so, overwrites nothing, and chooses.
 */
export type Way = 'reply' | 'note'

/** What is written in one way. */
export interface Part {
  text: string
  subject: string
  warning: string | null
  files: Held[]
  to: string
  seen: string
}

/** A draft of one's own as the server has it. */
export interface Kept extends Part {
  way: Way
  version: string
}

export interface KeepingDeps {
  /** Keeps a part over a version; returns the new one. leaving: the page goes and does not wait for the answer. */
  keep: (caseId: string, way: Way, known: string, part: Part, leaving: boolean) => Promise<string>
  /** One's own drafts in a case, as the server has them now. */
  drafts: (caseId: string) => Promise<Kept[]>
  later: (f: () => void, ms: number) => () => void
  onGone: (caseId: string) => void
}

/** What the server has: a version, and how what was kept as it looked. */
interface Base {
  version: string
  print: string
}

const ways: readonly Way[] = ['reply', 'note']
const pause = 800
const longest = 4_000
const againAfter = 10_000
const none: Base = { version: '', print: '' }

/** Drafts of which the server has another version than this browser, by case and way: the agent chooses. */
export const others = signal<ReadonlyMap<string, Kept>>(new Map())
/** Cases whose draft is in this browser alone, because the server does not take it. */
export const onlyHere = signal<ReadonlySet<string>>(new Set())

let agent = ''
let deps: KeepingDeps | undefined
const waiting = new Map<string, { since: number; cancel: () => void }>()
const busy = new Set<string>()
const again = new Set<string>()
const early = new Map<string, readonly Pick<Kept, 'way' | 'version'>[]>()

export const keyOf = (caseId: string, way: Way): string => `${caseId}/${way}`

/** Begins to keep the drafts of an agent; first what this browser has and the server does not. Returns how to stop. */
export function startKeeping(forAgent: string, d: KeepingDeps): () => void {
  agent = forAgent
  deps = d
  keepAll()
  for (const [caseId, mine] of early) heard(caseId, mine)
  early.clear()
  const stop = onKept((of, caseId) => {
    if (of === agent) soon(caseId)
  })
  return () => {
    stop()
    deps = undefined
    for (const w of waiting.values()) w.cancel()
    waiting.clear()
    busy.clear()
    again.clear()
    early.clear()
    others.set(new Map())
    onlyHere.set(new Set())
  }
}

/** Keeps whatever is not kept yet: the connection is back, or somebody has signed in. */
export function keepAll(leaving = false): void {
  const prefix = `draft.${agent}.`
  for (const name of rememberedNames(prefix)) {
    const caseId = name.slice(prefix.length)
    if (ways.some((way) => isAhead(caseId, way))) void keepNow(caseId, leaving)
  }
}

/** Keeps a draft without waiting for its writer to pause. */
export async function keepNow(caseId: string, leaving = false): Promise<void> {
  waiting.get(caseId)?.cancel()
  waiting.delete(caseId)
  await alone(caseId, async (d) => {
    for (const way of ways) await keep(d, caseId, way, leaving)
  })
}

/** What the server said of one's own drafts with a case. It may be older than what was kept since: where it differs, it is asked. */
export function heard(caseId: string, mine: readonly Pick<Kept, 'way' | 'version'>[]): void {
  if (!deps) {
    early.set(caseId, mine) // a case may be drawn before anything is kept
    return
  }
  const differs = ways.some((way) => (mine.find((k) => k.way === way)?.version ?? '') !== baseOf(caseId, way).version)
  if (differs) void alone(caseId, (d) => compare(d, caseId))
}

/** Whether this version of a draft is known here, or is about to be. */
export function knows(caseId: string, version: string): boolean {
  return busy.has(caseId) || ways.some((way) => baseOf(caseId, way).version === version)
}

/** A draft goes out: the version that the message takes along. What is written next is a new one. */
export function spend(caseId: string, way: Way): string {
  const { version } = baseOf(caseId, way)
  setBase(caseId, way, { version, print: '' })
  return version
}

/** The server has taken a message, and its draft is gone there too. */
export function spent(caseId: string, way: Way, version: string): void {
  if (version && baseOf(caseId, way).version === version) setBase(caseId, way, { ...baseOf(caseId, way), version: '' })
}

/** Takes the other version of a draft in the place of the one here, or goes on with the one here. */
export function choose(caseId: string, way: Way, other: boolean): void {
  const key = keyOf(caseId, way)
  const kept = others.get().get(key)
  if (!kept) return
  const left = new Map(others.get())
  left.delete(key)
  others.set(left)
  if (other) adopt(caseId, kept)
  else {
    setBase(caseId, way, { version: kept.version, print: printOf(kept) })
    soon(caseId, 0)
  }
}

/** Shows a draft as the server has it; in front, where somebody has asked for it. */
export function adopt(caseId: string, kept: Kept, inFront = false): void {
  setBase(caseId, kept.way, { version: kept.version, print: printOf(kept) })
  const next = withPart(keptDraft(agent, caseId), kept.way, kept)
  putDraft(agent, caseId, inFront ? { ...next, tab: kept.way === 'note' ? 'note' : kept.to } : next)
}

function withPart(d: Draft, way: Way, p: Part): Draft {
  if (way === 'note') return { ...d, note: p.text, tab: d.reply ? d.tab : 'note' }
  return { ...d, reply: p.text, subject: p.subject, warning: p.warning, files: p.files, seen: p.seen, tab: d.note && d.tab === 'note' ? d.tab : p.to || d.tab }
}

/** What a draft has for one way. */
export function partOf(d: Draft, way: Way): Part {
  if (way === 'note') return { text: d.note, subject: '', warning: null, files: [], to: '', seen: '' }
  return { text: d.reply, subject: d.subject, warning: d.warning, files: d.files, to: d.tab === 'note' ? '' : d.tab, seen: d.seen }
}

/** How a part looks: two that look alike are the same to whoever wrote them. */
function printOf(p: Part): string {
  if (!p.text && !p.subject && p.warning === null && p.files.length === 0) return ''
  return JSON.stringify([p.text, p.subject, p.warning, p.files.map((f) => [f.name, f.size, f.alt])])
}

function isAhead(caseId: string, way: Way): boolean {
  return printOf(partOf(keptDraft(agent, caseId), way)) !== baseOf(caseId, way).print
}

function soon(caseId: string, ms = pause): void {
  if (!deps || !ways.some((way) => isAhead(caseId, way))) return
  const now = Date.now()
  const since = waiting.get(caseId)?.since ?? now
  waiting.get(caseId)?.cancel()
  waiting.set(caseId, { since, cancel: deps.later(() => void keepNow(caseId), Math.max(0, Math.min(ms, since + longest - now))) })
}

/** One question about a case after the other; whoever asks meanwhile has it looked at again. */
async function alone(caseId: string, work: (d: KeepingDeps) => Promise<void>): Promise<void> {
  const d = deps
  if (!d) return
  if (busy.has(caseId)) {
    again.add(caseId)
    return
  }
  busy.add(caseId)
  try {
    await work(d)
  } catch (e) {
    if (deps === d) failed(d, caseId, e)
  } finally {
    if (deps === d) {
      busy.delete(caseId)
      if (again.delete(caseId)) soon(caseId)
    }
  }
}

function failed(d: KeepingDeps, caseId: string, e: unknown): void {
  if (worthRetrying(e)) {
    if (!waiting.has(caseId)) waiting.set(caseId, { since: Date.now(), cancel: d.later(() => void keepNow(caseId), againAfter) })
  } else if (!(e instanceof Problem && e.status === 401)) onlyHere.set(new Set(onlyHere.get()).add(caseId)) // who signs in again has it kept then
}

async function keep(d: KeepingDeps, caseId: string, way: Way, leaving: boolean): Promise<void> {
  const part = partOf(keptDraft(agent, caseId), way)
  const base = baseOf(caseId, way)
  const print = printOf(part)
  if (print === base.print || others.get().has(keyOf(caseId, way))) return
  try {
    const version = await d.keep(caseId, way, base.version, part, leaving)
    if (deps !== d) return
    setBase(caseId, way, { version, print })
    if (isAhead(caseId, way)) again.add(caseId) // written, or sent, meanwhile
    if (onlyHere.get().has(caseId)) onlyHere.set(new Set([...onlyHere.get()].filter((id) => id !== caseId)))
  } catch (e) {
    if (deps !== d) return
    if (e instanceof Problem && e.code === 'draft.changed') await compare(d, caseId)
    else throw e
  }
}

/** Sets right what is known here of what the server has. */
async function compare(d: KeepingDeps, caseId: string): Promise<void> {
  const before = ways.map((way) => baseOf(caseId, way).version)
  const mine = await d.drafts(caseId)
  if (deps !== d) return
  ways.forEach((way, i) => {
    const base = baseOf(caseId, way)
    const theirs = mine.find((k) => k.way === way)
    const print = printOf(partOf(keptDraft(agent, caseId), way))
    if (base.version !== before[i]) again.add(caseId) // another tab has kept it meanwhile
    else if ((theirs?.version ?? '') === base.version) return
    else if (!theirs) {
      setBase(caseId, way, none)
      if (print !== base.print) again.add(caseId)
      else if (print) {
        putDraft(agent, caseId, withPart(keptDraft(agent, caseId), way, { text: '', subject: '', warning: null, files: [], to: '', seen: '' }))
        d.onGone(caseId)
      }
    } else if (printOf(theirs) === print) setBase(caseId, way, { version: theirs.version, print })
    else if (print === base.print) adopt(caseId, theirs)
    else others.set(new Map(others.get()).set(keyOf(caseId, way), theirs))
  })
}

const nameOf = (caseId: string): string => `kept.${agent}.${caseId}`

function basesOf(caseId: string): Partial<Record<Way, Base>> {
  const v = remembered(nameOf(caseId))
  return typeof v === 'object' && v !== null ? v : {}
}

function baseOf(caseId: string, way: Way): Base {
  const b: Partial<Base> | undefined = basesOf(caseId)[way]
  return typeof b?.version === 'string' && typeof b.print === 'string' ? { version: b.version, print: b.print } : none
}

function setBase(caseId: string, way: Way, base: Base): void {
  const { [way]: _, ...rest } = basesOf(caseId)
  const next = base.version ? { ...rest, [way]: base } : rest
  remember(nameOf(caseId), Object.keys(next).length > 0 ? next : undefined)
}

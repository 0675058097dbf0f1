// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { onRememberedElsewhere, remember, remembered, rememberedNames } from '../api/remembered'

/** A file that the server has and that goes out with the reply. */
export interface Held {
  ticket: string
  name: string
  size: number
  alt: string
}

/** What an agent has begun to write in a case. Reply and note are kept apart: neither may end up in the other. */
export interface Draft {
  reply: string
  subject: string
  /** What the reply is folded behind; null: as what it answers. */
  warning: string | null
  files: Held[]
  note: string
  /** The way the reply is for, as wayKey names it; 'note' where a note is being written. */
  tab: string
  /** The last message that was there when the reply was begun. */
  seen: string
  at: number
}

export const emptyDraft: Draft = { reply: '', subject: '', warning: null, files: [], note: '', tab: '', seen: '', at: 0 }

const longest = 30 * 24 * 3_600_000

function nameOf(agent: string, caseId: string): string {
  return `draft.${agent}.${caseId}`
}

/** The draft of this agent in this case, or an empty one. */
export function keptDraft(agent: string, caseId: string): Draft {
  return read(remembered(nameOf(agent, caseId)))
}

/** Keeps a draft; one without any text is forgotten. Reports whether it is safe, so that the page can say so if not. */
export function keepDraft(agent: string, caseId: string, draft: Draft, now = Date.now()): boolean {
  const empty = !draft.reply && !draft.note && !draft.subject && draft.warning === null && draft.files.length === 0
  const safe = remember(nameOf(agent, caseId), empty ? undefined : { ...draft, at: now })
  for (const f of kept) f(agent, caseId)
  return safe
}

const kept = new Set<(agent: string, caseId: string) => void>()

/** Calls f whenever a draft was kept here. Returns how to stop. */
export function onKept(f: (agent: string, caseId: string) => void): () => void {
  kept.add(f)
  return () => kept.delete(f)
}

const put = new Set<(name: string, draft: Draft) => void>()

/** Keeps a draft that nobody has typed just now, such as a reply that was taken back, and shows it where it is written. */
export function putDraft(agent: string, caseId: string, draft: Draft): void {
  keepDraft(agent, caseId, draft)
  for (const f of put) f(nameOf(agent, caseId), draft)
}

/** Lets what was begun in a case go on in another that has taken its words, behind what was begun there. */
export function moveDraft(agent: string, from: string, into: string): void {
  const [was, is] = [keptDraft(agent, from), keptDraft(agent, into)]
  if (!was.reply && !was.note && was.files.length === 0) return
  const both = (one: string, other: string) => [one, other].filter((text) => text.trim()).join('\n\n')
  putDraft(agent, into, {
    ...is,
    reply: both(is.reply, was.reply),
    note: both(is.note, was.note),
    subject: is.subject || was.subject,
    warning: is.warning ?? was.warning,
    files: [...is.files, ...was.files],
    tab: is.reply || is.note || is.files.length > 0 ? is.tab : was.tab,
    seen: is.seen || was.seen,
  })
  putDraft(agent, from, emptyDraft)
}

/**
 * Tells of the draft as another tab has left it, or as it was put here: two write one, or the later would lose what the
 * other has.
 */
export function watchDraft(agent: string, caseId: string, onDraft: (d: Draft) => void): () => void {
  const name = nameOf(agent, caseId)
  const onPut = (of: string, d: Draft) => {
    if (of === name) onDraft(d)
  }
  put.add(onPut)
  const stop = onRememberedElsewhere(name, () => onDraft(keptDraft(agent, caseId)))
  return () => {
    put.delete(onPut)
    stop()
  }
}

/** Forgets drafts that nobody has touched for a month. */
export function forgetOldDrafts(now = Date.now()): void {
  for (const name of rememberedNames('draft.')) {
    if (now - read(remembered(name)).at <= longest) continue
    remember(name, undefined)
    remember(name.replace('draft.', 'kept.'), undefined)
  }
}

function read(v: unknown): Draft {
  if (typeof v !== 'object' || v === null) return emptyDraft
  const d = v as Record<string, unknown>
  const text = (k: string) => (typeof d[k] === 'string' ? d[k] : '')
  return {
    reply: text('reply'),
    subject: text('subject'),
    warning: typeof d.warning === 'string' ? d.warning : null,
    files: Array.isArray(d.files) ? d.files.filter(isHeld) : [],
    note: text('note'),
    tab: text('tab'),
    seen: text('seen'),
    at: typeof d.at === 'number' ? d.at : 0,
  }
}

function isHeld(v: unknown): v is Held {
  if (typeof v !== 'object' || v === null) return false
  const f = v as Record<string, unknown>
  return typeof f.ticket === 'string' && typeof f.name === 'string' && typeof f.size === 'number' && typeof f.alt === 'string'
}

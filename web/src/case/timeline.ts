// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { CaseEvent, Message } from '../api/types'
import type { Unsent } from '../composer/outbox'

/** What stands in a case's one timeline, from top to bottom. */
export type Entry =
  | { kind: 'rule'; key: string; message: Message; moved: boolean }
  | { kind: 'message'; key: string; message: Message }
  | { kind: 'event'; key: string; event: CaseEvent }
  | { kind: 'unsent'; key: string; unsent: Unsent }

/** Kinds of events that a person is told about. What became of a message stands at the message. */
const told = new Set(['case.opened', 'case.reopened', 'case.assigned', 'case.solved', 'case.undone', 'case.priority', 'case.named', 'case.tagged', 'case.slept', 'case.woken', 'case.merged', 'case.took', 'case.split', 'case.continued', 'draft.taken'])

/**
 * Puts all conversations, notes and events of a case in one order. Where the conversation changes, and above all where
 * it changes between public and private, a rule says so. What is not handed over yet stands at the end.
 */
export function timeline(messages: Message[], events: CaseEvent[], unsent: readonly Unsent[]): Entry[] {
  const dated: { at: number; entry: Entry }[] = [
    ...events
      .filter((e) => told.has(e.kind))
      .map((event) => ({ at: Date.parse(event.at), entry: { kind: 'event' as const, key: `e${event.id}`, event } })),
    ...messages.map((message) => ({ at: Date.parse(message.at), entry: { kind: 'message' as const, key: message.id, message } })),
  ]
  // Stable: messages keep the server's order when two have the same time, events come before what they led to.
  dated.sort((a, b) => a.at - b.at)

  const out: Entry[] = []
  let before: Message | undefined
  for (const { entry } of dated) {
    if (entry.kind === 'message' && entry.message.direction !== 'note') {
      const m = entry.message
      if (!before || before.conversation_id !== m.conversation_id || before.visibility !== m.visibility) {
        out.push({ kind: 'rule', key: `r${m.id}`, message: m, moved: !!before && before.visibility !== m.visibility })
      }
      before = m
    }
    out.push(entry)
  }
  for (const u of unsent) out.push({ kind: 'unsent', key: `u${u.key}`, unsent: u })
  return out
}

/** How many entries are drawn when a case is opened, and more of them with each look further back. */
export const drawnAtOnce = 60

/** Where the drawn part of a timeline begins: with enough of its end, and never after what must be seen. */
export function begins(entries: Entry[], mustSee: string | undefined): number {
  const late = Math.max(0, entries.length - drawnAtOnce)
  const at = entries.findIndex((e) => e.key === mustSee)
  return at < 0 ? late : Math.min(late, at)
}

/** A timeline from an entry on, under the rule that counts there: what is public is never shown without saying so. */
export function drawnFrom(entries: Entry[], from: number): Entry[] {
  const drawn = entries.slice(from)
  if (from === 0 || drawn[0]?.kind === 'rule') return drawn
  const over = entries.slice(0, from).findLast((e) => e.kind === 'rule')
  return over ? [over, ...drawn] : drawn
}

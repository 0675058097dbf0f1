// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Message, Way } from '../api/types'

/** Names a way so that a draft can remember which one it was written for. */
export function wayKey(w: Pick<Way, 'conversation_id' | 'visibility' | 'starts'>): string {
  return `${w.conversation_id}/${w.visibility}/${w.starts ? 'new' : ''}`
}

/** What a way is called: who can read it, and where. A room whose name says so already is not told twice. */
export function wayName(visibility: string, room: string, network: string): string {
  const says = room.toLowerCase().startsWith(visibility.toLowerCase())
  if (says && room.length > visibility.length) return room
  return `${visibility} · ${(!says && room) || network}`
}

/**
 * The way a reply begins with: the one the draft was written for; else the one the person spoke on last; else the
 * first that is open. A blocked way is chosen only by its own draft, and never a new conversation by itself.
 */
export function chooseWay(ways: Way[], messages: Message[], kept?: string): Way | undefined {
  const mine = ways.find((w) => wayKey(w) === kept)
  if (mine) return mine
  const open = ways.filter((w) => !w.blocked)
  const last = messages.findLast((m) => m.direction === 'inbound' && !m.deleted_at)
  return (
    open.find((w) => !w.starts && w.conversation_id === last?.conversation_id && w.visibility === last.visibility) ??
    open.find((w) => !w.starts && w.visibility === last?.visibility) ??
    open.find((w) => !w.starts) ??
    open[0] ??
    ways[0]
  )
}

/**
 * The message that came in last: what a reply that is begun now knows. It need not be the last in the timeline: a mail
 * that took its time stands where it was written. Ids ascend in the order in which the house was told.
 */
export function latest(messages: Message[]): string {
  return messages.reduce((last, m) => (m.id > last ? m.id : last), '')
}

/** What came in since a message that was seen, or was said by others of us: what a reply should know before it goes out. */
export function newSince(messages: Message[], seen: string): Message[] {
  if (!seen) return []
  return messages.filter((m) => m.id > seen && m.direction !== 'note' && !m.deleted_at)
}

/** What the last word in a way's conversation is folded behind: who answers it warns of the same, unless they say otherwise. */
export function warningOf(messages: Message[], way: Pick<Way, 'conversation_id'>): string {
  return messages.findLast((m) => m.conversation_id === way.conversation_id && m.direction !== 'note' && !m.deleted_at)?.warning ?? ''
}

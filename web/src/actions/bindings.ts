// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { actionIDs, actions, rebindable, type ActionID } from './registry'

/** The key of every action, for one agent; empty: it has none. */
export type Bindings = Readonly<Record<ActionID, string>>

let last: { own: Record<string, string>; all: Bindings } | undefined

/**
 * The keys as one agent has them. Their own choice counts: an action whose key they gave to another one, perhaps before
 * there was the action, has none until they give it one. Choices for actions that there are no more count for nothing.
 */
export function bindings(own: Record<string, string>): Bindings {
  if (last?.own === own) return last.all
  const chosen = (id: ActionID) => (rebindable(id) ? own[id] : undefined)
  const taken = new Set(actionIDs.map(chosen).filter(Boolean))
  const all = Object.fromEntries(
    actionIDs.map((id) => {
      const key = actions[id].key ?? ''
      return [id, chosen(id) ?? (taken.has(key) ? '' : key)]
    }),
  ) as Record<ActionID, string>
  last = { own, all }
  return all
}

/** What an agent's own keys are after an action was given a key. Those that are as the desk has them are left out. */
export function rebound(own: Record<string, string>, id: ActionID, key: string): Record<string, string> {
  const next = Object.fromEntries(Object.entries(own).filter(([other]) => other in actions && other !== id))
  if (key !== (actions[id].key ?? '')) next[id] = key
  return next
}

/** Who has a key already: the action that would lose it. */
export function holder(all: Bindings, key: string, but: ActionID): ActionID | undefined {
  return key ? actionIDs.find((id) => id !== but && all[id] === key) : undefined
}

/** The character that a key press writes, if it can be the key of an action; undefined while only Shift and the like are held. */
export function pressedCharacter(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string | 'not' | undefined {
  if (/^(Shift|Control|Alt|AltGraph|Meta|CapsLock|Dead|Process)$/.test(e.key)) return undefined
  const one = [...e.key].length === 1 && /\S/.test(e.key)
  return one && !e.ctrlKey && !e.metaKey && !e.altKey ? e.key : 'not'
}

/** Whether a key press is this key or chord. */
export function isKey(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>, key: string): boolean {
  const parts = key.length > 1 ? key.split('+') : [key]
  const name = parts.at(-1) ?? ''
  const mod = parts.includes('Mod')
  if (!name || mod !== (e.ctrlKey || e.metaKey) || e.altKey) return false
  if (!mod) return e.key === name // Shift is how some layouts write a character: it is in it already
  // Caps Lock must not take a chord away.
  return parts.includes('Shift') === e.shiftKey && e.key.toLowerCase() === name.toLowerCase()
}

/** A key as assistive technology is told of it (aria-keyshortcuts). */
export function spokenKey(key: string): string {
  return key === '+' ? 'Plus' : key.replace('Mod', 'Control')
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { match } from './match'

/** Something that can be done or gone to. */
export interface Entry {
  id: string
  words: string
  group: 'actions' | 'places' | 'found'
  /** More words by which it is found, if those do not stand in its name. */
  also?: string
  cap?: string
  /** What others notice of it, or why it cannot be done. */
  says?: string
  /** Whose name stands in that. Who types it looks for them, and for nothing that can be done here. */
  name?: string
  cannot?: boolean
  run: () => void
}

export interface Group {
  name: 'recent' | 'actions' | 'places' | 'cannot' | 'found' | 'people' | 'cases' | 'messages' | 'wide'
  entries: Entry[]
}

const recentMost = 5

/**
 * What is shown for what was typed: the best first, those done lately a little before others, and last what was meant but
 * cannot be done now. Where nothing was typed: what was done lately, then all that can be done and gone to.
 */
export function found(typed: string, all: readonly Entry[], recent: readonly string[]): Group[] {
  const lately = (e: Entry) => recent.indexOf(e.id)
  const groups: Group[] = []
  const add = (name: Group['name'], entries: Entry[]) => {
    if (entries.length > 0) groups.push({ name, entries })
  }
  if (!typed.trim()) {
    const can = all.filter((e) => !e.cannot)
    const last = recent.slice(0, recentMost).flatMap((id) => can.find((e) => e.id === id) ?? [])
    const rest = can.filter((e) => !last.includes(e))
    add('recent', last)
    add('actions', rest.filter((e) => e.group === 'actions'))
    add('places', rest.filter((e) => e.group === 'places'))
    return groups
  }
  const hits = all
    .map((e) => {
      const says = e.name ? e.says?.replaceAll(e.name, '') : e.says
      const worth = Math.max(match(typed, e.words), match(typed, `${e.words} ${e.also ?? ''}`) / 2, says ? match(typed, says) / 4 : 0)
      return { e, worth: worth > 0 && lately(e) >= 0 ? worth + 8 - lately(e) : worth }
    })
    .filter(({ worth }) => worth > 10)
    .sort((a, b) => b.worth - a.worth)
    .map(({ e }) => e)
  add('found', hits.filter((e) => !e.cannot))
  add('cannot', hits.filter((e) => e.cannot))
  return groups
}

const remembersMost = 8

/** What was done lately, after one more. */
export function withRecent(recent: readonly string[], id: string): string[] {
  return [id, ...recent.filter((r) => r !== id)].slice(0, remembersMost)
}

/** The number of a case, where that is what was typed. */
export function caseNumber(typed: string): number | undefined {
  const digits = /^\s*#?\s*(\d{1,15})\s*$/.exec(typed)?.[1]
  return digits && Number(digits) > 0 ? Number(digits) : undefined
}

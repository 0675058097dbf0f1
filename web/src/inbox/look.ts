// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { queries, viewsQuery } from '../api/queries'
import type { BuiltIn, Priority, SavedView, View } from '../api/types'
import type { Translate } from '../i18n'
import { shown } from '../shell/name'

// How the address names a list: `mine`, or the id of a saved view, and behind it what it is narrowed to: `mine;tag=…;priority=high`.

export const builtIns: readonly BuiltIn[] = ['open', 'mine', 'unassigned', 'waiting', 'asleep', 'solved', 'trouble']

export type Narrow = Exclude<Priority, 'normal'>
export const narrows: readonly Narrow[] = ['urgent', 'high', 'low']

export interface Look {
  /** A built-in view, or the id of a saved one. */
  id: string
  tag: string
  priority: Narrow | ''
}

export function isBuiltIn(id: string): id is BuiltIn {
  return (builtIns as readonly string[]).includes(id)
}

/** Reads what the address names. What cannot be understood is as if it were not there. */
export function lookOf(view: View): Look {
  const [id = '', ...parts] = view.split(';')
  const said = new Map(parts.map((p) => [p.split('=', 1)[0], p.slice(p.indexOf('=') + 1)]))
  const tag = said.get('tag') ?? ''
  return { id, tag: isId(tag) ? tag : '', priority: narrows.find((p) => p === said.get('priority')) ?? '' }
}

export function viewOf({ id, tag, priority }: Look): View {
  return [id, tag && `tag=${tag}`, priority && `priority=${priority}`].filter(Boolean).join(';')
}

const isId = (s: string) => /^[0-9a-f-]{36}$/.test(s)

/** Whether this names a list that there may be. */
export function isView(view: string): boolean {
  const { id } = lookOf(view)
  return isBuiltIn(id) || isId(id)
}

/** The saved views as they are known here; undefined: they are not, yet. */
export function savedViews(): SavedView[] | undefined {
  return queries.getQueryData(viewsQuery.queryKey)
}

/** What a list is called. */
export function nameOf(view: View, saved: readonly SavedView[] | undefined, t: Translate): string {
  const { id } = lookOf(view)
  return isBuiltIn(id) ? t(`view.${id}`) : shown(saved?.find((v) => v.id === id)?.name ?? '') || t('view.saved')
}

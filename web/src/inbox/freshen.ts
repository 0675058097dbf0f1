// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { inBrand } from '../api/brand'
import { client, take } from '../api/client'
import { meQuery, outdated, queries } from '../api/queries'
import type { CaseRow, InboxPage } from '../api/types'
import { placed } from './order'

// What the server gives at once.
const most = 100

const waiting = new Set<string>()
const held = new Map<string, number>()
const againAfter = new WeakMap<Promise<unknown>, Set<string>>()
let asking = false

/**
 * Says that these cases have changed: they are asked for by themselves, and each is put in its place in the lists that are
 * loaded, or taken out of them. However far down somebody has read, nothing else is asked again.
 */
export function freshen(ids: Iterable<string>): void {
  if (queries.getQueryCache().findAll({ queryKey: ['inbox'], type: 'active' }).length === 0) {
    outdated(['inbox']) // nobody looks: they are asked for when somebody does
    return
  }
  for (const id of ids) waiting.add(id)
  if (!asking) void ask()
}

/** Shows a case as it is here until the returned function is called: what the server said before an act is no news. */
export function hold(id: string): () => void {
  held.set(id, (held.get(id) ?? 0) + 1)
  return () => {
    const left = (held.get(id) ?? 1) - 1
    if (left > 0) held.set(id, left)
    else held.delete(id)
  }
}

/** One question after the other, so that no earlier answer comes after a later one. */
async function ask(): Promise<void> {
  asking = true
  try {
    while (waiting.size > 0) {
      const ids = [...waiting].slice(0, most)
      for (const id of ids) waiting.delete(id)
      const { brand } = inBrand()
      const answer = await take(
        client.GET('/api/rows', { params: { query: { ...inBrand(), ids } }, querySerializer: { array: { style: 'form', explode: false } } }),
      )
      if (brand === inBrand().brand) show(ids, answer.cases, answer)
    }
  } catch {
    waiting.clear()
    outdated(['inbox']) // they say for themselves why they cannot be asked
  } finally {
    asking = false
  }
}

function show(ids: string[], rows: CaseRow[], { counts, saved }: Pick<InboxPage, 'counts' | 'saved'>): void {
  const me = queries.getQueryData(meQuery.queryKey)?.id ?? ''
  const known = new Map(rows.map((r) => [r.id, r]))
  for (const query of queries.getQueryCache().findAll({ queryKey: ['inbox'] })) {
    const view = String(query.queryKey[1])
    const data = query.state.data as InfiniteData<InboxPage> | undefined
    if (query.state.fetchStatus === 'fetching' && query.promise) askAfter(query.promise, ids)
    else if (query.state.isInvalidated) continue
    if (!data) continue
    let next = data
    for (const id of ids) if (!held.has(id)) next = placed(next, view, id, known.get(id), me)
    queries.setQueryData(query.queryKey, { ...next, pages: next.pages.map((p, i) => (i === 0 ? { ...p, counts, saved } : p)) })
  }
}

/** What a list is being told may be older than these rows, and will stand in their place. */
function askAfter(told: Promise<unknown>, ids: string[]): void {
  const again = againAfter.get(told)
  if (again) {
    for (const id of ids) again.add(id)
    return
  }
  const all = new Set(ids)
  againAfter.set(told, all)
  const then = () => freshen(all)
  told.then(then, then)
}

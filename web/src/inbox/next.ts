// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useNavigate } from '@tanstack/react-router'
import { inBrand } from '../api/brand'
import { client, take } from '../api/client'
import { worthRetrying } from '../api/problem'
import { caseQuery, inboxQuery, queries } from '../api/queries'
import type { CaseRow, View } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { isServed, tab } from '../live/presence'
import { useMe } from '../shell/me'
import { announce, tell, warn } from '../shell/notices'
import { ruleOf } from './filter'
import { lookOf } from './look'
import { nextCase, rowsOf } from './order'

/** The lists in which somebody waits for us. From any other, "next" means the whole inbox. */
function workView(view: View): View {
  const rule = ruleOf(view)
  return rule?.order === 'next' && !rule.filter.trouble && (rule.filter.states?.includes('open') ?? true) ? view : 'open'
}

/**
 * Goes to the case that must be answered next and that nobody else has, leaving out the one at hand; to the list when nobody
 * waits. The server keeps it for this page, so that no two get the same. Where it cannot be reached, the list as it is known
 * here says who is next, and nothing is kept.
 */
export function useNext(view: View): (current?: string) => Promise<void> {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  return async (current) => {
    const from = workView(view)
    try {
      const next = me.brand.rights.includes('work') ? await served(from, current, me.id) : await listed(from, current, me.id)
      if (next) {
        await navigate({ to: '/cases/$id', params: { id: next }, search: { view: from } })
        return
      }
    } catch (e) {
      warn(wordsFor(e))
      return
    }
    await navigate({ to: '/inbox/$view', params: { view: from } })
    tell(t('next.none'))
    announce(t('next.none'))
  }
}

/** Has the queue serve a case, and asks for those that come after it before they are opened. */
async function served(view: View, current: string | undefined, me: string): Promise<string | undefined> {
  const { id, tag, priority } = lookOf(view)
  const built = (['open', 'mine', 'unassigned'] as const).find((v) => v === id)
  const from = built ? { view: built } : { saved: id }
  try {
    const { case: row, soon } = await take(
      client.POST('/api/queue/next', {
        params: { query: inBrand() },
        body: { ...from, tab, ...(tag && { tag }), ...(priority && { priority }), ...(current && { current }) },
      }),
    )
    for (const id of soon) void queries.prefetchQuery(caseQuery(id))
    if (row) isServed(row.id)
    return row?.id
  } catch (e) {
    if (!worthRetrying(e)) throw e
    return listed(view, current, me)
  }
}

/** Who comes next in the list as it is known here. */
async function listed(view: View, current: string | undefined, me: string): Promise<string | undefined> {
  const data = queries.getQueryData(inboxQuery(view).queryKey) ?? (await queries.fetchInfiniteQuery(inboxQuery(view)))
  return nextCase(rowsOf(data), current, me)?.id
}

/** Asks for the cases that will be opened next before they are, so that opening one costs nothing. */
export function prefetchCases(rows: CaseRow[], current: string | undefined): void {
  const at = rows.findIndex((r) => r.id === current)
  for (const row of rows.slice(at + 1, at + 4)) void queries.prefetchQuery(caseQuery(row.id))
}

/** Forgets all but the first page of a view that nobody looks at any more. */
export function shorten(view: View): void {
  queries.setQueryData(inboxQuery(view).queryKey, (d) => d && { pages: d.pages.slice(0, 1), pageParams: d.pageParams.slice(0, 1) })
}

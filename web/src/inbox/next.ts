// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useNavigate } from '@tanstack/react-router'
import { caseQuery, inboxQuery, queries } from '../api/queries'
import type { CaseRow, View } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useMe } from '../shell/me'
import { announce, tell, warn } from '../shell/notices'
import { ruleOf } from './filter'
import { nextCase, rowsOf } from './order'

/** The lists in which somebody waits for us. From any other, "next" means the whole inbox. */
function workView(view: View): View {
  const rule = ruleOf(view)
  return rule?.order === 'next' && !rule.filter.trouble && (rule.filter.states?.includes('open') ?? true) ? view : 'open'
}

/** Goes to the case that must be answered next, leaving out the one at hand; to the list when nobody waits. */
export function useNext(view: View): (current?: string) => Promise<void> {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  return async (current) => {
    const from = workView(view)
    try {
      const data = queries.getQueryData(inboxQuery(from).queryKey) ?? (await queries.fetchInfiniteQuery(inboxQuery(from)))
      const next = nextCase(rowsOf(data), current, me.id)
      if (next) {
        await navigate({ to: '/cases/$id', params: { id: next.id }, search: { view: from } })
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

/** Asks for the cases that will be opened next before they are, so that opening one costs nothing. */
export function prefetchCases(rows: CaseRow[], current: string | undefined): void {
  const at = rows.findIndex((r) => r.id === current)
  for (const row of rows.slice(at + 1, at + 4)) void queries.prefetchQuery(caseQuery(row.id))
}

/** Forgets all but the first page of a view that nobody looks at any more. */
export function shorten(view: View): void {
  queries.setQueryData(inboxQuery(view).queryKey, (d) => d && { pages: d.pages.slice(0, 1), pageParams: d.pageParams.slice(0, 1) })
}

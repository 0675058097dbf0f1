// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest'
import cases from '../../../internal/desk/testdata/filters.json'
import { queries, viewsQuery } from '../api/queries'
import type { CaseRow, Filter, SavedView } from '../api/types'
import { filterOf, has, ruleOf } from './filter'
import { isView, lookOf, viewOf } from './look'

// As internal/desk/filter_test.go has them.
const row = (more: Partial<CaseRow>) =>
  ({ state: 'open', agent: null, trouble: 0, priority: 'normal', network: 'plaza', account: { id: 'a1', name: '' }, visibility: 'public', late: 'no', tags: [], ...more }) as CaseRow
const agent = (id: string) => ({ id, name: id, initials: id })
const tags = (...ids: string[]) => ids.map((id) => ({ id, name: id }))
const rows: Record<string, CaseRow> = {
  bare: row({}),
  mine: row({ state: 'waiting', agent: agent('ada'), trouble: 1, priority: 'low' }),
  late: row({ agent: agent('ben'), priority: 'high', network: 'mail', account: { id: 'a2', name: '' }, late: 'late', tags: tags('t3') }),
  private: row({ state: 'solved', priority: 'urgent', network: 'chat', account: { id: 'a2', name: '' }, visibility: 'private', late: 'escalated' }),
  tagged: row({ agent: agent('ada'), visibility: 'private', late: 'soon', tags: tags('t2', 't1') }),
}

test.each(cases)('a filter has what it names, as the server says: $says', ({ filter, cases }) =>
  expect(Object.keys(rows).filter((name) => has(filter as Filter, rows[name] as CaseRow, 'ada'))).toEqual(cases),
)

describe('what the address names', () => {
  const tag = '0190a000-0000-7000-8000-000000000000'
  test.each(['open', `mine;tag=${tag}`, `${tag};tag=${tag};priority=high`, 'solved;priority=low'])('%s is understood', (view) => {
    expect(isView(view)).toBe(true)
    expect(viewOf(lookOf(view))).toBe(view)
  })
  test.each(['', 'everything', 'open2', '..', 'x'.repeat(10_000)])('%s is no list', (view) => expect(isView(view)).toBe(false))
  test.each(['open;tag=', 'open;tag=%27', 'open;priority=normal', 'open;x=y', 'open;;'])('of %s the part that makes no sense is left out', (view) =>
    expect(viewOf(lookOf(view))).toBe('open'),
  )
  test('a list that is narrowed can be saved as it is', () => {
    expect(filterOf(`mine;tag=${tag};priority=high`)).toEqual({ states: ['open'], owner: 'me', tags: [tag], all_tags: false, priorities: ['high'] })
    queries.setQueryData(viewsQuery.queryKey, [{ id: tag, filter: { tags: ['t1', 't2'], all_tags: true }, order: 'changed' } as unknown as SavedView])
    expect(ruleOf(tag)?.order).toBe('changed')
    expect(filterOf(`${tag};tag=${tag}`).tags).toEqual(['t1', 't2', tag])
  })
})

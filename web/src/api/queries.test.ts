// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { forgetAgent, meQuery, queries, setupQuery } from './queries'

test('the next agent finds nothing of the one before, and the door what it asked for', () => {
  queries.setQueryData(['case', 'c1'], { id: 'c1' })
  queries.setQueryData<unknown>(meQuery.queryKey, { id: 'anke' })
  queries.setQueryData<unknown>(setupQuery.queryKey, { needed: false })
  forgetAgent()
  expect(queries.getQueryCache().getAll().map((q) => q.queryKey)).toEqual([['setup']])
})

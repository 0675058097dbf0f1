// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { QueryObserver } from '@tanstack/react-query'
import { afterEach, expect, test, vi } from 'vitest'
import { forgetAgent, meQuery, outdated, queries, setupQuery } from './queries'

afterEach(() => queries.clear())

/** A case whose words the server gives when it is told to. */
function slowly() {
  const answers: ((words: string) => void)[] = []
  const query = { queryKey: ['case', 'c1'], queryFn: () => new Promise<string>((answer) => answers.push(answer)) }
  return { answers, query, words: () => queries.getQueryData(query.queryKey) }
}

test('a case that is fetched ahead while its customer speaks is not shown without the last word', async () => {
  const { answers, query, words } = slowly()
  const ahead = queries.prefetchQuery(query)
  outdated(['case'])
  outdated(['case', 'c1'])
  answers[0]?.('one')
  await ahead
  expect(answers).toHaveLength(1) // nobody looks at it yet
  const close = new QueryObserver(queries, query).subscribe(() => {})
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.('one, two')
  await vi.waitFor(() => expect(words()).toBe('one, two'))
  expect(answers).toHaveLength(2)
  close()
})

test('a case that is just being opened while its customer speaks is asked for once more', async () => {
  const { answers, query, words } = slowly()
  const close = new QueryObserver(queries, query).subscribe(() => {})
  outdated(['case'])
  outdated(['case'])
  answers[0]?.('one')
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.('one, two')
  await vi.waitFor(() => expect(words()).toBe('one, two'))
  expect(answers).toHaveLength(2)
  close()
})

test('a case on the screen that is being asked again is asked anew when its customer speaks', async () => {
  const { answers, query, words } = slowly()
  queries.setQueryData(query.queryKey, 'one')
  const close = new QueryObserver(queries, query).subscribe(() => {})
  outdated(['case'])
  outdated(['case'])
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.('one, two, three')
  answers[0]?.('one, two')
  await vi.waitFor(() => expect(words()).toBe('one, two, three'))
  expect(answers).toHaveLength(2)
  close()
})

test('the next agent finds nothing of the one before, and the door what it asked for', () => {
  queries.setQueryData(['case', 'c1'], { id: 'c1' })
  queries.setQueryData<unknown>(meQuery.queryKey, { id: 'anke' })
  queries.setQueryData<unknown>(setupQuery.queryKey, { needed: false })
  forgetAgent()
  expect(queries.getQueryCache().getAll().map((q) => q.queryKey)).toEqual([['setup']])
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { infiniteQueryOptions, QueryClient, queryOptions, type QueryKey } from '@tanstack/react-query'
import { enterBrand, inBrand } from './brand'
import { client, take } from './client'
import { worthRetrying } from './problem'
import { isBuiltIn, lookOf } from '../inbox/look'
import type { Case, Colleague, InboxPage, View } from './types'

/** All that the server told us, kept once. Live events say what of it is out of date. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Live events tell what changed, so nothing is asked again for its age alone.
      staleTime: Infinity,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && worthRetrying(error),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

const askedTooSoon = new WeakSet<Promise<unknown>>()

/**
 * Says that something is out of date. What is on the screen is asked again now, anything else when it is looked at. What is
 * being asked for the first time is asked once more behind that: its answer may have been on the way when things changed.
 */
export function outdated(queryKey: QueryKey): void {
  const underWay = queries
    .getQueryCache()
    .findAll({ queryKey, fetchStatus: 'fetching' })
    .map((query) => ({ query, asked: query.promise }))
  void queries.invalidateQueries({ queryKey }, { cancelRefetch: true })
  for (const { query, asked } of underWay) {
    if (!asked || query.promise !== asked || askedTooSoon.has(asked)) continue
    askedTooSoon.add(asked)
    asked.then(
      () => queries.invalidateQueries({ queryKey: query.queryKey, exact: true }),
      () => {}, // what failed says so, and is asked again by whoever looks
    )
  }
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await take(client.GET('/api/me', { params: { query: inBrand() }, signal }))
    enterBrand(me.brand.id) // it may not be the one that was asked for: who left that one is told of another
    return me
  },
})

/** Goes on in another brand: all that was asked in the one before is asked again. */
export async function switchBrand(id: string): Promise<void> {
  const me = await take(client.GET('/api/me', { params: { query: { brand: id } } }))
  enterBrand(me.brand.id)
  queries.setQueryData(meQuery.queryKey, me)
  const ofTheHouse: unknown[] = [meQuery.queryKey[0], setupQuery.queryKey[0], networksQuery.queryKey[0]]
  await queries.resetQueries({ predicate: (q) => !ofTheHouse.includes(q.queryKey[0]) })
}

/** Everybody who works in the house, and in which of its brands; for administrators. */
export const staffQuery = queryOptions({
  queryKey: ['staff'],
  queryFn: ({ signal }) => take(client.GET('/api/house/agents', { signal })),
})

/** What the brand puts around its letters; for its leads. */
export const lettersQuery = queryOptions({
  queryKey: ['letters'],
  queryFn: ({ signal }) => take(client.GET('/api/brand/letters', { params: { query: inBrand() }, signal })),
})

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => take(client.GET('/api/setup', { signal })),
})

/** Forgets what one agent saw: it is not for the next one at this desk. What the door asks for itself goes on. */
export function forgetAgent(): void {
  queries.removeQueries({ predicate: (q) => q.queryKey[0] !== setupQuery.queryKey[0] })
  queries.getMutationCache().clear()
}

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/agents', { params: { query: inBrand() }, signal }))).agents as Colleague[],
})

/** The brand's tags, and who makes new ones. */
export const tagsQuery = queryOptions({
  queryKey: ['tags'],
  queryFn: ({ signal }) => take(client.GET('/api/tags', { params: { query: inBrand() }, signal })),
})

/** The saved views that one has in the brand, in their order. */
export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/views', { params: { query: inBrand() }, signal }))).views,
})

export const firstPage = 50
// The most that the server gives at once: each page is asked for again when something happens further up.
const laterPage = 200

/** A list as the server is asked for it. */
function asked(view: View) {
  const { id, tag, priority } = lookOf(view)
  return { ...(isBuiltIn(id) ? { view: id } : { saved: id }), ...(tag && { tag }), ...(priority && { priority }) }
}

/** One view of the inbox, page by page; every page brings the counts of all views. */
export function inboxQuery(view: View) {
  return infiniteQueryOptions({
    queryKey: ['inbox', view],
    queryFn: ({ pageParam, signal }): Promise<InboxPage> =>
      take(
        client.GET('/api/inbox', {
          params: { query: { ...inBrand(), ...asked(view), limit: pageParam ? laterPage : firstPage, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: InboxPage) => last.next || undefined,
  })
}

export function caseQuery(id: string) {
  return queryOptions({
    queryKey: ['case', id],
    queryFn: async ({ signal }) => (await take(client.GET('/api/cases/{id}', { params: { path: { id } }, signal }))) as Case,
  })
}

/** The case that people call by a number. It is asked for anew each time: it may have come just now. */
export function numberQuery(number: number) {
  return queryOptions({
    queryKey: ['number', number],
    queryFn: ({ signal }) => take(client.GET('/api/numbers/{number}', { params: { path: { number } }, signal })),
    staleTime: 0,
  })
}

/** What networks there are, with all that can be set. */
export const networksQuery = queryOptions({
  queryKey: ['networks'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/networks', { signal }))).networks,
})

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/accounts', { params: { query: inBrand() }, signal }))).accounts,
})

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => take(client.GET('/api/health', { params: { query: inBrand() }, signal })),
  refetchInterval: 15_000,
})

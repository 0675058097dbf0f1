// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { inBrand } from '../api/brand'
import { client, take } from '../api/client'
import type { SearchPage } from '../api/types'

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
const fresh = 10_000 // live events do not say what could be found by now
const soon = 2_000 // then more can be found, as long as something cannot

/** All that is found, page by page. */
export function searchQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: ['search', q],
    queryFn: ({ pageParam, signal }): Promise<SearchPage> =>
      take(client.GET('/api/search', { params: { query: { ...inBrand(), q, zone: zone(), ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: '',
    getNextPageParam: (last: SearchPage) => last.next || undefined,
    staleTime: fresh,
    refetchInterval: ({ state }) => (state.data?.pages[0]?.behind ? soon : false),
    retry: false,
  })
}

/** The best of what is found, while somebody types. */
export function glanceQuery(q: string) {
  return queryOptions({
    queryKey: ['glance', q],
    queryFn: ({ signal }) => take(client.GET('/api/search', { params: { query: { ...inBrand(), q, zone: zone(), limit: 5 } }, signal })),
    staleTime: fresh,
    retry: false,
    placeholderData: keepPreviousData,
  })
}

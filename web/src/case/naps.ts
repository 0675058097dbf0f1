// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { queryOptions } from '@tanstack/react-query'
import { client, take } from '../api/client'

/** Until when a case may well be put aside: the server knows the service hours, this browser the zone where there are none. */
export function napsQuery(id: string) {
  return queryOptions({
    queryKey: ['naps', id],
    queryFn: async ({ signal }) =>
      (await take(client.GET('/api/cases/{id}/naps', { params: { path: { id }, query: { zone: Intl.DateTimeFormat().resolvedOptions().timeZone } }, signal }))).naps,
    staleTime: 0,
    gcTime: 0,
  })
}

/** A moment as a field for local times has it. */
export function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { queryOptions } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { client, take } from '../api/client'
import { meQuery, queries } from '../api/queries'

/** What one has for the second step of signing in. */
export const secondQuery = queryOptions({
  queryKey: ['second-step'],
  queryFn: ({ signal }) => take(client.GET('/api/me/second-step', { signal })),
})

/** Asks anew what one has, after it has changed: whoever has nothing left may have to set something up before anything else. */
export function useSecondAgain(): () => Promise<void> {
  const router = useRouter()
  return async () => {
    await queries.invalidateQueries({ queryKey: secondQuery.queryKey })
    await queries.invalidateQueries({ queryKey: meQuery.queryKey })
    await router.invalidate()
  }
}

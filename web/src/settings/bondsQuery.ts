// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { queryOptions } from '@tanstack/react-query'
import { client, take } from '../api/client'

/** By whose word whoever sits at the desk may sign in, and by whose they could. */
export const bondsQuery = queryOptions({
  queryKey: ['bonds'],
  queryFn: ({ signal }) => take(client.GET('/api/me/bonds', { signal })),
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { inboxQuery, queries } from '../api/queries'
import type { View } from '../api/types'

/** Asks for a view that somebody is about to choose. */
export function prefetchView(view: View): void {
  void queries.prefetchInfiniteQuery(inboxQuery(view))
}

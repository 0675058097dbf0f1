// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useSuspenseQuery } from '@tanstack/react-query'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { meQuery, queries } from '../api/queries'
import type { Me } from '../api/types'
import { wordsFor } from '../api/words'
import { inWords, useText } from '../i18n'
import { warn } from './notices'

/** Who is signed in. Only used inside the desk, which is not drawn before that is known. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** What somebody may do in a brand. */
export function rightsIn(me: Me, brand: string): { note: boolean; work: boolean; lead: boolean } {
  const rights = me.brands.find((b) => b.id === brand)?.rights ?? []
  return { note: rights.includes('note'), work: rights.includes('work'), lead: rights.includes('lead') }
}

/** What agents choose for themselves by a click; each choice holds at once. */
export type Choice = Partial<Pick<Me, 'language' | 'scheme' | 'keys' | 'after' | 'toured'>>

/** Makes a choice of one's own: shown at once, and taken back with the reason when the server does not take it. */
export async function choose(choice: Choice): Promise<void> {
  const before = queries.getQueryData(meQuery.queryKey)
  if (before) queries.setQueryData(meQuery.queryKey, { ...before, ...choice })
  try {
    queries.setQueryData(meQuery.queryKey, await take(client.PATCH('/api/me', { params: { query: inBrand() }, body: choice, headers: once() })))
  } catch (e) {
    queries.setQueryData(meQuery.queryKey, before)
    warn(wordsFor(e))
  }
}

/** How networks are called in the agent's language. */
export function useNetworkName(): (id: string) => string {
  const { language } = useText()
  const names = useMe().networks
  return (id) => inWords(names.find((n) => n.id === id)?.name, language) || id.charAt(0).toUpperCase() + id.slice(1)
}

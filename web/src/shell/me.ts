// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { networksQuery, meQuery, rememberedNetworks } from '../api/queries'
import type { Me } from '../api/types'
import { inWords, useText } from '../i18n'

/** Who is signed in. Only used inside the desk, which is not drawn before that is known. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** What somebody may do in a brand. */
export function rightsIn(me: Me, brand: string): { note: boolean; work: boolean; lead: boolean } {
  const rights = me.brands.find((b) => b.id === brand)?.rights ?? []
  return { note: rights.includes('note'), work: rights.includes('work'), lead: rights.includes('lead') }
}

/** How networks are called in the agent's language. Until that is known, by their id. */
export function useNetworkName(): (id: string) => string {
  const { language } = useText()
  const [kept] = useState(() => rememberedNetworks())
  const { data } = useQuery({ ...networksQuery, enabled: kept.old })
  const names = data ?? kept.names
  return (id) => inWords(names.find((n) => n.id === id)?.name, language) || id.charAt(0).toUpperCase() + id.slice(1)
}

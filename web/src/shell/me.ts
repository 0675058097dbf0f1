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

/** How networks are called in the agent's language. Until that is known, by their id. */
export function useNetworkName(): (id: string) => string {
  const { language } = useText()
  const [kept] = useState(() => rememberedNetworks())
  const { data } = useQuery({ ...networksQuery, enabled: kept.old })
  const names = data ?? kept.names
  return (id) => inWords(names.find((n) => n.id === id)?.name, language) || id.charAt(0).toUpperCase() + id.slice(1)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { agentsQuery } from '../api/queries'
import type { Agent } from '../api/types'
import { present, type Present } from '../live/presence'
import { useMe } from '../shell/me'

export interface Colleague {
  agent: Agent
  doing: Present['doing']
}

/** Whether anybody has a case open just now: asked by every row that is drawn. */
export function useAnybody(caseId: string): boolean {
  return useSyncExternalStore(present.subscribe, () => present.get().has(caseId))
}

/** The colleagues who have a case open just now. */
export function usePresent(caseId: string): Colleague[] {
  const me = useMe()
  const all = useSyncExternalStore(present.subscribe, () => present.get().get(caseId))
  const others = all?.filter((p) => p.agent !== me.id) ?? []
  const { data } = useQuery({ ...agentsQuery, enabled: others.length > 0 })
  return others.flatMap(({ agent, doing }) => {
    const known = data?.find((a) => a.id === agent)
    return known ? [{ agent: known, doing }] : []
  })
}

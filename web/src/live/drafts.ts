// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { client, take } from '../api/client'
import { meQuery, outdated, queries } from '../api/queries'
import type { Case } from '../api/types'
import { knows } from '../composer/keeping'

const every = 1_000
const asking = new Set<string>()

/** Somebody writes on in a case that is open, as the server reported it; what cannot be understood says nothing. */
export function heardDraft(data: string): void {
  let v: unknown
  try {
    v = JSON.parse(data)
  } catch {
    return
  }
  if (typeof v !== 'object' || v === null) return
  const { case_id: id, agent, version } = v as Record<string, unknown>
  if (typeof id !== 'string' || asking.has(id)) return
  const own = agent === queries.getQueryData(meQuery.queryKey)?.id
  if (own && typeof version === 'string' && knows(id, version)) return
  if (!location.pathname.endsWith(`/cases/${id}`)) {
    outdated(['case', id]) // it is asked for when it is opened
    return
  }
  asking.add(id)
  setTimeout(() => void askDrafts(id), every) // who writes says so again and again
}

/** Asks what is being written in a case that is known here. */
async function askDrafts(id: string): Promise<void> {
  asking.delete(id)
  if (!queries.getQueryData(['case', id])) return
  try {
    const { drafts } = await take(client.GET('/api/cases/{id}/drafts', { params: { path: { id } } }))
    queries.setQueryData<Case>(['case', id], (c) => c && { ...c, drafts })
  } catch {
    // They are there the next time that the case is asked for.
  }
}

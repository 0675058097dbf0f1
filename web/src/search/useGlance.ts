// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Entry, Group } from '../actions/entries'
import { useText } from '../i18n'
import { lineOf, shown } from '../shell/name'
import { glanceQuery } from './searchQuery'

const typingRests = 150 // ms

/** The people, cases and messages that are found for what somebody types, and the way to all of them. */
export function useGlance(typed: string): Group[] {
  const { t } = useText()
  const navigate = useNavigate()
  const q = typed.trim()
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(q.length > 1 ? q : ''), typingRests)
    return () => clearTimeout(timer)
  }, [q])
  const { data } = useQuery({ ...glanceQuery(asked), enabled: asked !== '' })
  if (!q) return []
  const found = asked ? data : undefined
  const entry = (id: string, words: string, to: string, says?: string): Entry => ({
    id,
    words,
    group: 'found',
    run: () => void navigate({ to: '/cases/$id', params: { id: to } }),
    ...(says && { says }),
  })
  const groups: Group[] = [
    // It is there at once, so what comes a moment later stands below it.
    { name: 'wide', entries: [{ id: 'everywhere', words: t('palette.everywhere', { q }), group: 'found', run: () => void navigate({ to: '/search', search: { q } }) }] },
    { name: 'people', entries: (found?.people ?? []).map((p) => entry(`person.${p.id}`, shown(p.name) || t('nameless'), p.case_id, lineOf(p.handle))) },
    { name: 'cases', entries: (found?.cases ?? []).map((c) => entry(`case.${c.id}`, `#${c.number} ${lineOf(c.title)}`, c.id)) },
    {
      name: 'messages',
      entries: (found?.messages ?? []).map((m) => entry(`message.${m.message_id}`, m.snippet || t('wordless'), m.case_id, `#${m.number} ${shown(m.author, m.person.name)}`)),
    },
  ]
  return groups.filter((g) => g.entries.length > 0)
}

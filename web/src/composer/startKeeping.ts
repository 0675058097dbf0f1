// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { client, take } from '../api/client'
import { queries } from '../api/queries'
import type { Case, SharedDraft } from '../api/types'
import { t } from '../i18n'
import { tell } from '../shell/notices'
import { keepAll, startKeeping, type Kept } from './keeping'

/** A draft of one's own as the server told it. */
export function keptOf(d: SharedDraft): Kept {
  return { way: d.way, version: d.version, text: d.text, subject: d.subject, warning: d.warning, files: d.files, to: d.to, seen: d.seen }
}

/** Keeps the drafts of an agent at the real server. Returns how to stop. */
export function startKeepingDrafts(agentId: string): () => void {
  const stop = startKeeping(agentId, {
    async keep(id, way, known, part, leaving) {
      const { text, subject, warning, files, to, seen } = part
      const kept = await take(
        client.PUT('/api/cases/{id}/drafts/{way}', {
          params: { path: { id, way } },
          body: { known, text, ...(subject && { subject }), ...(warning !== null && { warning }), ...(files.length > 0 && { files }), ...(to && { to }), ...(seen && { seen }) },
          keepalive: leaving && text.length < 10_000, // browsers let a page that goes say no more
        }),
      )
      queries.setQueryData<Case>(['case', id], (c) => c && { ...c, drafts: [...c.drafts.filter((d) => d.way !== way || d.agent?.id !== agentId), ...(kept.version ? [kept] : [])] })
      return kept.version
    },
    async drafts(id) {
      const { drafts } = await take(client.GET('/api/cases/{id}/drafts', { params: { path: { id } } }))
      queries.setQueryData<Case>(['case', id], (c) => c && { ...c, drafts })
      return drafts.filter((d) => d.agent?.id === agentId).map(keptOf)
    },
    later(f, ms) {
      const timer = setTimeout(f, ms)
      return () => clearTimeout(timer)
    },
    onGone: (id) => {
      if (location.pathname.endsWith(`/cases/${id}`)) tell(t('draft.gone'))
    },
  })
  const onHide = () => {
    if (document.visibilityState === 'hidden') keepAll(true)
  }
  document.addEventListener('visibilitychange', onHide)
  return () => {
    document.removeEventListener('visibilitychange', onHide)
    stop()
  }
}

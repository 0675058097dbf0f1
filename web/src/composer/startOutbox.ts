// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { askAgain, caughtUp, doAct, forgetAhead, showMessage } from '../case/acts'
import { client, once, take } from '../api/client'
import { problemWords } from '../api/words'
import { t } from '../i18n'
import { warn } from '../shell/notices'
import { spent } from './keeping'
import { openOutbox, type Unsent } from './outbox'
import { isHeld } from './withdraw'

/** Opens the outbox of an agent against the real server. Returns how to close it. */
export function startOutbox(agentId: string, goTo: (caseId: string) => void): () => void {
  const close = openOutbox(agentId, {
    async send(u) {
      if (u.write.kind === 'act') {
        await doAct(u.caseId, u.write.act, u.key)
        return
      }
      const asked = { params: { path: { id: u.caseId } }, headers: once(u.key) }
      const message =
        u.write.kind === 'reply'
          ? await take(client.POST('/api/cases/{id}/replies', { ...asked, body: u.write.body }))
          : await take(client.POST('/api/cases/{id}/notes', { ...asked, body: { text: u.write.text, ...(u.write.draft && { draft: u.write.draft }) } }))
      showMessage(u.caseId, message)
      isHeld(u, message)
    },
    onSent(u) {
      if (u.write.kind === 'act') caughtUp(u.key)
      else if (u.write.kind === 'note') spent(u.caseId, 'note', u.write.draft ?? '')
      else spent(u.caseId, 'reply', u.write.body.draft ?? '')
      askAgain(u.caseId)
    },
    onRefused(u) {
      if (u.write.kind === 'act') {
        caughtUp(u.key)
        askAgain(u.caseId)
        warn(t('act.refused', { number: u.number, why: problemWords(u.problem?.code ?? '', u.problem?.detail ?? '') }), { label: t('unsent.look'), run: () => goTo(u.caseId) })
        return
      }
      askAgain(u.caseId)
      // Whoever has the case before them sees it there.
      if (!location.pathname.endsWith(`/cases/${u.caseId}`)) warn(refusal(u), { label: t('unsent.look'), run: () => goTo(u.caseId) })
    },
    later(f) {
      const timer = setTimeout(f, 5_000)
      return () => clearTimeout(timer)
    },
  })
  return () => {
    close()
    forgetAhead()
  }
}

function refusal(u: Unsent): string {
  return t('unsent.refused', {
    number: u.number,
    person: u.person,
    why: problemWords(u.problem?.code ?? '', u.problem?.detail ?? ''),
  })
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { askAgain, canUndo } from '../case/acts'
import { client, once, take } from '../api/client'
import { worthRetrying } from '../api/problem'
import type { Message } from '../api/types'
import { wordsFor } from '../api/words'
import { t } from '../i18n'
import { tell, warn } from '../shell/notices'
import { keptDraft, putDraft, type Draft } from './draft'
import { heldOf, type Unsent } from './outbox'
import { wayKey } from './ways'

/** What was handed over and is held, by its message: its files are known here alone. */
const handed = new Map<string, Unsent>()

let agent = ''
let goTo: (caseId: string) => void = () => undefined

/** Says whose replies are taken back, and how their case is opened. */
export function startWithdrawing(forAgent: string, open: (caseId: string) => void): () => void {
  agent = forAgent
  goTo = open
  return () => {
    agent = ''
    handed.clear()
  }
}

/** A reply was taken by the server, which holds it for a while: that is said, with the way to take it back. */
export function isHeld(u: Unsent, m: Message): void {
  if (m.delivery !== 'held' || !m.retry_at) return
  handed.set(m.id, u)
  const wait = Math.max(0, Date.parse(m.retry_at) - Date.now())
  setTimeout(() => handed.delete(m.id), wait + 60_000)
  const run = canUndo(() => withdraw(u.caseId, m.id, u.number))
  tell(t('held.now', { number: u.number, n: Math.round(wait / 1000) }), { label: t('undo'), run })
}

/** Takes back a reply that is held. Its words go on as the draft of its case, which is shown. */
export async function withdraw(caseId: string, messageId: string, number?: number): Promise<void> {
  const { 'Idempotency-Key': key } = once()
  const ask = () => take(client.POST('/api/messages/{id}/withdraw', { params: { path: { id: messageId } }, headers: once(key) }))
  try {
    let was: Message
    try {
      was = await ask()
    } catch (e) {
      if (!worthRetrying(e)) throw e
      was = await ask() // the answer may have been lost on the way: the same key makes it one act
    }
    putDraft(agent, caseId, withReply(keptDraft(agent, caseId), was, handed.get(messageId)))
    handed.delete(messageId)
    if (!location.pathname.endsWith(`/cases/${caseId}`)) goTo(caseId)
    tell(number ? t('withdrawn.now', { number }) : t('withdrawn.here'))
  } catch (e) {
    warn(wordsFor(e))
  } finally {
    askAgain(caseId)
  }
}

/** A draft with a reply that was taken back put before what was begun since. */
export function withReply(draft: Draft, was: Message, u: Unsent | undefined): Draft {
  const write = u?.write.kind === 'reply' ? u.write : undefined
  return {
    ...draft,
    reply: draft.reply.trim() ? `${was.body}\n\n${draft.reply}` : was.body,
    subject: was.subject || draft.subject,
    warning: was.warning || draft.warning,
    files: [...(write ? heldOf(write) : []), ...draft.files],
    tab: wayKey({ ...was, starts: false }),
    seen: was.id, // whoever wrote it had seen what was there by then
    at: Date.now(),
  }
}

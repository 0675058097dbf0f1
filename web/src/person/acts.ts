// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { client, once, take } from '../api/client'
import { worthRetrying } from '../api/problem'
import { outdated } from '../api/queries'
import type { DidPerson } from '../api/types'
import { wordsFor } from '../api/words'
import { canUndo } from '../case/acts'
import { t } from '../i18n'
import { tell, warn } from '../shell/notices'

/** Asks again all that shows people. */
function askAgain(): void {
  for (const key of ['case', 'person', 'company', 'consents']) outdated([key])
}

/** Does something with a person, says so, and offers to take it back. Returns why it was not done; undefined: it was. */
export async function onPerson(ask: (key: string) => Promise<DidPerson>, done: string): Promise<unknown> {
  const { 'Idempotency-Key': key } = once()
  try {
    let did: DidPerson
    try {
      did = await ask(key)
    } catch (e) {
      if (!worthRetrying(e)) throw e
      did = await ask(key) // the answer may have been lost on the way: the same key makes it one act
    }
    const { person_id: id, act } = did
    tell(done, act ? { label: t('undo'), run: canUndo(() => undo(id, act)) } : undefined)
    return undefined
  } catch (e) {
    return e
  } finally {
    askAgain()
  }
}

async function undo(id: string, act: number): Promise<void> {
  const why = await onPerson((key) => take(client.POST('/api/people/{id}/undo', { params: { path: { id } }, headers: once(key), body: { act } })), t('person.undone'))
  if (why) warn(wordsFor(why))
}

/** An act that has no form in which its failure could stand. */
export async function orWarn(act: Promise<unknown>): Promise<void> {
  const why = await act
  if (why) warn(wordsFor(why))
}

export const accept = (id: string) =>
  orWarn(onPerson((key) => take(client.POST('/api/links/{id}/accept', { params: { path: { id } }, headers: once(key) })), t('person.linked')))

export const dismiss = (id: string) =>
  orWarn(onPerson((key) => take(client.POST('/api/links/{id}/dismiss', { params: { path: { id } }, headers: once(key) })), t('person.dismissed')))

export const part = (id: string) =>
  orWarn(onPerson((key) => take(client.DELETE('/api/links/{id}', { params: { path: { id } }, headers: once(key) })), t('person.parted')))

export const removeNote = (id: string, version: number) =>
  orWarn(onPerson((key) => take(client.DELETE('/api/person-notes/{id}', { params: { path: { id }, query: { version } }, headers: once(key) })), t('person.noteGone')))

/** Makes a code for whoever speaks in a private conversation; undefined: it could not be made, and that was said. */
export async function askCode(caseId: string, conversation: string): Promise<string | undefined> {
  try {
    const made = await take(client.POST('/api/cases/{id}/codes', { params: { path: { id: caseId } }, headers: once(), body: { conversation_id: conversation } }))
    return made.code
  } catch (e) {
    warn(wordsFor(e))
    return undefined
  }
}

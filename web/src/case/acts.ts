// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { client, once, take } from '../api/client'
import { Problem, worthRetrying } from '../api/problem'
import { meQuery, outdated, queries } from '../api/queries'
import type { ActedRow, Agent, Case, CaseRow, InboxPage, Priority } from '../api/types'
import { wordsFor } from '../api/words'
import { language, t } from '../i18n'
import { coming } from '../i18n/format'
import { latest } from '../composer/ways'
import { freshen, hold } from '../inbox/freshen'
import { withChange } from '../inbox/order'
import { tell, warn } from '../shell/notices'

/** Shows a change of a case everywhere at once, before the server has confirmed it. */
export function showChange(id: string, change: Partial<CaseRow>): void {
  const me = queries.getQueryData(meQuery.queryKey)?.id ?? ''
  queries.setQueryData<Case>(['case', id], (c) => {
    if (!c) return c
    const { person: _, ...rest } = change // a row knows less of the person than the case does
    return { ...c, ...rest }
  })
  for (const [key, data] of queries.getQueriesData<InfiniteData<InboxPage>>({ queryKey: ['inbox'] })) {
    const view = String(key[1])
    if (data) queries.setQueryData(key, withChange(data, view, id, change, me))
  }
}

/** Asks the server again how it is with a case, here and in the lists. */
export function askAgain(id: string): void {
  outdated(['case', id])
  freshen([id])
}

/** Makes a change: shown at once, and taken back with the reason when the server does not take it. */
async function change(
  id: string,
  shown: Partial<CaseRow>,
  ask: (key: string) => Promise<ActedRow>,
  again: () => void,
  refused?: (why: unknown) => Refusal | undefined,
): Promise<ActedRow | undefined> {
  const { 'Idempotency-Key': key } = once()
  const release = hold(id)
  await queries.cancelQueries({ queryKey: ['inbox'] })
  showChange(id, shown)
  try {
    let row: ActedRow
    try {
      row = await ask(key)
    } catch (e) {
      if (!worthRetrying(e)) throw e
      row = await ask(key) // the answer may have been lost on the way: the same key makes it one act
    }
    const { act: _, ...now } = row
    showChange(id, now)
    return row
  } catch (e) {
    const r = refused?.(e) ?? { text: wordsFor(e), act: worthRetrying(e) ? { label: t('again'), run: again } : undefined }
    warn(r.text, r.act)
    return undefined
  } finally {
    release()
    askAgain(id)
  }
}

/** What a person is told of a change that was not made, and what they can do about it. */
interface Refusal {
  text: string
  act?: { label: string; run: () => void } | undefined
}

/** What was done last and can be taken back, the latest last: each by its own way. The server says for how long. */
const undoable: (() => void)[] = []

/** Remembers a way to take back what was done just now. Returns what takes it back, once. */
export function canUndo(takeBack: () => Promise<void>): () => void {
  const run = () => {
    const i = undoable.indexOf(run)
    if (i < 0) return
    undoable.splice(i, 1)
    void takeBack()
  }
  undoable.push(run)
  return run
}

/** Says that something was done with a case, and offers to take it back. */
function did(c: Pick<CaseRow, 'id' | 'number'>, done: ActedRow | undefined, words: string): void {
  if (!done) return
  if (!done.act) {
    tell(words)
    return
  }
  const { act } = done
  tell(words, { label: t('undo'), run: canUndo(() => undo(c, act)) })
}

/** Takes back what was done last, whatever is open now. */
export function undoLast(): void {
  const takeBack = undoable.at(-1)
  if (takeBack) takeBack()
  else tell(t('undo.nothing'))
}

async function undo({ id, number }: Pick<CaseRow, 'id' | 'number'>, act: number): Promise<void> {
  const done = await change(
    id,
    {},
    (key) => take(client.POST('/api/cases/{id}/undo', { params: { path: { id } }, headers: once(key), body: { act } })),
    () => void undo({ id, number }, act),
  )
  if (done) tell(t('undo.done', { number }))
}

/**
 * Lets networks be asked how the messages of a case stand that somebody reads. What they tell comes as it happens; where
 * they cannot be asked just now, nothing is missing that was there before.
 */
export async function look(id: string): Promise<void> {
  await take(client.POST('/api/cases/{id}/look', { params: { path: { id } } })).catch(() => undefined)
}

/** Says that there is nothing more to do in a case as it is shown. Where something new has arrived since, it stays open; open leads there. */
export async function solve(c: Case, open: () => void): Promise<void> {
  const body = { seen: latest(c.messages) }
  const done = await change(
    c.id,
    { state: 'solved', solved_at: new Date().toISOString() },
    (key) => take(client.POST('/api/cases/{id}/solve', { params: { path: { id: c.id } }, headers: once(key), body })),
    () => void solve(c, open),
    (e) =>
      e instanceof Problem && e.code === 'case.something_new'
        ? { text: t('case.staysOpen', { number: c.number }), act: { label: t('unsent.look'), run: open } }
        : undefined,
  )
  did(c, done, t('case.solvedNow', { number: c.number }))
}

export async function reopen(c: Pick<CaseRow, 'id' | 'number'>): Promise<void> {
  const done = await change(
    c.id,
    { state: 'open', solved_at: null },
    (key) => take(client.POST('/api/cases/{id}/reopen', { params: { path: { id: c.id } }, headers: once(key) })),
    () => void reopen(c),
  )
  did(c, done, t('case.reopenedNow', { number: c.number }))
}

export async function assign(c: Pick<CaseRow, 'id' | 'number'>, to: Agent | null): Promise<void> {
  const done = await change(
    c.id,
    { agent: to },
    (key) =>
      take(
        client.PUT('/api/cases/{id}/agent', {
          params: { path: { id: c.id } },
          body: { agent_id: to?.id ?? '' },
          headers: once(key),
        }),
      ),
    () => void assign(c, to),
  )
  did(c, done, to ? t('case.assignedNow', { number: c.number, name: to.name }) : t('case.unassignedNow', { number: c.number }))
}

export async function prioritise(c: Pick<CaseRow, 'id' | 'number'>, to: Priority): Promise<void> {
  const done = await change(
    c.id,
    { priority: to },
    (key) => take(client.PUT('/api/cases/{id}/priority', { params: { path: { id: c.id } }, body: { priority: to }, headers: once(key) })),
    () => void prioritise(c, to),
  )
  did(c, done, t('case.prioritisedNow', { number: c.number, priority: t(`priority.${to}`) }))
}

/** Gives a case a title; an empty one gives it back the one that its first word gave it. */
export async function rename(c: Pick<CaseRow, 'id' | 'number'>, title: string): Promise<void> {
  const done = await change(
    c.id,
    title ? { title } : {},
    (key) => take(client.PUT('/api/cases/{id}/title', { params: { path: { id: c.id } }, body: { title }, headers: once(key) })),
    () => void rename(c, title),
  )
  did(c, done, t('case.renamedNow', { number: c.number }))
}

/** Gives a case tags by their names, and takes others off it. */
export async function tag(c: Pick<CaseRow, 'id' | 'number' | 'tags'>, add: string[], remove: string[]): Promise<void> {
  const done = await change(
    c.id,
    { tags: [...c.tags.filter((g) => !remove.includes(g.id)), ...add.map((name) => ({ id: '', name }))] },
    (key) => take(client.POST('/api/cases/{id}/tags', { params: { path: { id: c.id } }, body: { add, remove }, headers: once(key) })),
    () => void tag(c, add, remove),
  )
  did(c, done, t('case.taggedNow', { number: c.number }))
}

/** Puts a case aside until a moment. Where something new has arrived since, it stays as it is; open leads there. */
export async function sleep(c: Case, until: string, open: () => void): Promise<void> {
  const body = { until, seen: latest(c.messages) }
  const done = await change(
    c.id,
    { state: 'asleep', wakes_at: until },
    (key) => take(client.PUT('/api/cases/{id}/sleep', { params: { path: { id: c.id } }, body, headers: once(key) })),
    () => void sleep(c, until, open),
    (e) =>
      e instanceof Problem && e.code === 'case.something_new'
        ? { text: t('case.staysOpen', { number: c.number }), act: { label: t('unsent.look'), run: open } }
        : undefined,
  )
  did(c, done, t('case.asleepNow', { number: c.number, when: coming(until, language()) }))
}

/** Takes a case up again that was put aside. */
export async function wake(c: Pick<CaseRow, 'id' | 'number'>): Promise<void> {
  const done = await change(
    c.id,
    { state: 'open', wakes_at: null },
    (key) => take(client.DELETE('/api/cases/{id}/sleep', { params: { path: { id: c.id } }, headers: once(key) })),
    () => void wake(c),
  )
  did(c, done, t('case.wokenNow', { number: c.number }))
}

/** Has a failed or unknown message sent again. */
export async function sendAgain(caseId: string, messageId: string): Promise<void> {
  await onMessage(caseId, () => take(client.POST('/api/messages/{id}/retry', { params: { path: { id: messageId } }, headers: once() })))
}

/** Somebody has seen at the network that an unknown message arrived. */
export async function itArrived(caseId: string, messageId: string): Promise<void> {
  await onMessage(caseId, () => take(client.POST('/api/messages/{id}/arrived', { params: { path: { id: messageId } }, headers: once() })))
}

/** Leaves it at that with a message that failed. */
export async function letGo(caseId: string, messageId: string): Promise<void> {
  const done = await onMessage(caseId, () => take(client.POST('/api/messages/{id}/let-go', { params: { path: { id: messageId } }, headers: once() })))
  if (done) tell(t('delivery.letGoNow'), { label: t('delivery.takeUp'), run: () => void takeUp(caseId, messageId) })
}

/** Takes back that a failed message was let go. */
export async function takeUp(caseId: string, messageId: string): Promise<void> {
  await onMessage(caseId, () => take(client.POST('/api/messages/{id}/take-up', { params: { path: { id: messageId } }, headers: once() })))
}

async function onMessage(caseId: string, ask: () => Promise<Case['messages'][number]>): Promise<boolean> {
  try {
    showMessage(caseId, await ask())
    return true
  } catch (e) {
    warn(wordsFor(e))
    return false
  } finally {
    askAgain(caseId)
  }
}

/** Puts a message as the server returned it into its case. */
export function showMessage(caseId: string, message: Case['messages'][number]): void {
  queries.setQueryData<Case>(['case', caseId], (c) => {
    if (!c) return c
    const known = c.messages.some((m) => m.id === message.id)
    return { ...c, messages: known ? c.messages.map((m) => (m.id === message.id ? message : m)) : [...c.messages, message] }
  })
}

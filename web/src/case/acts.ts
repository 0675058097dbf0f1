// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import { client, once, take } from '../api/client'
import { Problem, Unreachable, worthRetrying } from '../api/problem'
import { meQuery, outdated, queries } from '../api/queries'
import type { ActedRow, Agent, Case, CaseRow, InboxPage, Priority } from '../api/types'
import { wordsFor } from '../api/words'
import { language, t } from '../i18n'
import { coming } from '../i18n/format'
import { keptDraft, moveDraft, putDraft } from '../composer/draft'
import { isBehind, post, type Act } from '../composer/outbox'
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

/** Asks the server to do something with a case; the same key makes it one act, however often it is asked. */
export function doAct(id: string, act: Act, key: string): Promise<ActedRow> {
  const asked = { params: { path: { id } }, headers: once(key) }
  switch (act.does) {
    case 'solve':
      return take(client.POST('/api/cases/{id}/solve', { ...asked, body: { seen: act.seen } }))
    case 'reopen':
      return take(client.POST('/api/cases/{id}/reopen', asked))
    case 'assign':
      return take(client.PUT('/api/cases/{id}/agent', { ...asked, body: { agent_id: act.to } }))
    case 'priority':
      return take(client.PUT('/api/cases/{id}/priority', { ...asked, body: { priority: act.priority } }))
    case 'title':
      return take(client.PUT('/api/cases/{id}/title', { ...asked, body: { title: act.title } }))
    case 'tags':
      return take(client.POST('/api/cases/{id}/tags', { ...asked, body: { add: act.add, remove: act.remove } }))
    case 'sleep':
      return take(client.PUT('/api/cases/{id}/sleep', { ...asked, body: { until: act.until, seen: act.seen } }))
    case 'wake':
      return take(client.DELETE('/api/cases/{id}/sleep', asked))
  }
}

/** Cases that are shown as they will be once what waits in the outbox is done, by its key. */
const ahead = new Map<string, () => void>()

/** Whatever waits is somebody else's business now. */
export function forgetAhead(): void {
  for (const key of [...ahead.keys()]) caughtUp(key)
}

/** What waited is done, or refused: the case is shown as the server has it. */
export function caughtUp(key: string): void {
  ahead.get(key)?.()
  ahead.delete(key)
}

/**
 * Makes a change: shown at once, and taken back with the reason when the server does not take it. Where the server cannot be
 * reached, or something of the case is still on its way there, it waits in the outbox for its turn, and that is said.
 */
async function change(
  c: Pick<CaseRow, 'id' | 'number'>,
  shown: Partial<CaseRow>,
  act: Act | ((key: string) => Promise<ActedRow>),
  again: () => void,
  refused?: (why: unknown) => Refusal | undefined,
): Promise<ActedRow | undefined> {
  const { id } = c
  const { 'Idempotency-Key': key } = once()
  const ask = () => (typeof act === 'function' ? act(key) : doAct(id, act, key))
  const release = hold(id)
  let waits = false
  const wait = (act: Act) => {
    waits = true
    ahead.set(key, release)
    post({ caseId: id, number: c.number, person: '', write: { kind: 'act', act, shown }, via: null }, key)
    tell(t('act.waits', { number: c.number }))
  }
  await queries.cancelQueries({ queryKey: ['inbox'] })
  showChange(id, shown)
  try {
    if (typeof act !== 'function' && isBehind(id)) {
      wait(act)
      return undefined
    }
    let row: ActedRow
    try {
      row = await ask()
    } catch (e) {
      if (!worthRetrying(e)) throw e
      row = await ask() // the answer may have been lost on the way: the same key makes it one act
    }
    const { act: _, ...now } = row
    if (now.id === id) showChange(id, now) // of two that became one, it answers with the other
    return row
  } catch (e) {
    if (e instanceof Unreachable && typeof act !== 'function') {
      wait(act)
      return undefined
    }
    const r = refused?.(e) ?? { text: wordsFor(e), act: worthRetrying(e) ? { label: t('again'), run: again } : undefined }
    warn(r.text, r.act)
    return undefined
  } finally {
    if (!waits) {
      release()
      askAgain(id)
    }
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

/** Says that something was done with a case, and offers to take it back; then is what else that asks for here. */
function did(c: Pick<CaseRow, 'id' | 'number'>, done: ActedRow | undefined, words: string, then?: () => void): void {
  if (!done) return
  if (!done.act) {
    tell(words)
    return
  }
  const { act } = done
  tell(words, { label: t('undo'), run: canUndo(() => undo(c, act, words, then)) })
}

/** Takes back what was done last, whatever is open now. */
export function undoLast(): void {
  const takeBack = undoable.at(-1)
  if (takeBack) takeBack()
  else tell(t('undo.nothing'))
}

async function undo(c: Pick<CaseRow, 'id' | 'number'>, act: number, what: string, then?: () => void): Promise<void> {
  const { id } = c
  const done = await change(
    c,
    {},
    (key) => take(client.POST('/api/cases/{id}/undo', { params: { path: { id } }, headers: once(key), body: { act } })),
    () => void undo(c, act, what, then),
  )
  if (!done) return
  tell(t('undo.doneWhat', { what }))
  then?.()
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
  const done = await change(
    c,
    { state: 'solved', solved_at: new Date().toISOString() },
    { does: 'solve', seen: latest(c.messages) },
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
    c,
    { state: 'open', solved_at: null },
    { does: 'reopen' },
    () => void reopen(c),
  )
  did(c, done, t('case.reopenedNow', { number: c.number }))
}

export async function assign(c: Pick<CaseRow, 'id' | 'number'>, to: Agent | null): Promise<void> {
  await handOver(c, to, '', '')
}

/** Gives a case to somebody with a note. Where that fails or is taken back, the note goes on as the draft of whoever wrote it. */
export async function handOver(c: Pick<CaseRow, 'id' | 'number'>, to: Agent | null, note: string, me: string): Promise<void> {
  const keep = () => {
    const draft = keptDraft(me, c.id)
    if (note) putDraft(me, c.id, { ...draft, note: draft.note ? `${note}\n\n${draft.note}` : note })
  }
  const done = await change(
    c,
    { agent: to },
    note
      ? (key) => take(client.PUT('/api/cases/{id}/agent', { params: { path: { id: c.id } }, body: { agent_id: to?.id ?? '', note }, headers: once(key) }))
      : { does: 'assign', to: to?.id ?? '' },
    () => void assign(c, to),
  )
  if (!done) keep()
  const values = { number: c.number, name: to?.name ?? '' }
  did(c, done, to ? (note ? t('case.handedNow', values) : t('case.assignedNow', values)) : t('case.unassignedNow', values), keep)
}

/** Lets a case go on in another, with what its agent was writing in it; show leads there. */
export async function merge(
  from: Pick<CaseRow, 'id' | 'number'>,
  into: Pick<CaseRow, 'id' | 'number'>,
  knowingly: boolean,
  show: (id: string) => void,
): Promise<void> {
  const done = await change(
    from,
    {},
    (key) => take(client.POST('/api/cases/{id}/merge', { params: { path: { id: from.id } }, headers: once(key), body: { into: into.id, ...(knowingly && { other_person: true }) } })),
    () => void merge(from, into, knowingly, show),
  )
  if (!done) return
  outdated(['number'])
  askAgain(into.id)
  const me = queries.getQueryData(meQuery.queryKey)?.id
  if (me) moveDraft(me, from.id, into.id)
  show(into.id)
  did(into, done, t('case.mergedNow', { number: from.number, into: into.number }), () => {
    queries.removeQueries({ queryKey: ['case', from.id] }) // as it was known, it leads away
    show(from.id)
  })
}

/** Makes a case of its own of some messages of a case; show leads to either. */
export async function split(c: Pick<CaseRow, 'id' | 'number'>, messages: string[], title: string, show: (id: string) => void): Promise<void> {
  const body = { messages, ...(title && { title }) }
  let off: CaseRow | undefined
  const done = await change(
    c,
    {},
    async (key) => {
      const p = await take(client.POST('/api/cases/{id}/split', { params: { path: { id: c.id } }, headers: once(key), body }))
      off = p.new
      return p
    },
    () => void split(c, messages, title, show),
  )
  if (!done || !off) return
  came(c, off, done, t('case.splitNow', { number: off.number, from: c.number }), show)
}

/** Opens a case that continues another; show leads to either. */
export async function goOn(c: Pick<CaseRow, 'id' | 'number'>, title: string, show: (id: string) => void): Promise<void> {
  let next: CaseRow | undefined
  const done = await change(
    c,
    {},
    async (key) => {
      const p = await take(client.POST('/api/cases/{id}/continue', { params: { path: { id: c.id } }, headers: once(key), body: { ...(title && { title }) } }))
      next = p.new
      return p
    },
    () => void goOn(c, title, show),
  )
  if (!done || !next) return
  came(c, next, done, t('case.continuedNow', { number: next.number, from: c.number }), show)
}

/** Shows a case that came out of another, and leads back when that is taken back. */
function came(c: Pick<CaseRow, 'id' | 'number'>, off: CaseRow, done: ActedRow, words: string, show: (id: string) => void): void {
  askAgain(off.id)
  show(off.id)
  did(c, done, words, () => {
    const me = queries.getQueryData(meQuery.queryKey)?.id
    if (me) moveDraft(me, off.id, c.id)
    askAgain(off.id)
    show(c.id)
  })
}

export async function prioritise(c: Pick<CaseRow, 'id' | 'number'>, to: Priority): Promise<void> {
  const done = await change(
    c,
    { priority: to },
    { does: 'priority', priority: to },
    () => void prioritise(c, to),
  )
  did(c, done, t('case.prioritisedNow', { number: c.number, priority: t(`priority.${to}`) }))
}

/** Gives a case a title; an empty one gives it back the one that its first word gave it. */
export async function rename(c: Pick<CaseRow, 'id' | 'number'>, title: string): Promise<void> {
  const done = await change(
    c,
    title ? { title } : {},
    { does: 'title', title },
    () => void rename(c, title),
  )
  did(c, done, t('case.renamedNow', { number: c.number }))
}

/** Gives a case tags by their names, and takes others off it. */
export async function tag(c: Pick<CaseRow, 'id' | 'number' | 'tags'>, add: string[], remove: string[]): Promise<void> {
  const done = await change(
    c,
    { tags: [...c.tags.filter((g) => !remove.includes(g.id)), ...add.map((name) => ({ id: '', name }))] },
    { does: 'tags', add, remove },
    () => void tag(c, add, remove),
  )
  did(c, done, t('case.taggedNow', { number: c.number }))
}

/** Puts a case aside until a moment. Where something new has arrived since, it stays as it is; open leads there. */
export async function sleep(c: Case, until: string, open: () => void): Promise<void> {
  const done = await change(
    c,
    { state: 'asleep', wakes_at: until },
    { does: 'sleep', until, seen: latest(c.messages) },
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
    c,
    { state: 'open', wakes_at: null },
    { does: 'wake' },
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

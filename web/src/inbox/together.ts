// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { worthRetrying } from '../api/problem'
import { outdated } from '../api/queries'
import type { CaseRow, Took, TogetherBody } from '../api/types'
import { problemWords, wordsFor } from '../api/words'
import { canUndo, showChange } from '../case/acts'
import { t } from '../i18n'
import { announce, tell, warn } from '../shell/notices'
import { freshen, hold } from './freshen'

/** What is done with many cases. */
export type Act = Omit<TogetherBody, 'cases'>

/** What came of it: the cases with which it could not be done, and why. Undefined: nobody knows, it is to be tried again. */
export type Stuck = ReadonlyMap<string, string>

/** Does one thing with many cases, in one request, and says what came of it; one step takes it back. */
export async function together(rows: readonly CaseRow[], act: Act, did: (count: number) => string): Promise<Stuck | undefined> {
  const cases = rows.map(({ id, changed_at }) => ({ id, seen_at: changed_at }))
  const results = await ask(rows, (headers) => take(client.POST('/api/acts', { params: { query: inBrand() }, body: { ...act, cases }, headers })))
  if (!results) return undefined
  const done = results.filter((r) => r.case)
  const acts = done.flatMap(({ id, act }) => (act ? [{ id, act }] : []))
  if (done.length > 0) {
    const words = did(done.length)
    tell(words, acts.length > 0 ? { label: t('undo'), run: canUndo(() => undo(rows, acts)) } : undefined)
  }
  const stuck = new Map(results.flatMap((r) => (r.case ? [] : [[r.id, problemWords(r.code, '')] as const])))
  if (stuck.size > 0) announce(t('marks.stuck', { count: stuck.size }))
  return stuck
}

async function undo(rows: readonly CaseRow[], acts: { id: string; act: number }[]): Promise<void> {
  const results = await ask(rows, (headers) => take(client.POST('/api/acts/undo', { params: { query: inBrand() }, body: { acts }, headers })))
  if (!results) return
  const done = results.filter((r) => r.case).length
  if (done > 0) tell(t('marks.undone', { count: done }))
  if (done < results.length) warn(t('marks.notUndone', { count: results.length - done }))
}

async function ask(rows: readonly CaseRow[], act: (headers: ReturnType<typeof once>) => Promise<{ results: Took[] }>): Promise<Took[] | undefined> {
  const headers = once()
  const release = rows.map((r) => hold(r.id))
  try {
    let answer
    try {
      answer = await act(headers)
    } catch (e) {
      if (!worthRetrying(e)) throw e
      answer = await act(headers) // the answer may have been lost on the way: the same key makes it one act
    }
    for (const r of answer.results) if (r.case) showChange(r.id, r.case)
    return answer.results
  } catch (e) {
    warn(wordsFor(e))
    return undefined
  } finally {
    for (const r of release) r()
    freshen(rows.map((r) => r.id))
    for (const { id } of rows) outdated(['case', id])
  }
}

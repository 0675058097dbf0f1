// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { signal } from '../shell/signal'

/** The cases whose customers write just now. */
export const writing = signal<ReadonlySet<string>>(new Set())

/** Who writes says so every three seconds. */
export const writesFor = 6000

const ends = new Map<string, ReturnType<typeof setTimeout>>()

/** A customer writes, as the server reported it; what cannot be understood says nothing. */
export function heardWriting(data: string): void {
  let id: unknown
  try {
    id = (JSON.parse(data) as { case_id?: unknown } | null)?.case_id
  } catch {
    return
  }
  if (typeof id !== 'string' || !id) return
  const caseId = id
  clearTimeout(ends.get(caseId))
  ends.set(
    caseId,
    setTimeout(() => stoppedWriting(caseId), writesFor),
  )
  writing.set(new Set(writing.get()).add(caseId))
}

/** They have stopped, or what they wrote is there. */
export function stoppedWriting(caseId: string): void {
  clearTimeout(ends.get(caseId))
  ends.delete(caseId)
  if (!writing.get().has(caseId)) return
  const left = new Set(writing.get())
  left.delete(caseId)
  writing.set(left)
}

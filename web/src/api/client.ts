// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import createClient from 'openapi-fetch'
import { Problem, problemOf, Unreachable } from './problem'
import type { paths } from './types'

export const client = createClient<paths>({ credentials: 'same-origin' })

const signedOut = new Set<() => void>()

/** What the door says to whoever is about to come in. */
const signingIn = new Set(['session.wrong', 'session.second_step', 'session.half_over'])

/** Calls f whenever the server no longer knows who we are. Returns how to stop. */
export function onSignedOut(f: () => void): () => void {
  signedOut.add(f)
  return () => signedOut.delete(f)
}

/** The answer's data, or a thrown Problem or Unreachable. */
export async function take<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer
  try {
    answer = await asked
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    throw new Unreachable()
  }
  if (answer.response.ok) return answer.data as T
  const problem = problemOf(answer.response.status, answer.error)
  if (problem.status === 401 && !signingIn.has(problem.code)) for (const f of signedOut) f()
  throw problem
}

/** One key for one act of an agent: asking again with it does not do it again. */
export function once(key: string = newKey()): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key }
}

/** A random key. (crypto.randomUUID is missing where the desk is opened over plain http in a local network.) */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

export { Problem, Unreachable }

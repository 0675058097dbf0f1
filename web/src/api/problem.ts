// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** The server's no, in words a program can act on (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: FieldProblem[],
  ) {
    super(code || detail || String(status))
  }
}

export interface FieldProblem {
  /** "body.settings.host" */
  location: string
  message: string
  /** Message key, where the server sent one. */
  code: string
}

/** The server did not answer: nothing is known about whether it took the request. */
export class Unreachable extends Error {
  constructor() {
    super('unreachable')
  }
}

/** Reads a refused answer, whatever its body is: a proxy in between answers with HTML. */
export function problemOf(status: number, body: unknown): Problem {
  const b = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const fields = Array.isArray(b.errors) ? b.errors : []
  return new Problem(
    status,
    text(b.code),
    text(b.detail) || text(b.title),
    fields.map((f: Record<string, unknown>) => ({
      location: text(f.location),
      message: text(f.message),
      code: text(f.code),
    })),
  )
}

/** Whether asking again with the same key may end differently. */
export function worthRetrying(error: unknown): boolean {
  if (error instanceof Unreachable) return true
  // The first try under this key is still at work.
  return error instanceof Problem && ([408, 429, 502, 503, 504].includes(error.status) || error.code === 'request.in_progress')
}

/** Whether the server has understood and said no: it would say the same again under the same key. */
export function isFinal(error: unknown): boolean {
  return error instanceof Problem && !worthRetrying(error) && error.status < 500 && error.status !== 401
}

function text(v: unknown): string {
  return typeof v === 'string' ? v : ''
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { CaseRow } from '../api/types'

/** As many as the server takes at once. */
export const marksMost = 200

/** What is marked, after a row was marked, or was not any more. */
export function toggled(marks: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(marks)
  if (!next.delete(id) && next.size < marksMost) next.add(id)
  return next
}

/** What is marked, after all rows from one to another were marked as well. */
export function upTo(marks: ReadonlySet<string>, rows: readonly CaseRow[], from: string | undefined, to: string): ReadonlySet<string> {
  const b = rows.findIndex((r) => r.id === to)
  const a = from ? rows.findIndex((r) => r.id === from) : -1
  const next = new Set(marks)
  for (const r of rows.slice(Math.min(a < 0 ? b : a, b), Math.max(a, b) + 1)) if (next.size < marksMost) next.add(r.id)
  return next
}

/** What is marked once all that is here is, as far as that may be. */
export function allOf(rows: readonly CaseRow[]): ReadonlySet<string> {
  return new Set(rows.slice(0, marksMost).map((r) => r.id))
}

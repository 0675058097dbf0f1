// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { InfiniteData } from '@tanstack/react-query'
import type { CaseRow, InboxPage, View } from '../api/types'
import { lineOf } from '../shell/name'

export const views: readonly View[] = ['open', 'mine', 'unassigned', 'waiting', 'solved', 'trouble']

export function isView(v: string): v is View {
  return (views as readonly string[]).includes(v)
}

/** The rows of all pages, in the server's order. A case that moved between two pages is shown once, where it was first. */
export function rowsOf(data: InfiniteData<InboxPage> | undefined): CaseRow[] {
  const seen = new Set<string>()
  const rows: CaseRow[] = []
  for (const page of data?.pages ?? []) {
    for (const row of page.cases) {
      if (seen.has(row.id)) continue
      seen.add(row.id)
      rows.push(row)
    }
  }
  return rows
}

/** What the first column of a row says: a due time, or since when it is as it is. */
export function clockOf(row: CaseRow): { kind: 'due'; at: string } | { kind: 'waiting' | 'solved' | 'open'; at: string } {
  if (row.state === 'open') return row.due_at ? { kind: 'due', at: row.due_at } : { kind: 'open', at: row.waits_since ?? row.made_at }
  if (row.state === 'solved') return { kind: 'solved', at: row.solved_at ?? row.changed_at }
  return { kind: 'waiting', at: row.changed_at }
}

/**
 * What a case is about, where that says more than its last words: a mail begins with "Guten Tag", its subject does not.
 * Once we have answered, what they say to that counts.
 */
export function aboutOf(row: Pick<CaseRow, 'title' | 'preview' | 'answered'>): string {
  if (row.answered && row.preview) return ''
  const [title, preview] = [lineOf(row.title), lineOf(row.preview)]
  const same = Math.min(uncut(title).length, uncut(preview).length)
  return preview && title.slice(0, same) === preview.slice(0, same) ? '' : title
}

/**
 * The case to work on next: the first in the list that nobody else has, after the one at hand is left out. A case that
 * a colleague holds is not taken from them by a key.
 */
export function nextCase(rows: CaseRow[], current: string | undefined, me: string): CaseRow | undefined {
  return rows.find((r) => r.id !== current && r.state === 'open' && (r.agent === null || r.agent.id === me))
}

function uncut(line: string): string {
  return line.replace(/…$/, '')
}

/** The row one step on from another, staying at the ends; the first when there is none yet. */
export function step(rows: CaseRow[], current: string | undefined, by: 1 | -1): CaseRow | undefined {
  const at = rows.findIndex((r) => r.id === current)
  if (at < 0) return rows[0]
  return rows[Math.min(rows.length - 1, Math.max(0, at + by))]
}

/** Whether a case still belongs to a view after a change of ours. Where that is the server's to say, it stays. */
export function belongs(view: View, row: CaseRow, me: string): boolean {
  switch (view) {
    case 'open':
      return row.state === 'open'
    case 'mine':
      return row.state !== 'solved' && row.agent?.id === me
    case 'unassigned':
      return row.state === 'open' && row.agent === null
    case 'waiting':
      return row.state === 'waiting'
    case 'solved':
      return row.state === 'solved'
    case 'trouble':
      return true
  }
}

/** The pages of a view with one case changed; it leaves the list when it no longer belongs there. */
export function withChange(
  data: InfiniteData<InboxPage>,
  view: View,
  id: string,
  change: Partial<CaseRow>,
  me: string,
): InfiniteData<InboxPage> {
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      cases: page.cases.flatMap((row) => {
        if (row.id !== id) return [row]
        const next = { ...row, ...change }
        return belongs(view, next, me) ? [next] : []
      }),
    })),
  }
}

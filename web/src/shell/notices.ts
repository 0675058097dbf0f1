// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { signal } from './signal'

export interface Notice {
  id: number
  tone: 'done' | 'bad'
  text: string
  act?: { label: string; run: () => void }
}

const goesAfter = 7_000

export const notices = signal<readonly Notice[]>([])
/** What a screen reader is to say without anything being shown. */
export const spoken = signal('')

let last = 0

/** Says that something was done. It goes away by itself. */
export function tell(text: string, act?: Notice['act']): void {
  const id = show({ tone: 'done', text, act })
  setTimeout(() => dismiss(id), goesAfter)
}

/** Says calmly that something can be done. It stays until somebody does it, or waves it away. */
export function offer(text: string, act: NonNullable<Notice['act']>): void {
  if (notices.get().some((n) => n.text === text)) return
  show({ tone: 'done', text, act })
}

/** Says that something went wrong. It stays until somebody has read it. */
export function warn(text: string, act?: Notice['act']): void {
  if (notices.get().some((n) => n.tone === 'bad' && n.text === text)) return
  show({ tone: 'bad', text, act })
}

export function dismiss(id: number): void {
  notices.set(notices.get().filter((n) => n.id !== id))
}

/** Has a screen reader say something, politely. The same words twice in a row are said twice. */
export function announce(text: string): void {
  spoken.set(spoken.get() === text ? text + '\u00A0' : text)
}

function show(n: Omit<Notice, 'id'>): number {
  const id = ++last
  notices.set([...notices.get().slice(-3), { ...n, id }])
  return id
}

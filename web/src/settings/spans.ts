// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Span } from '../api/types'

const day = 24 * 60

/** Spans as people write them: "08:00–12:30, 13:30–18:00"; nothing where there is none. */
export function writeSpans(spans: readonly Span[]): string {
  return spans.map((s) => `${writeTime(s.from)}–${writeTime(s.to)}`).join(', ')
}

/**
 * Reads what somebody wrote: "8-12:30, 13.30–18", "0-24". Nothing is no service. undefined: it cannot be read, a span ends
 * before it begins, or two of them meet.
 */
export function readSpans(text: string): Span[] | undefined {
  if (text.trim() === '') return []
  const spans: Span[] = []
  for (const part of text.split(/[,;]/)) {
    const ends = part.split(/[-–—]|\bbis\b|\bto\b/)
    if (ends.length !== 2) return undefined
    const from = readTime(ends[0] ?? '')
    const to = readTime(ends[1] ?? '')
    if (from === undefined || to === undefined || from >= to) return undefined
    spans.push({ from, to })
  }
  spans.sort((a, b) => a.from - b.from)
  for (const [i, s] of spans.entries()) {
    const before = spans[i - 1]
    if (before && s.from < before.to) return undefined
  }
  return spans
}

function writeTime(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function readTime(text: string): number | undefined {
  const m = /^(\d{1,2})(?:[:.]?(\d{2}))?(?:\s*(?:uhr|h))?$/i.exec(text.trim())
  if (!m) return undefined
  const minutes = Number(m[2] ?? 0)
  const all = Number(m[1]) * 60 + minutes
  return minutes < 60 && all <= day ? all : undefined
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

interface Part {
  text: string
  hit: boolean
}

/** A text in parts: what was found in it, and what stands between. Ranges ascend; what lies outside the text is left out. */
export function partsOf(text: string, marks: readonly { from: number; to: number }[]): Part[] {
  const parts: Part[] = []
  let at = 0
  const add = (to: number, hit: boolean) => {
    if (to > at) parts.push({ text: text.slice(at, to), hit })
    at = Math.max(at, to)
  }
  for (const { from, to } of marks) {
    add(Math.min(from, text.length), false)
    add(Math.min(to, text.length), true)
  }
  add(text.length, false)
  return parts
}

/** What a question is with one more filter, or without it where it has it already. */
export function withFilter(q: string, filter: string): string {
  const words = q.split(/\s+/).filter(Boolean)
  const rest = words.filter((w) => w.toLowerCase() !== filter.toLowerCase())
  return (rest.length < words.length ? rest : [...words, filter]).join(' ')
}

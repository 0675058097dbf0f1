// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

export type Part = { text: string; href?: string }

/** Splits a text into plain parts and web addresses. Nothing but http and https becomes a link. */
export function parts(text: string): Part[] {
  const out: Part[] = []
  let done = 0
  for (const hit of text.matchAll(/\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi)) {
    const said = trimEnd(hit[0])
    const url = URL.canParse(said) ? new URL(said) : null
    if (!url || url.username || url.password) continue // user@host misleads about where a link goes
    if (hit.index > done) out.push({ text: text.slice(done, hit.index) })
    out.push({ text: said, href: url.href })
    done = hit.index + said.length
  }
  if (done < text.length) out.push({ text: text.slice(done) })
  return out
}

/** Leaves the sentence its full stop, and the bracket that was open before the address began. */
function trimEnd(s: string): string {
  for (;;) {
    const last = s.at(-1) ?? ''
    const open = { ')': '(', ']': '[', '}': '{' }[last]
    if (!'.,;:!?…'.includes(last) && !(open && count(s, last) > count(s, open))) return s
    s = s.slice(0, -1)
  }
}

const count = (s: string, c: string) => s.split(c).length - 1

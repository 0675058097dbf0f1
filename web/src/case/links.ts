// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

export interface Piece {
  text: string
  href?: string
  /** The host as machines call it, where its letters may look like another's. */
  really?: string
}

const found = /(?:https?:\/\/|mailto:|tel:)[^\s<>"'`{}|\\^\u200B-\u200F\u202A-\u202E\u2066-\u2069]+/giu

/** Cuts a text into plain pieces and addresses. Only http, https, mailto and tel become links. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  let from = 0
  for (const m of text.matchAll(found)) {
    const address = trimEnd(m[0])
    const href = safeHref(address)
    if (!href) continue
    if (m.index > from) out.push({ text: text.slice(from, m.index) })
    const host = new URL(href).hostname
    out.push(/(^|\.)xn--/.test(host) && !address.toLowerCase().includes(host) ? { text: address, href, really: host } : { text: address, href })
    from = m.index + address.length
  }
  if (from < text.length) out.push({ text: text.slice(from) })
  return out
}

/** The address as a browser would open it, or undefined when it is not one that the desk opens: what stands before an @ misleads about where it leads. */
export function safeHref(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (url.username || url.password) return undefined
  return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : undefined
}

/** A full stop or bracket behind an address belongs to the sentence, unless the bracket was opened inside. */
function trimEnd(address: string): string {
  let end = address.length
  for (; end > 0; end--) {
    const last = address[end - 1] ?? ''
    if (/[.,;:!?…'"»“”*_]/u.test(last)) continue
    const opening = { ')': '(', ']': '[' }[last]
    if (opening && count(address.slice(0, end), last) > count(address.slice(0, end), opening)) continue
    break
  }
  return address.slice(0, end)
}

function count(s: string, c: string): number {
  return s.split(c).length - 1
}

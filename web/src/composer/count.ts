// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Limits } from '../api/types'

// As the server counts them: up to the next space.
const addresses = /https?:\/\/\S*/gu

let graphemes: Intl.Segmenter | undefined

/** How long a text is for a network, in the network's own way of counting. */
export function lengthOf(text: string, limits: Limits): number {
  const each = limits.url_length ?? 0
  if (each <= 0) return count(text, limits.counting)
  const links = text.match(addresses)?.length ?? 0
  return count(text.replace(addresses, ''), limits.counting) + links * each
}

/** A text as it goes out with a sign behind it, as the server puts it there: one that ends with it already gets no second. */
export function signed(text: string, sign: string): string {
  const words = text.trim()
  if (!sign || !words || words === sign) return words && sign ? words : text
  return words.endsWith(sign) && /\s$/u.test(words.slice(0, -sign.length)) ? words : `${words} ${sign}`
}

/** How many characters are left, with what the text is folded behind; undefined where the network sets no limit. */
export function left(text: string, limits: Limits, warning = ''): number | undefined {
  return limits.text_max ? limits.text_max - lengthOf(text, limits) - lengthOf(warning, limits) : undefined
}

function count(text: string, counting: string | undefined): number {
  if (counting === 'utf16') return text.length
  if (counting === 'graphemes') {
    graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    let n = 0
    for (const _ of graphemes.segment(text)) n++
    return n
  }
  let n = 0
  for (const _ of text) n++
  return n
}

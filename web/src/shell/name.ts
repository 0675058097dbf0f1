// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Characters that show nothing but change how their neighbours show: controls, zero-width ones, direction overrides.
// The joiners stay between letters: emoji are made of one, Persian and Hindi are written with both.
const invisible =
  /[\u0000-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]/gu

/** A name as it can be shown in a line: nothing invisible, no piles of accents, no line breaks. Empty if nothing is left. */
export function lineOf(name: string): string {
  return name
    .replace(/\s+/gu, ' ')
    .replace(invisible, '')
    .replace(/(\p{Mn}{3})\p{Mn}+/gu, '$1')
    .replace(/^[\s\u200C\u200D]+|[\s\u200C\u200D]+$/gu, '')
}

/** The first of several names that shows something. */
export function shown(...names: (string | undefined | null)[]): string {
  for (const n of names) {
    const line = n ? lineOf(n) : ''
    if (line) return line
  }
  return ''
}

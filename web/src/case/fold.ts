// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Longer than nearly all that people write by hand; beyond it are forwarded threads and pasted logs.
const longest = { characters: 6_000, lines: 80 }
const kept = { characters: 4_000, lines: 50 }

/** The beginning of a text that is too long to be read in passing, cut between two words; undefined when it is not. */
export function beginningOf(text: string): string | undefined {
  if (text.length <= longest.characters && endOfLine(text, longest.lines) < 0) return undefined
  const line = endOfLine(text, kept.lines)
  const cut = text.slice(0, line < 0 ? kept.characters : Math.min(line, kept.characters))
  const space = cut.search(/\s\S{0,80}$/)
  if (space > 0) return cut.slice(0, space)
  return cut.replace(/[\uD800-\uDBFF]$/, '') // not half an emoji
}

/** Where a line ends, by its number; negative when there are fewer. */
function endOfLine(text: string, number: number): number {
  let at = -1
  for (let n = 0; n < number; n++) {
    at = text.indexOf('\n', at + 1)
    if (at < 0) return -1
  }
  return at
}

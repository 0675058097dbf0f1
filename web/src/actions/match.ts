// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

const spelledOut: Record<string, string> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe', æ: 'ae', œ: 'oe' }
const alike: Record<string, string> = { ø: 'o', æ: 'a', œ: 'o', ł: 'l', đ: 'd', ı: 'i' }

/** The ways to write a text on any keyboard: ä as a, and as ae; ß as ss. In small letters, without accents. */
function spellings(text: string): string[] {
  const small = text.normalize('NFC').toLowerCase().replaceAll('ß', 'ss')
  const bare = (s: string) => [...s.normalize('NFD').replace(/\p{M}/gu, '')].map((c) => alike[c] ?? c).join('')
  const short = bare(small)
  const long = bare([...small].map((c) => spelledOut[c] ?? c).join(''))
  return short === long ? [short] : [short, long]
}

const split = /[\s.,:;·/()„“"'–-]+/u

/**
 * How well a text answers what somebody typed: the higher the better, 0 for not at all. Every word that was typed has to be
 * found: at the beginning of a word, within one, or at the least its letters one after the other, for those who type fast.
 */
export function match(typed: string, text: string): number {
  const texts = spellings(text)
  let sum = 0
  for (const word of typed.split(split).filter(Boolean)) {
    let best = 0
    for (const w of spellings(word)) for (const t of texts) best = Math.max(best, wordIn(w, t))
    if (best === 0) return 0
    sum += best
  }
  return sum
}

function wordIn(word: string, text: string): number {
  const words = text.split(split)
  const first = words.findIndex((w) => w.startsWith(word))
  if (first >= 0) return (words[first] === word ? 110 : 100) - Math.min(first, 9)
  if (text.includes(word)) return 60
  if (word.length < 2) return 0
  const run = gaps(word, text)
  return run === undefined ? 0 : Math.max(1, 40 - run)
}

/** How many letters lie between those of the word, taken one after the other; undefined where they are not all there. */
function gaps(word: string, text: string): number | undefined {
  let best: number | undefined
  for (let begin = text.indexOf(word[0] ?? ''); begin >= 0; begin = text.indexOf(word[0] ?? '', begin + 1)) {
    let at = begin
    for (const c of word.slice(1)) {
      at = text.indexOf(c, at + 1)
      if (at < 0) break
    }
    if (at < 0) break
    const between = at - begin + 1 - word.length
    if (best === undefined || between < best) best = between
  }
  // Letters that lie far apart are there by accident.
  return best !== undefined && best <= word.length * 2 ? best : undefined
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Holds the texts to what they promise: every text is there in both languages with the same blanks in it, every text
// that the app names exists, and none is left that nothing names. Run by `npm run check`.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Texts that the server names by a message key: the app does not spell them out. */
const namedByServer = [/^error\./, /^reason\./, /^(public|private)$/]

export function faults(texts, sources) {
  const found = []
  const languages = Object.keys(texts)
  const all = new Set(languages.flatMap((l) => Object.keys(texts[l])))
  for (const key of all) {
    const missing = languages.filter((l) => typeof texts[l][key] !== 'string' || texts[l][key].trim() === '')
    if (missing.length > 0) found.push(`${key}: missing in ${missing.join(', ')}`)
    else if (new Set(languages.map((l) => blanks(texts[l][key]))).size > 1) found.push(`${key}: the languages fill in different things`)
  }
  const named = new Set()
  for (const [file, source] of Object.entries(sources)) {
    // t('key'), t(choice ? 'one' : 'other'), and t(`beginning.${…}.end`), which names all texts that look like it.
    for (const { index } of source.matchAll(/\bt\(/g)) {
      const arg = firstArgument(source, index + 2)
      for (const [, key] of arg.matchAll(/`([^`]+)`/g)) name(key, file)
      for (const [, key] of arg.matchAll(/(?:^|[?:])\s*'([^']+)'/g)) name(key, file)
    }
    // Tables of keys.
    for (const [, key] of source.matchAll(/['"]((?:act|cannot|does|keys|nav|tour)\.\w+)['"]/g)) name(key, file)
  }
  for (const key of all) {
    if (!named.has(key) && !namedByServer.some((r) => r.test(key))) found.push(`${key}: nothing names it`)
  }
  return found

  function name(key, file) {
    const shape = new RegExp(`^${key.split(/\$\{[^}]*\}/).map(RegExp.escape ?? escape).join('\\w+')}(_one|_other)?$`)
    const hits = [...all].filter((k) => shape.test(k))
    if (hits.length === 0) found.push(`${file}: names ${key}, which does not exist`)
    for (const k of hits) named.add(k)
  }
}

/** What stands between an opening bracket and the comma or bracket that ends the first argument. */
function firstArgument(source, from) {
  let depth = 0
  for (let i = from; i < source.length; i++) {
    const c = source[i]
    if ('([{'.includes(c)) depth++
    else if (depth === 0 && ',)'.includes(c)) return source.slice(from, i)
    else if (')]}'.includes(c)) depth--
  }
  return ''
}

function blanks(text) {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((m) => m[1])
    .sort()
    .join()
}

function escape(s) {
  return s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

const web = fileURLToPath(new URL('..', import.meta.url))
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = (name) => JSON.parse(readFileSync(join(web, `src/i18n/${name}.json`), 'utf8'))
  const read = (l) => ({ ...file(l), ...file(`later.${l}`) })
  const sources = {}
  for (const f of readdirSync(join(web, 'src'), { recursive: true })) {
    if (/\.tsx?$/.test(f) && !/\.test\.tsx?$|\.gen\.ts$/.test(f)) sources[f] = readFileSync(join(web, 'src', f), 'utf8')
  }
  const found = faults({ de: read('de'), en: read('en') }, sources)
  for (const f of found) console.error(f)
  if (found.length > 0) process.exit(1)
}

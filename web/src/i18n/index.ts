// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import i18next from 'i18next'
import { useSyncExternalStore } from 'react'
import { remember, remembered } from '../api/remembered'
import type { Language, Words } from '../api/types'
import type de from './de.json'
import type later from './later.de.json'

type Stored = keyof typeof de | keyof typeof later
type Counted<K> = K extends `${infer Base}_one` ? Base : never

/** A text of the app. Texts that are counted are named without their _one and _other. */
export type Key = Stored | Counted<Stored>

export type Values = Record<string, string | number>
export type Translate = (key: Key, values?: Values) => string

type Load = () => Promise<{ default: Record<string, string> }>

const loaders: Record<Language, { first: Load; later: Load }> = {
  de: { first: () => import('./de.json'), later: () => import('./later.de.json') },
  en: { first: () => import('./en.json'), later: () => import('./later.en.json') },
}
const loaded = new Set<Load>()
let wantsLater = false

const ready = i18next.init({
  resources: {},
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false }, // React escapes
})

/** The language to begin with, before the server says which one the agent has chosen. */
export function guessLanguage(): Language {
  const kept = remembered('language')
  if (kept === 'de' || kept === 'en') return kept
  return navigator.languages.find((l) => /^(de|en)\b/.test(l))?.startsWith('de') ? 'de' : 'en'
}

/** Shows the app in this language, from the moment its texts are here. */
export async function speak(language: Language): Promise<void> {
  await load(language)
  remember('language', language)
  document.documentElement.lang = language
  if (i18next.language !== language) await i18next.changeLanguage(language)
}

async function load(language: Language): Promise<void> {
  await ready
  const { first, later } = loaders[language]
  await Promise.all(
    [first, ...(wantsLater ? [later] : [])].map(async (one) => {
      if (loaded.has(one)) return
      const texts = await one()
      i18next.addResourceBundle(language, 'translation', texts.default, false, false, { silent: false, skipCopy: true }) // nobody changes them
      loaded.add(one)
      plain.clear()
    }),
  )
}

/** A part of the app whose texts the first screen does without: they are there when it is. */
export async function withLater<T>(part: Promise<T>): Promise<T> {
  wantsLater = true
  await load(language())
  return part
}

function subscribe(f: () => void) {
  i18next.on('languageChanged', f)
  return () => i18next.off('languageChanged', f)
}

export function language(): Language {
  return i18next.language === 'de' ? 'de' : 'en'
}

/** Texts of the language of the moment in which nothing is put: looked up once, for a screen has hundreds of them. */
const plain = new Map<Key, string>()
i18next.on('languageChanged', () => plain.clear()) // before anybody who draws anew is told

export const t: Translate = (key, values) => {
  if (values) return i18next.t(key as string, values as Record<string, unknown>)
  let text = plain.get(key)
  if (text === undefined) plain.set(key, (text = i18next.t(key as string)))
  return text
}

/** A text that the server names by a message key. Unknown keys fall back to what the server says in words. */
export function say(beginning: string, code: string, fallback: string): string {
  const key = `${beginning}.${code}`
  return code && i18next.exists(key) ? i18next.t(key) : fallback
}

/** The texts in the language of the moment; what uses it is drawn again when the language changes. */
export function useText(): { t: Translate; language: Language } {
  return { t, language: useSyncExternalStore(subscribe, language, language) }
}

/** A text that came with its translations. */
export function inWords(words: Words | null | undefined, lang: Language): string {
  if (!words) return ''
  return words[lang] || words.en || Object.values(words)[0] || ''
}

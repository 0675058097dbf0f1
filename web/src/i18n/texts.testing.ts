// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Language } from '../api/types'
import type { Key } from '.'
import de from './de.json'
import en from './en.json'
import laterDe from './later.de.json'
import laterEn from './later.en.json'

const texts: Record<Language, Record<string, string>> = { de: { ...de, ...laterDe }, en: { ...en, ...laterEn } }

/** A text as it is stored. */
export function textOf(language: Language, key: Key): string | undefined {
  return texts[language][key]
}

/** What is filled into a text. */
export function blanksOf(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? '')
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Language } from '../api/types'

/** Minutes as people enter hours: "168", "0,5" or "0.5". */
export function hours(min: number, language: Language): string {
  const text = String(Math.round((min / 60) * 100) / 100)
  return language === 'de' ? text.replace('.', ',') : text
}

/** What somebody entered as hours, in whole minutes. What is no number is no time, and the server says what it may be. */
export function minutes(entered: string | undefined): number {
  const n = Number((entered ?? '').trim().replace(',', '.'))
  return Number.isFinite(n) ? Math.round(n * 60) : 0
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { say, t } from '../i18n'
import { Problem } from './problem'

/** What to tell a person about an error: the text for its key, else what the server said, else that it did not work. */
export function wordsFor(error: unknown): string {
  if (error instanceof Problem) return problemWords(error.code, error.detail)
  return t('error.unreachable')
}

export function problemWords(code: string, detail: string): string {
  return say('error', code, detail || t('error.internal'))
}

/** The errors of one field: "body.settings.host" is found by "settings.host". */
export function fieldWords(error: unknown, field: string): string | undefined {
  if (!(error instanceof Problem)) return undefined
  const f = error.fields.find((e) => e.location === `body.${field}` || e.location === field)
  return f && say('error', f.code || f.message, f.message || t('error.field'))
}

/** What a form says about an error beside its fields: nothing, where one of them has said it. */
export function formWords(error: unknown, ...said: (string | undefined)[]): string {
  return !error || said.some(Boolean) ? '' : wordsFor(error)
}

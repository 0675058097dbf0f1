// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Field } from '../api/types'

/**
 * What the form says about each setting. A checkbox that is not ticked says "false". Of an account that is being
 * changed (had), an empty secret says nothing, so it stays; what a sign-in wrote and no form shows stays as it was.
 */
export function settingsFrom(fields: Field[], values: Record<string, string>, had?: Record<string, string>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const f of fields) {
    const v = values[`s.${f.key}`] ?? ''
    if (f.hidden) {
      const kept = had?.[f.key]
      if (kept !== undefined) out[f.key] = kept
    } else if (f.kind === 'bool') out[f.key] = v === 'true' ? 'true' : 'false'
    else if (f.kind === 'secret') {
      if (v || !had) out[f.key] = v
    } else if (f.kind === 'list') {
      out[f.key] = v
        .split(/\r?\n/)
        .map((l) => l.trim())
        .filter(Boolean)
        .join('\n')
    } else out[f.key] = v.trim()
  }
  return out
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { t } from '../i18n'

const kinds = ['intake', 'deliver', 'delivery', 'look', 'onward', 'alert', 'canary', 'webhook', 'push'] as const

/** What a kind of work is called. One that only the server knows is called as there. */
export function workName(kind: string): string {
  const known = kinds.find((k) => k === kind)
  return known ? t(`work.${known}`) : kind
}

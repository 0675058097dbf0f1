// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Message } from '../api/types'

/** Why these messages cannot become a case of their own; undefined: they can. */
export function splittable(messages: readonly Message[], chosen: ReadonlySet<string>): 'error.split.nothing' | 'error.split.all' | undefined {
  const goes = messages.filter((m) => chosen.has(m.id))
  if (!goes.some((m) => m.direction === 'inbound')) return 'error.split.nothing'
  return messages.some((m) => !chosen.has(m.id) && m.direction !== 'note' && !m.auto) ? undefined : 'error.split.all'
}

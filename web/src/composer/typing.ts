// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { client } from '../api/client'

const every = 4000

const never = { conversation: '', at: -Infinity }
let last = never

/** Shows a customer that somebody writes to them. It is said again every few seconds; whether it arrives does not matter. */
export function types(caseId: string, conversation: string, now = performance.now(), tell = post): void {
  if (conversation === last.conversation && now - last.at < every) return
  last = { conversation, at: now }
  tell(caseId, conversation)
}

/** What was written is on its way: whoever writes more begins anew. */
export function hasWritten(): void {
  last = never
}

function post(id: string, conversation_id: string): void {
  client.POST('/api/cases/{id}/typing', { params: { path: { id } }, body: { conversation_id } }).catch(() => undefined)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest'
import type { Message } from '../api/types'
import { emptyDraft } from './draft'
import type { Unsent } from './outbox'
import { withReply } from './withdraw'

const was = { id: 'm1', conversation_id: 'v1', visibility: 'private', body: 'Wir schicken jemanden.', subject: '', warning: '' } as Message

describe('a reply that was taken back', () => {
  it('stands before what was begun since', () => {
    const draft = withReply({ ...emptyDraft, reply: 'Und noch etwas:', note: 'Tom fragen' }, was, undefined)
    expect(draft).toMatchObject({ reply: 'Wir schicken jemanden.\n\nUnd noch etwas:', note: 'Tom fragen', tab: 'v1/private/' })
  })

  it('knows what its author had seen, and not what came later', () => {
    expect(withReply(emptyDraft, was, undefined).seen).toBe('m1')
  })

  it('has its files again where they were put up', () => {
    const write = { kind: 'reply', body: { conversation_id: 'v1', visibility: 'private', text: '', seen: '', files: [{ ticket: 't1', alt: 'Router' }] }, names: [{ name: 'router.jpg', size: 9 }] }
    const draft = withReply(emptyDraft, was, { write } as Unsent)
    expect(draft.files).toEqual([{ ticket: 't1', alt: 'Router', name: 'router.jpg', size: 9 }])
  })
})

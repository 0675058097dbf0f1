// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { beforeEach, expect, test, vi } from 'vitest'
import { emptyDraft, forgetOldDrafts, keepDraft, keptDraft, moveDraft, watchDraft } from './draft'
import { storage } from './storage.testing'

beforeEach(() => void storage())

const draft = { ...emptyDraft, reply: 'Guten Tag Frau Feldkamp', tab: 'k1/private/', seen: 'm9' }

test('a draft is there again after the page was left', () => {
  expect(keepDraft('anke', 'c1', draft, 1000)).toBe(true)
  expect(keptDraft('anke', 'c1')).toEqual({ ...draft, at: 1000 })
})

test('it belongs to its case and to its agent', () => {
  keepDraft('anke', 'c1', draft)
  expect(keptDraft('anke', 'c2')).toEqual(emptyDraft)
  expect(keptDraft('lars', 'c1')).toEqual(emptyDraft)
})

test('a draft without text leaves nothing behind', () => {
  const kept = storage()
  keepDraft('anke', 'c1', draft)
  keepDraft('anke', 'c1', { ...draft, reply: '' })
  expect(Object.keys(kept)).toEqual([])
})

test('where nothing can be kept, that is said', () => {
  storage(true)
  expect(keepDraft('anke', 'c1', draft)).toBe(false)
  expect(keptDraft('anke', 'c1')).toEqual(emptyDraft)
})

test('what somebody else wrote there is no draft', () => {
  const kept = storage()
  kept['hilft.draft.anke.c1'] = '{"reply":7,"note":"Notiz"'
  expect(keptDraft('anke', 'c1')).toEqual(emptyDraft)
  kept['hilft.draft.anke.c1'] = '{"reply":7,"note":"Notiz"}'
  expect(keptDraft('anke', 'c1')).toEqual({ ...emptyDraft, note: 'Notiz' })
})

test('after a month without a touch it is forgotten, and no sooner', () => {
  const day = 86_400_000
  keepDraft('anke', 'old', draft, 0)
  keepDraft('anke', 'young', draft, 5 * day)
  forgetOldDrafts(31 * day)
  expect(keptDraft('anke', 'old')).toEqual(emptyDraft)
  expect(keptDraft('anke', 'young').reply).toBe(draft.reply)
})

test('another tab of the same browser writes the same draft', () => {
  const page = new EventTarget()
  vi.stubGlobal('window', page)
  const seen: string[] = []
  const stop = watchDraft('anke', 'c1', (d) => seen.push(d.reply))
  const changed = (key: string | null) => page.dispatchEvent(Object.assign(new Event('storage'), { key }))
  keepDraft('anke', 'c1', draft)
  changed('hilft.draft.anke.c1')
  changed('hilft.draft.anke.c2')
  storage()
  changed(null)
  stop()
  changed('hilft.draft.anke.c1')
  expect(seen).toEqual([draft.reply, ''])
})

test('what was begun in a case goes on in the one that took its words, behind what was begun there', () => {
  keepDraft('anke', 'c1', { ...draft, note: 'Rückruf' })
  keepDraft('anke', 'c2', { ...emptyDraft, reply: 'Moin', tab: 'k2/public/', seen: 'm1' })
  moveDraft('anke', 'c1', 'c2')
  expect(keptDraft('anke', 'c2')).toMatchObject({ reply: 'Moin\n\nGuten Tag Frau Feldkamp', note: 'Rückruf', tab: 'k2/public/', seen: 'm1' })
  expect(keptDraft('anke', 'c1')).toEqual(emptyDraft)
  moveDraft('anke', 'c1', 'c2') // a second time there is nothing
  expect(keptDraft('anke', 'c2').note).toBe('Rückruf')
})

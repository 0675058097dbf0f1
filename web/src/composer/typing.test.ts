// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { hasWritten, types } from './typing'

test('who writes says so every few seconds, and at once to somebody else', () => {
  const told: string[] = []
  const tell = (id: string, conversation: string) => told.push(`${id} ${conversation}`)
  types('c1', 'v1', 0, tell)
  types('c1', 'v1', 3999, tell)
  types('c2', 'v2', 3999, tell)
  types('c2', 'v2', 8000, tell)
  hasWritten()
  types('c2', 'v2', 8001, tell)
  expect(told).toEqual(['c1 v1', 'c2 v2', 'c2 v2', 'c2 v2'])
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import texts from '../i18n/later.de.json'

const house = new URL('../../../internal/', import.meta.url)
const source = readdirSync(house, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.go') && !file.endsWith('_test.go'))
  .map((file) => readFileSync(new URL(file, house), 'utf8'))
  .join('\n')

test('whatever the house writes into the audit trail is said in words', () => {
  const details = [...source.matchAll(/audit\.Detail\{([^}]*)\}/g)].flatMap(([, inside = '']) => [...inside.matchAll(/"(\w+)":/g)].map(([, key]) => `trail.detail.${key}`))
  const acts = [...source.matchAll(/\bWhat\s+= "(\w+)\.(\w+)"/g)].map(([, room, act]) => `trail.did.${room}_${act}`)
  expect(details.length).toBeGreaterThan(20)
  expect(acts.length).toBeGreaterThan(20)
  expect([...new Set([...details, ...acts])].filter((key) => !(key in texts))).toEqual([])
})

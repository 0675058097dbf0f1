// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { Field } from '../api/types'
import { settingsFrom } from './settingsFrom'

const field = (key: string, kind: string, more: Partial<Field> = {}): Field => ({ key, kind, label: {}, required: false, ...more })
const fields = [field('host', 'host'), field('password', 'secret'), field('own', 'bool'), field('ignore', 'list'), field('client', 'text', { hidden: true })]

test('what a new account is made of', () => {
  const values = { 's.host': ' imap.example.org ', 's.password': ' geheim ', 's.own': 'true', 's.ignore': 'a@x.example\r\n\r\n b@x.example ' }
  expect(settingsFrom(fields, values)).toEqual({ host: 'imap.example.org', password: ' geheim ', own: 'true', ignore: 'a@x.example\nb@x.example' })
})

test('a box that is not ticked says no', () => expect(settingsFrom(fields, {}).own).toBe('false'))

test('changing an account, an empty secret stays as it is and so does what no form shows', () => {
  const out = settingsFrom(fields, { 's.host': 'imap.example.org', 's.password': '' }, { host: 'old', client: 'abc' })
  expect(out).not.toHaveProperty('password')
  expect(out).toMatchObject({ host: 'imap.example.org', client: 'abc' })
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { Description } from '../api/types'
import { signsIn } from './signInAgain'

const text = { de: 'x', en: 'x' }
const choices = [
  { value: 'password', label: text },
  { value: 'google', label: text, sign_in: true },
]
const network = (sign_in?: string) =>
  ({ can: { sign_in }, settings: [{ key: 'auth', kind: 'choice', label: text, required: false, default: 'password', choices }] }) as unknown as Description

test.each([
  ['no network without a sign-in', undefined, { auth: 'google' }, false],
  ['every account of a network that has nothing else', 'full', undefined, true],
  ['nobody who chose a password', 'partial', { auth: 'password' }, false],
  ['nobody who has not chosen yet', 'partial', undefined, false],
  ['whoever chose to', 'partial', { auth: 'google' }, true],
])('it signs in: %s', (_, can, settings, want) => expect(signsIn(network(can), settings)).toBe(want))

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { Message } from '../api/types'
import { splittable } from './splittable'

const said = (id: string, direction: Message['direction'], auto = false) => ({ id, direction, auto }) as Message
const messages = [said('1', 'inbound'), said('2', 'outbound'), said('3', 'note'), said('4', 'outbound', true)]

test.each([
  ['nothing', [], 'error.split.nothing'],
  ['our words alone', ['2'], 'error.split.nothing'],
  ['a note alone', ['3'], 'error.split.nothing'],
  ['what is not there', ['9'], 'error.split.nothing'],
  ['all that people said', ['1', '2'], 'error.split.all'],
  ['one of theirs', ['1'], undefined],
])('%s: %s', (_, chosen, want) => expect(splittable(messages, new Set(chosen))).toBe(want))

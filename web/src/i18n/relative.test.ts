// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { Translate } from './index'
import { span, timeLeft, timeSince, toneOf } from './relative'

const t: Translate = (key, values) => key.replace('time.', '') + (values ? ` ${values.n}` : '')
const now = Date.parse('2026-03-29T00:30:00Z') // half an hour before the clocks go forward
const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString()

test.each([
  [0, 'now'],
  [0.99, 'now'],
  [1, 'minutes 1'],
  [59.9, 'minutes 59'],
  [60, 'hours 1'],
  [119, 'hours 1'],
  [24 * 60 - 1, 'hours 23'],
  [24 * 60, 'days 1'],
  [-90, 'hours 1'],
])('%s minutes are %s', (minutes, want) => expect(span(minutes * 60_000, t)).toBe(want))

test.each([
  [6, 'minutes 6'],
  [0.5, 'now'],
  [-0.5, 'now'],
  [-4, '−minutes 4'],
  [-120, '−hours 2'],
])('due in %s minutes reads %s', (minutes, want) => expect(timeLeft(at(minutes), now, t)).toBe(want))

test.each([
  ['no', 'calm'],
  ['soon', 'soon'],
  ['late', 'late'],
  ['escalated', 'late'],
] as const)('what the clock calls %s looks %s', (late, want) => expect(toneOf(late)).toBe(want))

test('the clocks going forward takes nothing from anybody', () => expect(timeLeft('2026-03-29T02:30:00Z', now, t)).toBe('hours 2'))
test('a browser whose clock is slow sees no message from the future', () => expect(timeSince(at(3), now, t)).toBe('now'))

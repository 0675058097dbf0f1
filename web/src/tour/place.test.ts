// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { besides } from './place'

const desk = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }
const card = { width: 340, height: 200 }

test.each([
  ['right of a list', { left: 56, top: 0, width: 352, height: 800 }, desk, { left: 420, top: 12 }],
  ['left of what stands at the right', { left: 1100, top: 10, width: 160, height: 34 }, desk, { left: 748, top: 12 }],
  ['right of a button at the bottom, inside the window', { left: 6, top: 740, width: 44, height: 44 }, desk, { left: 62, top: 588 }],
  ['below what is as wide as a phone', { left: 0, top: 60, width: 390, height: 60 }, phone, { left: 12, top: 132 }],
  ['above what is as wide as a phone and low', { left: 0, top: 600, width: 390, height: 244 }, phone, { left: 12, top: 388 }],
  ['at the bottom, over what fills a phone', { left: 0, top: 60, width: 390, height: 700 }, phone, { left: 25, top: 632 }],
  ['at the top, over what fills the lower part', { left: 0, top: 150, width: 390, height: 694 }, phone, { left: 25, top: 12 }],
  ['in the middle, where there is nothing to show', undefined, desk, { left: 470, top: 300 }],
])('the card stands %s', (_, part, window, want) => expect(besides(part, card, window)).toEqual(want))

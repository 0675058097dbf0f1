// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { lineOf, shown } from './name'

test.each([
  ['Mira Feldkamp', 'Mira Feldkamp'],
  ['  Mira\n\tFeldkamp ', 'Mira Feldkamp'],
  ['Mi\u200Bra', 'Mira'],
  ['\u202Efdp.exe', 'fdp.exe'],
  ['a\u0000b\u0007', 'ab'],
  ['\u200B\u200D\uFEFF \u2060', ''],
  ['ㅤ', ''],
  ['👨‍👩‍👧 Vogel', '👨‍👩‍👧 Vogel'],
  ['مریم‌ها', 'مریم‌ها'],
  ['Z\u0300\u0301\u0302\u0303\u0304\u0305', 'Z\u0300\u0301\u0302'],
])('%j is shown as %j', (name, want) => expect(lineOf(name)).toBe(want))

test('the first name that shows something', () => expect(shown('\u200B', undefined, '@mira', 'Mira')).toBe('@mira'))
test('no name at all', () => expect(shown('', null, ' ')).toBe(''))

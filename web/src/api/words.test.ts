// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { beforeAll, expect, test, vi } from 'vitest'
import { speak } from '../i18n'
import { Problem } from './problem'
import { fieldWords, formWords } from './words'

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } })
  await speak('de')
})

const short = new Problem(422, 'password.short', '', [{ location: 'body.password', message: 'too short', code: 'password.short' }])

test('what a field says is not said again below it', () => expect(formWords(short, fieldWords(short, 'name'), fieldWords(short, 'password'))).toBe(''))
test('what no field says stands below them', () => expect(formWords(short, fieldWords(short, 'name'))).toMatch(/zu kurz/))
test('a form without an error says nothing', () => expect(formWords(null, undefined)).toBe(''))

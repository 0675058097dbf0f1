// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest'
import { pieces, safeHref } from './links'

const links = (text: string) => pieces(text).flatMap((p) => (p.href ? [p.text] : []))

describe('addresses in a text', () => {
  test.each([
    ['Siehe https://a.example/x.', ['https://a.example/x']],
    ['(https://a.example/x)', ['https://a.example/x']],
    ['https://a.example/Wiki_(Seite) und', ['https://a.example/Wiki_(Seite)']],
    ['„https://a.example“, sagt sie', ['https://a.example']],
    ['tel:+49221123 mailto:a@b.example', ['tel:+49221123', 'mailto:a@b.example']],
    ['HTTPS://A.example!', ['HTTPS://A.example']],
    ['https://a.example/\u202Egpj.exe', ['https://a.example/']],
    ['javascript:alert(1) data:text/html,x file:///etc/passwd', []],
    ['https:// und http://', []],
    ['', []],
  ])('%s', (text, want) => expect(links(text)).toEqual(want))

  test('nothing of the text is lost', () => {
    const text = 'a https://a.example, (b http://b.example) https:// c'
    expect(pieces(text).map((p) => p.text).join('')).toBe(text)
  })
})

test.each(['javascript:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', '//a.example', '/api/me', ''])(
  'the desk does not open %j',
  (address) => expect(safeHref(address)).toBeUndefined(),
)

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
    ['https://bank.example@evil.example/ https://a:b@evil.example', []],
    ['', []],
  ])('%s', (text, want) => expect(links(text)).toEqual(want))

  test('nothing of the text is lost', () => {
    const text = 'a https://a.example, (b http://b.example) https:// c'
    expect(pieces(text).map((p) => p.text).join('')).toBe(text)
  })

  test('a host that may look like another is told as machines call it', () => {
    const really = (text: string) => pieces(text).map((p) => p.really)
    expect(really('https://\u0430\u0440\u0440\u04cf\u0435.com/x')).toEqual(['xn--80ak6aa92e.com'])
    expect(really('https://müller.example')).toEqual(['xn--mller-kva.example'])
    expect(really('https://xn--mller-kva.example')).toEqual([undefined])
    expect(really('https://shop.example/ä')).toEqual([undefined])
  })
})

test.each(['javascript:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', '//a.example', '/api/me', 'https://bank.example@evil.example/', ''])(
  'the desk does not open %j',
  (address) => expect(safeHref(address)).toBeUndefined(),
)

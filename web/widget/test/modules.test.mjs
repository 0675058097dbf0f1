// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { widget } from './desk.mjs'
import { load } from './load.mjs'

const { parts } = await load('links.ts')
const { languageOf } = await load('texts.ts')

test('the whole widget is smaller than 15 kB on the wire', () => {
  const sent = Buffer.from(`${widget}({"brand":"Nordnetz","accent":"#0b7a75","language":"auto","greeting":"${'Guten Tag! '.repeat(20)}"});`)
  const size = { gzip: gzipSync(sent, { level: 9 }).length, brotli: brotliCompressSync(sent).length }
  assert.ok(size.gzip < 15_000, JSON.stringify(size))
})

test('the widget makes no HTML and no code out of text', () => {
  const dir = new URL('../src/', import.meta.url)
  for (const file of readdirSync(dir)) {
    const source = readFileSync(new URL(file, dir), 'utf8')
    for (const bad of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(', 'new Function', 'document.cookie', 'DOMParser', 'srcdoc']) {
      assert.ok(!source.includes(bad), `${file} has ${bad}`)
    }
  }
})

test('web addresses become links, and nothing else does', () => {
  const links = (text) => parts(text).filter((p) => p.href).map((p) => p.href)
  for (const [text, want] of [
    ['Siehe https://example.org/hilfe.', ['https://example.org/hilfe']],
    ['(https://example.org/a_(b)) und http://example.org?', ['https://example.org/a_(b)', 'http://example.org/']],
    ['https://example.org/a,b?c=d&e=f#g!', ['https://example.org/a,b?c=d&e=f#g']],
    ['HTTPS://EXAMPLE.ORG', ['https://example.org/']],
    ['javascript:alert(1) data:text/html,x file:///etc/passwd //example.org www.example.org', []],
    ['https://bank.example@evil.example/', []],
    ['https://', []],
    ['https://exa\u202emple.org/x', ['https://exa/']],
    ['"https://example.org/"><script>', ['https://example.org/']],
    ['kein Link', []],
  ]) {
    assert.deepEqual(links(text), want, text)
    assert.equal(parts(text).map((p) => p.text).join(''), text, 'not a letter is lost')
  }
})

test('the language is the one that is set, else the page\'s, else the browser\'s', () => {
  assert.equal(languageOf('auto', 'de-AT', 'en'), 'de')
  assert.equal(languageOf('auto', 'en', 'de'), 'en')
  assert.equal(languageOf('auto', '', 'de-DE'), 'de')
  assert.equal(languageOf('auto', 'fr', 'de'), 'en')
  assert.equal(languageOf('auto', 'den', ''), 'en')
  assert.equal(languageOf('de', 'en', 'en'), 'de')
  assert.equal(languageOf('en', 'de', 'de'), 'en')
})

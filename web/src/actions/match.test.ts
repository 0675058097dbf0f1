// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { match } from './match'

test.each([
  ['lösen', 'Lösen'],
  ['loesen', 'Lösen'],
  ['losen', 'Lösen'],
  ['LÖS', 'Lösen'],
  ['lo\u0308s', 'Lösen'],
  ['zurueck', 'Zurück zur Liste'],
  ['zuruck', 'Zurück zur Liste'],
  ['neue', 'Neues Anliegen'],
  ['neu', 'Neues Anliegen'],
  ['bärbel', 'Baerbel Mueller'],
  ['mueller', 'Müller'],
  ['strasse', 'Straße'],
  ['straße', 'Strasse'],
  ['næs', 'Naes'],
  ['naechst', 'Nächstes Anliegen'],
  ['anl näch', 'Nächstes Anliegen'],
  ['nchst', 'Nächstes Anliegen'],
  ['tastenkurzel', 'Tastenkürzel'],
  ['kuerzel', 'Tastenkürzel'],
])('%s finds %s', (typed, text) => expect(match(typed, text)).toBeGreaterThan(0))

test.each([
  ['x', 'Lösen'],
  ['lösen weg', 'Lösen'],
  ['ze', 'Das ist ein langer Satz und darin liegt am Ende e'],
  ['nesöl', 'Lösen'],
])('%s does not find %s', (typed, text) => expect(match(typed, text)).toBe(0))

test('the beginning of a word is worth more than its middle, and that more than letters apart', () => {
  const [begins, within, apart] = ['Notiz schreiben', 'Benotung', 'Nachricht ordnen'].map((t) => match('no', t)) as [number, number, number]
  expect(begins).toBeGreaterThan(within)
  expect(within).toBeGreaterThan(apart)
  expect(match('antworten', 'Antworten')).toBeGreaterThan(match('antworten', 'Später antworten'))
})

test('nothing typed is no question', () => expect(match('  ', 'Lösen')).toBe(0))

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { renderToStaticMarkup } from 'react-dom/server'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Message } from '../api/types'
import { speak } from '../i18n'
import { MessageView } from './MessageView'

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } })
  await speak('de')
})

const ours: Message = {
  id: 'm1', conversation_id: 'k1', direction: 'outbound', visibility: 'public', network: 'somewhere', account: { id: 'a', name: '@nordnetz' },
  author: null, agent: { id: 'anke', name: 'Anke König', initials: 'AK' }, subject: '', body: 'Guten Tag', quoted: '', html: false, url: '', files: [],
  auto: false, at: '2026-01-01T10:00:00Z', edited_at: null, deleted_at: null, delivery: 'sent', reason: '', detail: '', retry_at: null, let_go_at: null, genuine: '', proofs: '', addressed: '', elsewhere: false,
  warning: '', shared: 0, liked: 0, shown_at: null, onward: null,
}
const theirs: Message = { ...ours, direction: 'inbound', agent: null, author: { name: 'Mira', handle: '@mira', url: '' }, delivery: '' }
const shown = (m: Message) => renderToStaticMarkup(<MessageView message={m} caseId="c1" now={Date.parse('2026-01-01T11:00:00Z')} onReuse={() => {}} />)

describe('what became of a message of ours', () => {
  test.each([
    ['queued', {}, ['wartet auf Zustellung'], ['✓', 'Erneut']],
    ['queued', { retry_at: '2026-01-01T11:05:00Z', reason: 'temporary' }, ['nächster Versuch', 'Störung'], ['✓']],
    ['sending', {}, ['wird zugestellt'], ['✓']],
    ['sent', {}, ['✓ zugestellt'], ['Erneut']],
    ['sent', { shown_at: '2026-01-01T10:01:00Z' }, ['✓ zugestellt', 'gesehen'], ['E-Mail']],
    ['sent', { onward: { to: 'mira@example.org', delivery: 'sent' } }, ['ging per E-Mail weiter an mira@example.org'], ['gesehen']],
    ['sent', { onward: { to: 'mira@example.org', delivery: 'queued' } }, ['geht per E-Mail weiter an'], ['ging']],
    ['sent', { onward: { to: 'mira@example.org', delivery: 'failed' } }, ['konnte nicht per E-Mail weitergehen'], ['ging']],
    ['failed', { reason: 'blocked', detail: '422 no' }, ['Nicht zugestellt.', 'möchte nichts von uns hören', '422 no', 'Erneut senden', 'Text ändern'], ['✓']],
    ['failed', { let_go_at: '2026-01-01T10:30:00Z' }, ['Nicht zugestellt.', 'Dabei wurde es belassen.', 'Wieder aufnehmen'], ['Erneut senden', 'Text ändern']],
    ['failed', { reason: 'of_tomorrow', detail: 'The moon is full' }, ['The moon is full'], ['of_tomorrow']],
    ['failed', { reason: 'of_tomorrow' }, ['Das Netzwerk hat abgelehnt.'], ['of_tomorrow']],
    ['unknown', { reason: 'unknown' }, ['Unklar, ob es ankam.', 'Es ist angekommen', 'erneut senden'], ['✓', 'Nicht zugestellt', 'nicht bestätigt', 'Text ändern']],
  ] as const)('%s %j', (delivery, more, says, silent) => {
    const html = shown({ ...ours, delivery, ...more })
    for (const s of says) expect(html).toContain(s)
    for (const s of silent) expect(html).not.toContain(s)
  })
})

test('foreign words are text, whatever they look like', () => {
  const html = shown({ ...theirs, body: '<img src=x onerror=alert(1)> javascript:alert(1) https://a.example/?a=1&b=2' })
  expect(html).toContain('&lt;img')
  expect(html).not.toContain('<img')
  expect(html.match(/href="[^"]*"/g)).toEqual(['href="https://a.example/?a=1&amp;b=2"'])
  expect(html).toContain('target="_blank" rel="noopener noreferrer"')
})

test('where a link really leads, and who a mail is really from, is said beside it', () => {
  expect(shown({ ...theirs, body: 'Hier: https://müller.example/konto' })).toMatch(/<\/a><bdi[^>]*> \(xn--mller-kva\.example\)<\/bdi>/)
  expect(shown({ ...theirs, body: 'Hier: https://mueller.example/konto' })).not.toContain('(mueller')
  expect(shown({ ...theirs, genuine: 'doubtful', proofs: 'spf=pass dmarc=fail' })).toMatch(/title="spf=pass dmarc=fail".*Absender/s)
  expect(shown({ ...theirs, genuine: 'confirmed', proofs: 'dkim=pass' })).toContain('title="dkim=pass"')
})

test('an author’s address that is no web page is no link', () => {
  expect(shown({ ...theirs, author: { name: 'Mira', handle: '', url: 'javascript:alert(1)' } })).not.toContain('href')
})

test('what was deleted at the network is not shown here', () => {
  const html = shown({ ...theirs, body: 'geheim', subject: 'Geheimes', quoted: 'auch geheim', deleted_at: '2026-01-01T10:30:00Z' })
  expect(html).toContain('Beim Netzwerk gelöscht')
  expect(html).not.toMatch(/[gG]eheim/)
})

test('edited, automatic and written elsewhere are said', () => {
  expect(shown({ ...theirs, edited_at: '2026-01-01T10:30:00Z', auto: true })).toMatch(/bearbeitet.*automatische Nachricht/)
  expect(shown({ ...ours, elsewhere: true, agent: null })).toContain('mit einem anderen Werkzeug geschrieben')
})

test('a note is a note', () => expect(shown({ ...ours, direction: 'note', delivery: '' })).toContain('<b>Notiz · </b>'))
test('quoted text is folded', () => expect(shown({ ...theirs, quoted: '> früher' })).toMatch(/<details(?![^>]*open).*früher/s))
test('somebody without any name still has one', () => expect(shown({ ...theirs, author: { name: '\u200B', handle: '', url: '' } })).toContain('ohne Namen'))

test('what its author warns of is not shown before somebody opens it', () => {
  const html = shown({ ...theirs, body: 'Das Wasser steht kniehoch', quoted: 'kniehoch?', warning: 'Nasser Keller' })
  expect(html).toMatch(/<button[^>]*aria-expanded="false".*Inhaltswarnung:.*Nasser Keller<\/button>/)
  expect(html).not.toContain('kniehoch')
})

test('how far a message has come is said in words too, and not where it has not', () => {
  const html = shown({ ...theirs, shared: 3, liked: 12 })
  expect(html).toMatch(/aria-hidden="true">↻ 3<.*3 Mal geteilt.*aria-hidden="true">★ 12<.*gefällt 12 Personen/)
  expect(shown(theirs)).not.toMatch(/[↻★]/)
})

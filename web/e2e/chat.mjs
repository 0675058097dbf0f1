// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The chat stands on a website of another origin. A visitor and an agent talk, and lose the connection while both
// speak: every word is there once, on both sides.

import { accessible } from './axe.mjs'
import { Desk, settings } from './desk.mjs'
import { base, given, journey, patience, same, story } from './stage.mjs'

/** The chat's shadow root is closed to the page, and so to tests, unless it is opened when it is made. */
function openShadows() {
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (init) {
    return attach.call(this, { ...init, mode: 'open' })
  }
}

/** One sign that somebody writes may get lost, as is said where it is sent: whoever writes on is seen. */
async function writesUntil(seen, write) {
  const end = Date.now() + patience
  while (
    !(await seen.waitFor({ timeout: 1000 }).then(
      () => true,
      () => Date.now() > end,
    ))
  ) {
    await write()
  }
  await seen.waitFor({ timeout: 1000 })
}

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

await journey(async ({ open }) => {
  const agent = await open()
  const desk = new Desk(agent)
  await desk.signIn()
  await agent.getByRole('link', { name: desk.t('nav.channels') }).click()
  await desk.newChannel('webchat')
  await desk.fill({ name: 'Website', ...settings({ origins: given.website, brand: 'Nordnetz' }) })
  await desk.connect()
  await agent.getByText(desk.t('channels.connected')).waitFor()
  await story('website', 'carries', await agent.getByLabel(desk.t('account.snippet')).inputValue())
  await agent.getByRole('link', { name: desk.t('nav.inbox') }).click()

  // Before the click there is a button and nothing else.
  const visitor = await open({ before: openShadows })
  const asked = []
  visitor.on('request', (r) => r.url().startsWith(base) && asked.push(new URL(r.url()).pathname.replace(/^\/chat\/[^/]+/, '')))
  visitor.on('websocket', (s) => asked.push(new URL(s.url()).pathname.replace(/^\/chat\/[^/]+/, '')))
  await visitor.goto(given.website)
  const button = visitor.getByRole('button', { name: /Chat mit Nordnetz/ })
  await button.hover()
  await visitor.evaluate(() => new Promise((idle) => requestIdleCallback(idle)))
  same(asked, ['/widget.js'], 'asked for before the click')
  const kept = () =>
    visitor.evaluate(async () => [document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length])
  same(await kept(), ['', 0, 0, 0], 'kept before the click')
  same(await visitor.context().cookies(), [], 'cookies before the click')

  const mine = (text) => visitor.locator('.me').filter({ has: visitor.locator('.said', { hasText: text }) })
  const theirs = (text) => visitor.locator('.us .said', { hasText: text })
  const say = async (text) => {
    await visitor.getByRole('textbox', { name: 'Ihre Nachricht' }).fill(text)
    await visitor.keyboard.press('Enter')
    await mine(text).waitFor()
  }
  const arrived = (text) => mine(text).getByText('Gesendet', { exact: true }).waitFor()

  await accessible(visitor, 'the button of the chat')
  await button.click()
  await visitor.getByRole('dialog').waitFor()
  await say('Moin, gibt es bei uns schon Glasfaser?')
  await arrived('Moin, gibt es bei uns schon Glasfaser?')

  // The agent sees it live, and the visitor the answer.
  await desk.row('schon Glasfaser').waitFor()
  await agent.keyboard.press('g')
  await desk.message('schon Glasfaser').waitFor()
  await desk.answer('Moin! In welcher Straße denn?')
  await theirs('Moin! In welcher Straße denn?').waitFor()
  await desk.delivered('In welcher Straße')

  // The house goes down as in a power cut, and both go on speaking.
  await visitor.context().setOffline(true)
  await story('house', 'dies')
  await visitor.getByText('Keine Verbindung').waitFor()
  await say('In der Deichstraße 7.')
  await mine('In der Deichstraße 7.').getByText('Noch nicht gesendet').waitFor()
  await desk.banner.getByText(desk.t('connection.lost')).waitFor()
  await desk.answer('Sonst sehen wir auch am Anschluss nach.')
  await desk.message('am Anschluss nach').getByText(desk.t('unsent.waiting')).waitFor()
  await story('house', 'opens', 'again')
  await desk.delivered('am Anschluss nach')
  await desk.banner.getByText(desk.t('connection.lost')).waitFor({ state: 'detached' })
  await visitor.context().setOffline(false)
  await arrived('In der Deichstraße 7.')
  await theirs('Sonst sehen wir auch am Anschluss nach.').waitFor()
  await desk.message('In der Deichstraße 7.').waitFor()

  // Once more, in the moment in which the visitor speaks: whether that word had arrived, nobody knows.
  await say('Ist das die Nummer 7a?')
  await story('house', 'dies')
  await story('house', 'opens', 'again')
  await arrived('Ist das die Nummer 7a?')
  await desk.message('Ist das die Nummer 7a?').waitFor()
  await desk.answer('Ja, beide.')
  await theirs('Ja, beide.').waitFor()

  // Each is shown that the other writes; a note is nobody's business.
  const field = visitor.getByRole('textbox', { name: 'Ihre Nachricht' })
  await field.pressSequentially('Moment')
  await writesUntil(agent.getByText(desk.t('case.writing', { name: '' }).trim()), () => field.pressSequentially('.'))
  await field.fill('')
  await desk.write('Lassen Sie sich Zeit')
  await writesUntil(visitor.getByText('schreibt …'), () => agent.keyboard.insertText('.'))
  await agent.keyboard.press('Control+A')
  await agent.keyboard.press('Delete')

  // They show each other what they mean.
  await visitor.locator('input[type=file]').setInputFiles({ name: 'router.png', mimeType: 'image/png', buffer: picture })
  await visitor.getByRole('list', { name: 'Angehängte Dateien' }).getByText('router.png').waitFor()
  await visitor.locator('.files progress').waitFor({ state: 'detached' })
  await say('So sieht er aus.')
  const seen = desk.message('So sieht er aus.').locator('img[alt="router.png"], a[href*="/media/"]').first()
  await seen.waitFor()
  await desk.write('In diese Buchse:')
  await desk.attach({ name: 'Anschluss.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 die linke Buchse') })
  await agent.getByLabel(desk.t('composer.altOf', { name: 'Anschluss.pdf' })).fill('Die linke Buchse')
  await agent.keyboard.press('Control+Enter')
  const plan = visitor.getByRole('link', { name: 'Anschluss.pdf (Die linke Buchse)' })
  await plan.waitFor()
  const fetched = await visitor.request.get(await plan.getAttribute('href'))
  same(await fetched.text(), '%PDF-1.4 die linke Buchse', 'the file as the visitor gets it')
  await desk.delivered('In diese Buchse:')

  const shown = async (who) => (await visitor.locator(`.${who} .said`).allInnerTexts()).map((s) => s.trim().split('\n')[0]).sort()
  const said = ['Moin, gibt es bei uns schon Glasfaser?', 'In der Deichstraße 7.', 'Ist das die Nummer 7a?', 'So sieht er aus.']
  const answered = ['Moin! In welcher Straße denn?', 'Sonst sehen wir auch am Anschluss nach.', 'Ja, beide.', 'In diese Buchse:']
  const greeting = 'Guten Tag! Wobei können wir helfen?'
  same(await shown('me'), [...said].sort(), 'what the visitor sees of their own words')
  same(await shown('us'), [greeting, ...answered].sort(), 'what the visitor sees of ours')
  for (const text of [...said, ...answered]) {
    same(await desk.message(text).count(), 1, `what the agent sees of: ${text}`)
  }
  await desk.notReloaded()

  // The visitor comes back to the page: the conversation is there, once.
  await visitor.reload()
  await button.click()
  for (const text of said) await mine(text).waitFor()
  for (const text of answered) await theirs(text).waitFor()
  same(await shown('me'), [...said].sort(), 'what is there of the visitor after coming back')
  same(await shown('us'), [greeting, ...answered].sort(), 'what is there of us after coming back')
  await accessible(visitor, 'the chat')

  // The same on a page in English, in the dark.
  await visitor.addInitScript(() => {
    new MutationObserver((_, begins) => {
      document.documentElement.lang = 'en'
      begins.disconnect()
    }).observe(document, { childList: true })
  })
  await visitor.emulateMedia({ colorScheme: 'dark' })
  await visitor.reload()
  await visitor.getByRole('button', { name: /chat with Nordnetz/ }).click()
  await visitor.getByRole('textbox', { name: 'Your message' }).waitFor()
  for (const text of said) await mine(text).waitFor()
  await accessible(visitor, 'the chat (en, dark)')
})

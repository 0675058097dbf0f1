// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, missing, openPage } from './browser.mjs'
import { openDesk, openShop } from './desk.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser

/** A desk, a shop and a page on which the widget stands. */
async function scene(t, { front, shop: shopOptions, page: pageOptions } = {}) {
  const desk = await openDesk(front)
  const shop = await openShop(desk, shopOptions)
  const page = await openPage(browser, pageOptions)
  t.after(async () => {
    assert.deepEqual(page.faults, [])
    assert.deepEqual(shop.blocked, [], 'the page\'s content security policy has nothing to complain about')
    await page.context().close()
    await shop.close()
    await desk.close()
  })
  await page.goto(shop.page)
  const button = page.getByRole('button', { name: /Chat/i })
  await button.waitFor()
  const open = async () => {
    await button.click()
    await page.getByRole('dialog').waitFor()
  }
  const say = async (text) => {
    await page.getByRole('textbox', { name: /Ihre Nachricht|Your message/ }).fill(text)
    await page.keyboard.press('Enter')
  }
  return { desk, shop, page, button, open, say }
}

const until = async (what, ok) => {
  const deadline = Date.now() + 15_000
  for (;;) {
    const got = await ok()
    if (got) return got
    if (Date.now() > deadline) assert.fail(`never: ${what}`)
    await new Promise((next) => setTimeout(next, 20))
  }
}
const own = (page) => page.locator('.me .said').allTextContents()
const theirs = (page) => page.locator('.us .said').allTextContents()
const sent = (page) => page.locator('.me .state', { hasText: /^(Gesendet|Sent)$/ })
const stored = (page) => page.evaluate(() => Object.keys(localStorage).sort())

describe('the widget in a browser', { skip: missing || false, concurrency: 2 }, () => {
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())

  test('files go out with a word, can be taken away before, and are refused in words', async (t) => {
    const { desk, page, open, say } = await scene(t, { page: { locale: 'de-DE' } })
    await open()
    await until('a visitor', () => desk.sockets.size)
    const pick = page.locator('input[type=file]')
    const file = (name) => ({ name, mimeType: 'image/png', buffer: Buffer.from('picture') })
    await pick.setInputFiles([file('router.png'), file('falsch.png')])
    await until('both are up', () => desk.files.length === 2)
    await page.getByRole('button', { name: /falsch\.png (entfernen)|Remove falsch\.png/ }).click()
    await until('nothing is under way', async () => (await page.locator('progress').count()) === 0)
    await say('So sieht es aus')
    const word = await until('the word', () => desk.words[0])
    assert.deepEqual(word.files, ['ticket-router.png'])
    assert.match(desk.files[0].token, /^Bearer token-/)
    assert.match((await own(page))[0], /So sieht es aus.*router\.png/s)
    assert.equal(await page.locator('.files li').count(), 0)

    await pick.setInputFiles({ name: 'gross.bin', mimeType: 'x/y', buffer: Buffer.alloc(10 * 2 ** 20 + 1) })
    await page.getByText(/gross\.bin (ist zu groß|is too large)/).waitFor()
    assert.equal(desk.files.length, 2, 'what is too large is not even sent')
    desk.fileRefused = 429
    await pick.setInputFiles(file('viel.png'))
    await page.getByText(/viel\.png: /).waitFor()
    await page.keyboard.press('Enter')
    assert.equal(desk.words.length, 1, 'a refused file leaves nothing to send')
  })

  test('nothing is loaded or stored before the click', async (t) => {
    const { desk, shop, page, open } = await scene(t)
    const keptNothing = () =>
      page.evaluate(async () => ({
        cookie: document.cookie,
        local: localStorage.length,
        session: sessionStorage.length,
        databases: (await indexedDB.databases()).length,
        caches: (await caches.keys().catch(() => [])).length,
      }))
    assert.equal(await page.evaluate(() => globalThis.shadowMode), 'closed')
    await page.mouse.move(500, 500)
    await page.getByRole('button', { name: /Chat/i }).hover()
    await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle)))
    assert.deepEqual(desk.requests, ['/chat/a1/widget.js'])
    assert.deepEqual(shop.requests.filter((r) => !r.startsWith('/kasse')), ['/shop.css'])
    const nothing = { cookie: '', local: 0, session: 0, databases: 0, caches: 0 }
    assert.deepEqual(await keptNothing(), nothing)
    assert.deepEqual(await page.context().cookies(), [])

    await open()
    await until('the token is kept', async () => (await stored(page)).length)
    assert.deepEqual(await stored(page), ['hilft:/chat/a1/:visitor'], 'and after it only what must be')
    assert.deepEqual({ ...(await keptNothing()), local: 0 }, nothing)
    assert.deepEqual(await page.context().cookies(), [])
    assert.deepEqual(desk.requests, ['/chat/a1/widget.js', '/chat/a1/ws'])

    await page.reload()
    await page.getByRole('button', { name: /Chat/i }).waitFor()
    assert.equal(desk.requests.length, 3, 'the next page asks for the script again, and for nothing else')
  })

  test('a visitor speaks and is answered', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    await say('Seit gestern geht nichts.\nKönnt ihr helfen?')
    await sent(page).waitFor()
    assert.deepEqual(desk.words.map((w) => w.text), ['Seit gestern geht nichts.\nKönnt ihr helfen?'])
    assert.equal(desk.words[0].language, 'de')
    assert.match(desk.words[0].page, /\/kasse$/, 'without query and fragment')
    assert.match(desk.words[0].id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    await page.getByText('Ein Mensch liest sie und antwortet von Hand').waitFor()

    desk.answer('Wir sehen nach: https://nordnetz.example/stoerung.')
    const link = page.getByRole('link', { name: 'https://nordnetz.example/stoerung' })
    await link.waitFor()
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow ugc')
    await page.getByText('Ein Mensch liest sie').waitFor({ state: 'hidden' })
  })

  for (const fault of ['before', 'after']) {
    test(`the line breaks ${fault} a word is stored: it is there once`, async (t) => {
      const { desk, page, open, say } = await scene(t)
      await open()
      await until('connected', () => desk.sockets.size)
      desk.fault = fault
      await say('Hallo?')
      await until('the line broke', () => desk.sockets.size === 0)
      await page.locator('.state', { hasText: 'Noch nicht gesendet' }).waitFor()
      await page.getByText('Keine Verbindung').waitFor()
      desk.fault = ''
      await sent(page).waitFor({ timeout: 20_000 })
      assert.deepEqual(desk.words.map((w) => w.text), ['Hallo?'])
      assert.deepEqual(await own(page), ['Hallo?'])
      const times = desk.frames.filter((f) => f.t === 'say').length
      assert.ok(fault === 'before' ? times >= 2 : times === 1, `it is sent again only where the welcome did not show it: ${times}`)
    })
  }

  test('words written without a connection go out in their order when it is back', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    await until('connected', () => desk.sockets.size)
    const m = desk.answer('eins')
    await page.getByText('eins', { exact: true }).waitFor()
    await page.context().setOffline(true)
    desk.fault = 'away'
    desk.cut()
    await page.getByText('Keine Verbindung').waitFor()
    for (const text of ['a', 'b', 'c']) await say(text)
    desk.answer('zwei', m.visitor)
    desk.answer('drei', m.visitor)
    desk.fault = ''
    await page.context().setOffline(false)
    await until('all three are sent', async () => (await sent(page).count()) === 3)
    assert.deepEqual(desk.words.map((w) => w.text), ['a', 'b', 'c'])
    assert.deepEqual(await own(page), ['a', 'b', 'c'])
    assert.deepEqual((await theirs(page)).slice(1).sort(), ['drei', 'eins', 'zwei'])
    assert.equal(desk.frames.findLast((f) => f.t === 'hello').last, m.id, 'it asks for what it lacks')

    for (const again of desk.messages) desk.again(again)
    desk.answer('vier', m.visitor)
    await page.getByText('vier', { exact: true }).waitFor()
    assert.equal((await theirs(page)).length, 5, 'what it has is not shown twice')
  })

  test('it says what stood before the visitor, not what waits behind a closed window', async (t) => {
    const { desk, page, open } = await scene(t)
    const shown = () => desk.frames.filter((f) => f.t === 'shown').flatMap((f) => f.ids)
    await open()
    await until('connected', () => desk.sockets.size)
    const one = desk.answer('eins')
    await until('one was seen', () => shown().includes(one.id))
    await page.keyboard.press('Escape')
    const two = desk.answer('zwei')
    await page.getByRole('button', { name: /1 neue/ }).waitFor()
    assert.deepEqual([...new Set(shown())], [one.id])
    await open()
    await until('two was seen', () => shown().includes(two.id))
  })

  test('a page that was closed with a word on its way sends it the next time', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    await until('connected', () => desk.sockets.size)
    desk.fault = 'mute'
    await say('Bin gleich weg')
    await until('heard', () => desk.frames.some((f) => f.t === 'say'))
    await page.reload()
    desk.fault = ''
    await open()
    await sent(page).waitFor()
    assert.deepEqual(desk.words.map((w) => w.text), ['Bin gleich weg'])
  })

  test('a page that is loaded again shows the whole conversation, in order', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    await say('Erste Frage')
    await sent(page).waitFor()
    desk.answer('Erste Antwort')
    await page.getByText('Erste Antwort').waitFor()
    await say('Zweite Frage')
    await until('both are sent', async () => (await sent(page).count()) === 2)
    await page.reload()
    await open()
    await page.getByText('Zweite Frage').waitFor()
    await page.getByText('Erste Antwort').waitFor()
    const all = (await page.locator('.said').allTextContents()).slice(1)
    assert.deepEqual(all, ['Erste Frage', 'Erste Antwort', 'Zweite Frage'])
    assert.deepEqual((await stored(page)).sort(), ['hilft:/chat/a1/:shown', 'hilft:/chat/a1/:visitor'], 'what the server shows need not be kept')
  })

  test('two tabs are one visitor and show the same', async (t) => {
    const { desk, page, shop, open, say } = await scene(t)
    await open()
    await until('connected', () => desk.sockets.size)
    const other = await page.context().newPage()
    await other.goto(shop.page)
    await other.getByRole('button', { name: /Chat/i }).click()
    await until('both connected', () => desk.sockets.size === 2)
    await say('Aus dem ersten Fenster')
    await other.getByText('Aus dem ersten Fenster').waitFor()
    await until('sent', async () => (await sent(other).count()) === 1)
    assert.equal(new Set(desk.words.map((w) => w.visitor)).size, 1)
    assert.equal(desk.words.length, 1)
  })

  test('a word that is refused says so, and one that comes too fast goes out later', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    await until('connected', () => desk.sockets.size)
    desk.refuse = { code: 'slow_down', retry: 1 }
    await say('schnell')
    await page.getByText('Geht gleich hinaus').waitFor()
    desk.refuse = null
    await sent(page).waitFor()
    assert.deepEqual(desk.words.map((w) => w.text), ['schnell'])
    desk.refuse = { code: 'too_long' }
    await say('lang')
    await page.getByText('Nicht gesendet: zu lang').waitFor()
    assert.equal((await stored(page)).filter((k) => k.includes('word:')).length, 1, 'it is not tried again')
  })

  test('a token that is no longer good is given up', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await page.evaluate(() => localStorage.setItem('hilft:/chat/a1/:visitor', 'forged'))
    await open()
    await say('Hallo')
    await sent(page).waitFor({ timeout: 20_000 })
    assert.match(desk.words[0].visitor, /^token-/)
  })

  test('by keyboard alone: open, write, close, and be where one was', async (t) => {
    const { desk, page, button, say } = await scene(t)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Nordnetz' }).waitFor()
    const field = page.getByRole('textbox', { name: 'Ihre Nachricht' })
    assert.ok(await field.evaluate((e) => e.getRootNode().activeElement === e), 'one can write at once')
    await page.keyboard.type('Zeile eins')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('Zeile zwei')
    await page.keyboard.press('Enter')
    await sent(page).waitFor()
    assert.equal(desk.words[0].text, 'Zeile eins\nZeile zwei')
    assert.equal(await field.inputValue(), '')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.ok(await button.evaluate((e) => e.getRootNode().activeElement === e), 'focus comes back')

    desk.answer('Während das Fenster zu war')
    await page.getByRole('button', { name: 'Chat mit Nordnetz öffnen, 1 neue Nachricht' }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('Während das Fenster zu war').waitFor()
    await say('Danke')
    await page.getByRole('button', { name: 'Chat schließen' }).click()
    await page.getByRole('button', { name: 'Chat mit Nordnetz öffnen', exact: true }).waitFor()
  })

  test('what is said is read aloud, politely, and only what is new', async (t) => {
    const { desk, page, open } = await scene(t)
    await open()
    const log = page.getByRole('log', { name: 'Gespräch' })
    await until('polite', async () => (await log.getAttribute('aria-live')) === 'polite')
    assert.equal(await log.getAttribute('aria-relevant'), 'additions')
    await until('connected', () => desk.sockets.size)
    desk.answer('Hallo')
    await log.getByText('Hallo').waitFor()
    assert.equal(await page.getByRole('status').textContent(), '')
    desk.fault = 'away'
    desk.cut()
    await page.getByRole('status').getByText('Keine Verbindung').waitFor()
  })

  test('who wants to say their name and address, and it goes with every word', async (t) => {
    const { desk, page, open, say } = await scene(t, { front: { askEmail: true, privacy: 'https://nordnetz.example/datenschutz' } })
    await open()
    await page.getByLabel('Name (freiwillig)').fill('Mira Feldkamp')
    await page.getByLabel('E-Mail (freiwillig)').fill('mira@example.org')
    await say('Hallo')
    await sent(page).waitFor()
    await page.getByLabel('Name (freiwillig)').waitFor({ state: 'hidden' })
    assert.equal(await page.getByRole('link', { name: 'Datenschutz' }).getAttribute('href'), 'https://nordnetz.example/datenschutz')
    await page.reload()
    await open()
    await say('Noch etwas')
    await until('two words', () => desk.words.length === 2)
    for (const w of desk.words) assert.deepEqual([w.name, w.email], ['Mira Feldkamp', 'mira@example.org'])
  })

  test('outside the hours it says when somebody is back, and asks for an address until it has one', async (t) => {
    const { desk, page, open, say } = await scene(t, { page: { timezoneId: 'Europe/Berlin' } })
    desk.away = { until: '2031-03-03T08:00:00Z' }
    await page.clock.setFixedTime('2031-03-01T12:00:00Z')
    await open()
    const status = page.getByRole('status')
    await status.getByText('Wir sind am Montag um 09:00 Uhr wieder da').waitFor()
    const email = page.getByLabel('E-Mail (freiwillig)')
    const leave = page.getByRole('button', { name: 'Adresse hinterlassen' })
    await email.waitFor()
    assert.equal(await leave.isVisible(), false, 'it goes with the word')
    await say('Der Router blinkt rot.')
    await sent(page).waitFor()
    await leave.click()
    assert.ok(await email.evaluate((e) => e.getRootNode().activeElement === e), 'one sees what is missing')
    await email.fill('mira')
    await email.press('Enter')
    await page.getByText('Das ist keine E-Mail-Adresse.').waitFor()
    await email.fill('mira@example.org')
    await leave.click()
    await until('two words', () => desk.words.length === 2)
    assert.deepEqual([desk.words[1].text, desk.words[1].email], ['Meine E-Mail-Adresse: mira@example.org', 'mira@example.org'])
    await email.waitFor({ state: 'hidden' })
    assert.equal(await page.getByText('keine E-Mail-Adresse').count(), 0)

    await page.clock.setFixedTime('2031-03-03T05:00:00Z')
    await page.reload()
    await open()
    await status.getByText('Wir sind heute um 09:00 Uhr wieder da').waitFor()
    assert.equal(await email.isVisible(), false, 'it is known')
    desk.away = undefined
    await say('Und jetzt?')
    await until('somebody is there', async () => (await status.textContent()) === '')
    desk.away = {}
    await say('Und nun?')
    await status.getByText('sobald jemand zurück ist').waitFor()
  })

  test('each side is shown that the other writes, for as long as it does', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await page.clock.install({ time: '2031-03-03T08:00:00Z' })
    await open()
    await until('connected', () => desk.sockets.size)
    const field = page.getByRole('textbox', { name: 'Ihre Nachricht' })
    const told = () => desk.frames.filter((f) => f.t === 'typing').length
    await field.pressSequentially('   ')
    await field.pressSequentially('Der Router')
    await until('it is told', () => told() === 1)
    await page.clock.runFor(3000)
    await field.press('x')
    await until('and told again', () => told() === 2)
    await say('Der Router blinkt')
    await field.press('U')
    await until('the next word is told of at once', () => told() >= 3)
    assert.deepEqual(desk.frames.filter((f) => f.t === 'typing')[0], { t: 'typing' }, 'never what is written')

    const pen = page.getByText('Nordnetz schreibt …')
    desk.writes()
    await pen.waitFor()
    await page.clock.runFor(5000)
    desk.writes()
    await page.clock.runFor(5000)
    assert.equal(await pen.isVisible(), true)
    await page.clock.runFor(6000)
    assert.equal(await pen.isVisible(), false, 'nobody writes any more')
    desk.writes()
    await pen.waitFor()
    desk.answer('Dann ist die Leitung tot.')
    await page.getByText('Dann ist die Leitung tot.').waitFor()
    assert.equal(await pen.isVisible(), false, 'it is there')
  })

  test('the visitor can save the conversation, as they see it', async (t) => {
    const { desk, page, open, say } = await scene(t, { page: { timezoneId: 'Europe/Berlin' } })
    await open()
    const button = page.getByRole('button', { name: 'Gespräch speichern' })
    await until('connected', () => desk.sockets.size)
    assert.equal(await button.isVisible(), false, 'there is nothing to save yet')
    await page.locator('input[type=file]').setInputFiles({ name: 'router.png', mimeType: 'image/png', buffer: Buffer.from('picture') })
    await until('it is up', async () => desk.files.length === 1 && (await page.locator('progress').count()) === 0)
    await say('Zeile eins\nZeile zwei')
    await sent(page).waitFor()
    desk.answer('Wir sehen nach.')
    await page.getByText('Wir sehen nach.').waitFor()
    desk.fault = 'mute'
    await say('Danke')
    await page.getByText('Wird gesendet').waitFor()
    const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
    assert.match(file.suggestedFilename(), /^Gespräch mit Nordnetz \d{4}-\d\d-\d\d\.txt$/)
    const text = readFileSync(await file.path(), 'utf8').replace(/^\d\d\.\d\d\.\d{4}, \d\d:\d\d, /gm, '<at> ')
    assert.equal(text, `Gespräch mit Nordnetz
${new URL(page.url()).origin}

<at> Sie:
Zeile eins
Zeile zwei
[router.png]

<at> Nordnetz:
Wir sehen nach.

<at> Sie (Wird gesendet …):
Danke
`)
  })

  test('an open window notices when the hours begin', async (t) => {
    const { desk, page, open } = await scene(t)
    await page.clock.install({ time: '2031-03-03T07:59:00Z' })
    desk.away = { until: '2031-03-03T08:00:00Z' }
    await open()
    await page.getByRole('status').getByText('wieder da').waitFor()
    await page.clock.runFor(61_000)
    await until('somebody is there', async () => (await page.getByRole('status').textContent()) === '')
    await page.getByLabel('E-Mail (freiwillig)').waitFor({ state: 'hidden' })
  })

  test('what is written stays text', async (t) => {
    const { desk, page, open, say } = await scene(t)
    await open()
    const evil = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script> javascript:alert(1)'
    await say(evil)
    await sent(page).waitFor()
    desk.answer(evil)
    await until('both shown', async () => (await page.locator('.said', { hasText: 'onerror' }).count()) === 2)
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined)
    assert.equal(await page.locator('.log a, .log img, .log script').count(), 0)
  })

  for (const [name, options] of Object.entries({
    'German, light': { page: { colorScheme: 'light' } },
    'English, dark': { page: { colorScheme: 'dark' }, shop: { lang: 'en' }, front: { accent: '#5b3fa6' } },
    'German, dark, phone': { page: { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
    'English, light, phone': { page: { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, shop: { lang: 'en' } },
  })) {
    test(`axe finds nothing: ${name}`, async (t) => {
      const { desk, page, open, say } = await scene(t, { ...options, front: { askEmail: true, privacy: 'https://nordnetz.example/datenschutz', ...options.front } })
      const picture = async (what) => process.env.PICTURES && page.screenshot({ path: `${process.env.PICTURES}/${name} ${what}.png`.replaceAll(', ', '-').replaceAll(' ', '-') })
      const check = async (what) => {
        await page.evaluate(() => Promise.all(document.querySelector('hilft-chat').shadowRoot.getAnimations().map((a) => a.finished)))
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], rules: { region: { enabled: false } } }))
        assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [])
        await picture(what)
      }
      await check('button')
      await open()
      await until('connected', () => desk.sockets.size)
      await check('empty')
      await say('Seit gestern Abend geht hier gar nichts mehr. Den Router habe ich schon zweimal neu gestartet.')
      await sent(page).waitFor()
      desk.answer('Guten Tag! In Ihrer Straße ist seit 19:40 Uhr eine Störung. Stand: https://nordnetz.example/stoerung/eine-sehr-lange-adresse-die-umbrechen-muss')
      desk.answer('مرحبا، كيف يمكننا مساعدتك؟')
      await until('answered', async () => (await theirs(page)).length === 3)
      await say('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft')
      await until('sent', async () => (await sent(page).count()) === 2)
      desk.writes()
      await page.getByText(/schreibt …|is writing …/).waitFor()
      await check('conversation')
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
      assert.equal(overflow, false, 'nothing sticks out')
      desk.away = { until: new Date(Date.now() + 36 * 3600_000).toISOString() }
      desk.cut()
      await page.getByRole('status').filter({ hasText: /wieder da|are back/ }).waitFor()
      await check('nobody there')
      desk.fault = 'away'
      desk.cut()
      await page.getByRole('status').filter({ hasText: /Keine Verbindung|No connection/ }).waitFor()
      await say('Sind Sie noch da?')
      await check('lost')
    })
  }

  test('who wants less motion gets none', async (t) => {
    const { page, open } = await scene(t, { page: { reducedMotion: 'reduce' } })
    await open()
    assert.equal(await page.getByRole('dialog').evaluate((e) => getComputedStyle(e).animationName), 'none')
  })

  test('a script that stands twice on a page draws one button', async (t) => {
    const { page, shop, desk } = await scene(t)
    await page.evaluate(
      (src) => new Promise((done) => {
        const s = document.createElement('script')
        s.setAttribute('src', src)
        s.onload = done
        s.onerror = done
        document.head.append(s)
      }).catch(() => {}),
      `${desk.origin}/chat/a1/widget.js`,
    ).catch(() => {}) // a page with trusted types refuses to add a script at all
    assert.equal(await page.locator('hilft-chat').count(), 1)
    shop.blocked.length = 0
  })
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Every page in German and in English, light and dark, and whatever opens on top of one: axe finds nothing, the language is
// declared, nothing is left in the other one. What is wrong lies in the words or in the colours, so the desk is looked at in
// each of them once; in the long tests, in every pair. A page or a dialog that nobody has looked at fails it, too.

import { readdirSync, readFileSync } from 'node:fs'
import { accessible } from './axe.mjs'
import { Desk, texts, words } from './desk.mjs'
import { colleague, furnish } from './furnish.mjs'
import { administrator, base, journey, ok, same, story } from './stage.mjs'

const languages = ['de', 'en']
const schemes = ['light', 'dark']
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

const app = new URL('../src/', import.meta.url)
const source = (file) => readFileSync(new URL(file, app), 'utf8')
/** Where the app can lead, by its router, but for the two that only lead on. */
const routes = [...source('shell/router.tsx').matchAll(/ path: '([^']+)'/g)].map(([, path]) => path).filter((path) => path !== '/' && path !== '/inbox')
/** What draws something that lies over the page. */
const dialogs = readdirSync(app, { recursive: true }).filter((file) => file.endsWith('.tsx') && file !== 'shell/Dialog.tsx' && /<dialog\b|<Dialog\b/.test(source(file)))

/** The keys of texts that the app puts together, as it shows one where there is no such text. */
const beginnings = new Set(Object.keys(texts.de).map((key) => key.split('.')).filter((parts) => parts.length > 2).map(([room, part]) => `${room}\\.${part}`))
const keys = new RegExp(`\\b(?:${[...beginnings].join('|')})\\.[\\w.]+`, 'g')

/** Texts of the app that stand on the page in the other language. */
async function leftOver(page, language) {
  const own = new Set(Object.values(texts[language]))
  const lines = new Set((await page.locator('body').innerText()).split('\n').map((line) => line.trim()))
  return Object.values(texts[languages.find((l) => l !== language)]).filter((text) => text.length > 3 && !own.has(text) && lines.has(text))
}

await journey(async ({ open }) => {
  const page = await open({ viewport: { width: 1440, height: 900 } }) // wide enough for the card of the person
  let language = 'de'
  let scheme = 'light'
  const t = (key, values) => words(language)(key, values)
  const long = process.env.HILFT_SOAK === '1'
  const looked = () => long || (language === 'de') === (scheme === 'light')
  /** Of two looks axe has one in each of the two pairs, for each takes it a while; in make soak every one. */
  const looks = { light: 0, dark: 1 }
  const desk = new Desk(page)
  const seen = new Set()
  const opened = new Set()
  async function fine(where) {
    const what = `${where} (${language}, ${scheme})`
    seen.add(new URL(page.url()).pathname)
    await page.waitForFunction((l) => document.documentElement.lang === l, language)
    same(await page.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches), true, 'nothing moves while axe looks')
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number))
    ok(ground[0] < 128 === (scheme === 'dark'), `${what}: the ground is ${ground}`)
    ok((await page.title()) !== '', `${what}: the page has no title`)
    same(await leftOver(page, language), [], `in the other language: ${what}`)
    same((await page.locator('body').innerText()).match(keys) ?? [], [], `no words: ${what}`)
    if (long || (looked() && looks[scheme]++ % 2 === 0)) await accessible(page, what)
  }
  /** Goes on to a page of the app as a link in it does: nothing is loaded anew. */
  const go = (path) => page.evaluate((to) => history.pushState({}, '', to), path)
  const device = (colorScheme) => page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })

  // Before the desk: as the device is.
  for (scheme of schemes) {
    await device(scheme)
    await page.goto(`${base}/setup`)
    for (language of languages) {
      await page.locator('[name=language]').selectOption(language)
      await page.getByRole('heading', { name: t('setup.title') }).waitFor()
      await fine('setup')
    }
    await page.locator('[name=language]').selectOption('de')
  }
  await story('house', 'is', 'set', 'up')
  await story('account', 'connected', 'mastodon')
  await story('account', 'connected', 'api')
  const house = await furnish()
  await story('social', 'warns', 'Wasserschaden', 'Hier steht das Wasser kniehoch, und ihr?')

  // At the door: a wrong password, a second step, a password that was forgotten, a link that lets in and one that is over.
  await page.goto(`${base}/sign-in`)
  for (scheme of schemes) {
    await device(scheme)
    for (language of languages) {
      const other = page.getByRole('button', { name: language === 'de' ? 'Deutsch' : 'English', exact: true })
      await page.locator('[name=password]').waitFor()
      if (await other.count()) await other.click()
      await page.getByRole('heading', { name: t('signin.title') }).waitFor()
      await page.getByRole('textbox', { name: t('field.email') }).fill(administrator.email)
      await page.locator('[name=password]').fill('das ist es nicht')
      await page.keyboard.press('Enter')
      await page.getByText(t('error.session.wrong')).waitFor()
      await fine('sign-in')
      if (!looked()) continue
      await page.getByRole('link', { name: t('signin.forgotten') }).click()
      await page.getByRole('heading', { name: t('forgotten.title') }).waitFor()
      await page.getByRole('textbox', { name: t('field.email') }).fill('niemand@nordnetz.example')
      await page.keyboard.press('Enter')
      await page.getByText(t('forgotten.sent')).waitFor()
      await fine('forgotten')
      await go(house.invitation.pathname + house.invitation.hash)
      await page.getByRole('heading', { name: t('welcome.join') }).waitFor()
      await fine('welcome')
      await go('/forgotten')
      await page.getByRole('heading', { name: t('forgotten.title') }).waitFor()
      await go('/welcome#zu-spaet')
      await page.getByText(t('welcome.overHow')).waitFor()
      await fine('a link that is over')
      // Nobody here has a second step: the house only seems to ask for one.
      await page.route('**/api/session', (asked) =>
        asked.request().method() === 'POST' ? asked.fulfill({ status: 401, json: { code: 'session.second_step' } }) : asked.fulfill({ json: { step: 'second', codes: true, passkey: true, recovery: true } }),
      )
      await page.getByRole('link', { name: t('welcome.toSignIn') }).click()
      await page.locator('[name=password]').waitFor()
      await page.getByRole('textbox', { name: t('field.email') }).fill(administrator.email)
      await page.locator('[name=password]').fill('das ist es')
      await page.keyboard.press('Enter')
      await page.getByText(t('signin.secondHow')).waitFor()
      await fine('the second step')
      await page.unroute('**/api/session')
      await page.goto(`${base}/sign-in`)
    }
  }

  // An answer that was refused, and a note.
  await page.getByRole('button', { name: 'Deutsch', exact: true }).click()
  language = 'de'
  await desk.signIn()
  await desk.row('Wo bleibt der Router?').click()
  await desk.message('Wo bleibt der Router?').waitFor()
  await story('system', 'refuses')
  await desk.answer('Er ist unterwegs.')
  await desk.message('Er ist unterwegs.').getByText(desk.t('delivery.failed')).waitFor()
  await story('system', 'takes')
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await desk.focused(desk.text)
  await page.keyboard.insertText('Paketnummer liegt bei.')
  await page.keyboard.press('Control+Enter')
  await desk.noted('Paketnummer liegt bei.')
  await go('/channels')
  const networks = await page.locator('a[href^="/channels/new/"]').nth(3).waitFor().then(() => page.locator('a[href^="/channels/new/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href'))))
  const accounts = await page.locator('a[href^="/channels/"]:not([href^="/channels/new/"])').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
  for (const href of accounts) await house.petra('PUT', `/api/accounts/${href.split('/').pop()}/hold`, { seconds: 120 })
  const leave = house.jan.listens('jan')

  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  /** Looks at what has opened on top of the page, drawn by a file of the app, and closes it. */
  async function over(file, what, there = desk.dialog) {
    await there.waitFor()
    await fine(what)
    opened.add(file)
    await press('Escape')
    await desk.dialog.waitFor({ state: 'detached' })
  }
  const inDialog = (key, values) => desk.dialog.getByText(t(key, values)).first()
  const click = (key, values) => desk.button(key, values).first().click()
  async function write(text) {
    await desk.write('')
    await press('Control+a', 'Delete')
    await page.keyboard.insertText(text)
  }
  async function writeNothing() {
    await press('Control+a', 'Delete', 'Escape')
  }
  async function show(which, said) {
    await go(`/cases/${which.id}`)
    await desk.message(said).first().waitFor()
  }

  /** The list, and what is done with it. */
  async function list() {
    await go('/inbox/open')
    await desk.row('Kein Netz').waitFor()
    await fine('the inbox')
    await press('j', 'x', 'J')
    const marked = page.getByRole('group', { name: t('marks.acts') })
    await marked.getByText(t('marks.many_other', { count: 2 })).waitFor()
    await fine('marks')
    for (const [key, there] of [
      ['a', inDialog('assign.me')],
      ['t', desk.dialog.getByText('Paket').first()],
      ['p', inDialog('priority.urgent')],
      ['s', inDialog('sleep.hour')],
    ]) {
      await press(key)
      await over('inbox/BulkChoice.tsx', `${key} for what is marked`, there)
    }
    await press('X')
    await marked.waitFor({ state: 'detached' })
    await press('f')
    await over('inbox/Narrow.tsx', 'filter', desk.dialog.getByText('Paket'))
    await go('/inbox/open;priority=low')
    await page.getByText(t('empty.narrowed'), { exact: true }).waitFor()
    await fine('a list that is filtered')
    await click('view.save')
    await over('inbox/ViewForm.tsx', 'save a view', desk.dialog.getByText('Paket'))
    await go(`/inbox/${house.view.id}`)
    await desk.row('Wo bleibt').or(desk.row('Er ist unterwegs')).first().waitFor()
    await fine('a saved view')
    await click('view.change')
    await over('inbox/ViewForm.tsx', 'change a view', inDialog('view.remove'))
    for (const [path, there] of [
      ['/inbox/solved', page.getByText(t('empty.solved'), { exact: true })],
      ['/inbox/trouble', desk.row('').first()],
    ]) {
      await go(path)
      await there.waitFor()
      await fine(path)
    }
  }

  /** A case with something of everything, in which a colleague writes; its person; and all that asks something about either. */
  async function oneCase() {
    await show(house.jens, 'Paketnummer')
    await house.jan('POST', '/api/presence', { tab: 'jan', case_id: house.jens.id, doing: 'writes' })
    await page.locator('header').getByText(t('beside.writes', { name: colleague.name })).waitFor()
    await page.locator('summary', { hasText: colleague.name }).click()
    await page.getByRole('complementary').getByText(t('person.perhaps')).waitFor()
    await fine('a case')
    for (const [key, file, there] of [
      ['?', 'shell/Help.tsx', inDialog('keys.at.list')],
      ['a', 'case/Assign.tsx', desk.dialog.getByText(colleague.name)],
      ['t', 'case/Carry.tsx', inDialog('carry.name')],
      ['s', 'case/Sleep.tsx', inDialog('sleep.hour')],
      ['d', 'case/Split.tsx', inDialog('split.says')],
      ['c', 'case/Continue.tsx', inDialog('continue.go')],
      ['i', 'case/CasePane.tsx', inDialog('person.perhaps')],
      ['m', 'case/Merge.tsx', inDialog('merge.same')],
    ]) {
      await press(key)
      await over(file, `${key} in a case`, there)
    }
    await press('m')
    await page.getByLabel(t('merge.number')).fill(String(house.ayse.number))
    await press('Enter')
    await over('case/Merge.tsx', 'merge, knowingly', inDialog('merge.persons', { one: 'Jens Petersen', two: 'Ayşe Demir' }))
    for (const [key, there] of [
      ['person.noteAdd', inDialog('ask.noteHelp')],
      ['person.companyChange', inDialog('company.help')],
      ['person.consentAdd', desk.dialog.getByText('beim Rückruf')],
    ]) {
      await click(key)
      await over('person/Ask.tsx', key, there)
    }
    await click('person.link')
    await desk.dialog.getByLabel(t('ask.find')).fill('Mira')
    await desk.dialog.getByRole('button', { name: 'Mira Köster' }).first().click()
    await over('person/Ask.tsx', 'link', inDialog('ask.reasonHelp'))

    await press('Control+k')
    await desk.dialog.getByRole('option', { selected: true }).waitFor()
    await fine('palette')
    await page.keyboard.insertText('petersen')
    await over('actions/Palette.tsx', 'palette, with what was found', desk.dialog.getByRole('option', { name: /Petersen/ }).first())

    await house.jan('POST', '/api/presence', { tab: 'jan', case_id: house.jens.id, doing: 'writes' })
    await write('Er kommt morgen.')
    await fine('writing an answer')
    await press('Control+Enter')
    await over('presence/Beside.tsx', 'a colleague writes, too', inDialog('beside.kept'))
    await writeNothing()
    await press('n')
    await desk.focused(desk.text)
    await fine('writing a note')
    await press('Escape')
  }

  /** What is on its way, or was stopped on it. */
  async function answers() {
    await show(house.frieda, 'Wann kommt die Technik?')
    await write('Zwischen acht und zwölf.')
    await press('Control+Enter')
    await desk.message('Zwischen acht').getByRole('button', { name: t('delivery.withdraw') }).waitFor()
    await desk.button('undo').first().waitFor()
    await fine('an answer that is held')
    await desk.message('Zwischen acht').getByRole('button', { name: t('delivery.withdraw') }).click()
    await desk.message('Zwischen acht').getByRole('button', { name: t('delivery.withdraw') }).waitFor({ state: 'detached' })
    await fine('an answer that was taken back')
    await write('Am Vormittag.')
    await story('neighbour', 'Frieda Thomsen', 'says', `Noch etwas (${language}, ${scheme}).`)
    await desk.composer.getByText(t('composer.fresh_one', { count: 1 })).waitFor()
    await press('Control+Enter')
    await over('composer/SomethingNew.tsx', 'something new', desk.dialog.getByText(`Noch etwas (${language}, ${scheme}).`))
    await desk.focused(desk.text)
    await writeNothing()

    await go('/inbox/open')
    await desk.row('Wasserschaden').click()
    await desk.message('Wasserschaden').first().waitFor()
    await desk.composer.locator('input[type=file]').setInputFiles({ name: `${language}-${scheme}.png`, mimeType: 'image/png', buffer: picture })
    await desk.composer.getByRole('textbox', { name: t('composer.altOf', { name: `${language}-${scheme}.png` }) }).waitFor()
    await write('Nicht anfassen.')
    await fine('a case with a warning')
    await press('Control+Enter')
    await over('composer/Undescribed.tsx', 'a picture without a description', inDialog('undescribed.why'))
    await desk.composer.getByRole('button', { name: t('composer.removeFile', { name: `${language}-${scheme}.png` }) }).click()
    await write('')

    await go('/cases/01a20353-0000-7000-8000-000000000000')
    await page.getByText(t('case.gone')).waitFor()
    await fine('a case that is gone')
  }

  /** What stands beside the inbox. */
  async function places() {
    await go('/search?q=Router')
    await page.locator('[data-row]').first().waitFor()
    await fine('search')
    await go(`/companies/${house.company}`)
    await page.getByRole('heading', { name: 'Petersen Bau', level: 1 }).waitFor()
    await fine('a company')
    for (const href of [...networks, accounts[0]]) {
      await go('/channels')
      await page.locator(`a[href="${href}"]`).click()
      await page.locator('form').waitFor()
      await fine(href)
    }
    await go('/channels')
    await page.locator(`a[href="${networks[0]}"]`).waitFor()
    await fine('channels')
    await click('account.remove')
    await over('channels/Channels.tsx', 'removing a channel', inDialog('account.removeHow'))
    // Nothing was given up here, and all could be read: the house only seems to say otherwise.
    const at = new Date().toISOString()
    await page.route('**/api/health*', async (asked) => {
      const answer = await asked.fetch()
      const real = await answer.json()
      const { id, name, network } = real.accounts[0]
      await asked.fulfill({
        response: answer,
        json: { ...real, dead: [{ id: 1, kind: 'alert', error: 'answered 500', attempt: 20, made_at: at, dead_at: at }], stuck: [{ id: 1, account: { id, name, network }, kind: 'hook', size: 512, error: 'no JSON', received_at: at }] },
      })
    })
    await go('/health')
    await page.getByText('answered 500').waitFor()
    await page.getByText(t('watch.limits')).waitFor()
    await fine('health')
    await click('health.discard')
    await over('health/HealthPage.tsx', 'discarding', inDialog('health.discardHow'))
    await page.unroute('**/api/health*')
    await go('/nowhere')
    await page.getByText(t('notFound.title')).waitFor()
    await fine('nowhere')
  }

  /** What somebody chooses for themselves, and for the house. */
  async function settings() {
    await go('/settings')
    for (const key of ['invite.go', 'agents.add', 'brands.add']) await click(key)
    await desk.button('link.passwordOf', { name: colleague.name }).waitFor()
    await page.getByRole('button', { name: t('keys.change', { action: t('case.solve'), key: 'E' }), exact: true }).click()
    await press('j')
    await page.getByText(t('keys.taken', { key: 'J', action: t('act.down') })).waitFor()
    await fine('settings')
    await click('cancel')
    await page.getByRole('button', { name: 'Paket', exact: true }).click()
    await over('settings/Tags.tsx', 'changing a tag', inDialog('tags.into'))
    await click('link.passwordOf', { name: colleague.name })
    await over('settings/LinkDialog.tsx', 'a link to hand over', inDialog('link.label'))
    await click('second.takeOf', { name: colleague.name })
    await over('settings/TakeSecond.tsx', 'taking a second step away', inDialog('second.takeHow'))

    // At an address without a name there are no passkeys, and nobody was gone long enough to be asked who they are.
    const at = new Date().toISOString()
    await page.route('**/api/me/passkeys', (asked) => asked.fulfill({ json: { possible: true, passkeys: [{ id: 'k', name: 'Mein Rechner', made_at: at, used_at: null }] } }))
    await page.route('**/api/me/tokens', (asked) => (asked.request().method() === 'POST' ? asked.fulfill({ status: 403, json: { code: 'session.prove' } }) : asked.continue()))
    await go('/settings/security')
    await click('second.begin')
    await page.getByRole('img', { name: t('second.qr') }).waitFor()
    await click('token.add')
    await page.locator('[name=token]').fill('Auswertung')
    await page.getByText(t('security.limits')).waitFor()
    await fine('sign-in and security')
    await page.locator('[name=token]').press('Enter')
    await over('settings/useProof.tsx', 'who it is, once more', inDialog('proof.how'))
    await click('passkey.renameOf', { name: 'Mein Rechner' })
    await over('settings/Passkeys.tsx', 'a passkey is renamed')
    await go('/second-step')
    await page.getByText(t('second.now')).waitFor()
    await fine('/second-step')
    for (const mocked of ['passkeys', 'tokens']) await page.unroute(`**/api/me/${mocked}`)

    await go('/settings/providers')
    await click('provider.changeOf', { name: 'Firmenkonto' })
    await page.getByText(t('provider.levelHelp')).waitFor()
    await fine('providers')
    await go('/settings/webhooks')
    await click('hooks.change')
    await click('hooks.log')
    await page.locator('[name=url]').waitFor()
    await fine('webhooks')
    await go('/settings/trail')
    await page.getByText(t('trail.did.house_set_up')).waitFor()
    await page.locator('summary').click()
    await fine('trail')
  }

  /** What the frame around it all shows. */
  async function frame() {
    await desk.command(t('tour.go'))
    for (let step = 0; ; step++) {
      await fine(`step ${step} of the tour`)
      if (await desk.button('tour.end').count()) break
      await press('Enter')
      await page.getByText(t('tour.step', { n: step + 2 })).waitFor()
    }
    opened.add('tour/Tour.tsx')
    await press('Enter')
    await desk.dialog.waitFor({ state: 'detached' })
    await desk.button('nav.brand', { name: 'Nordnetz' }).click()
    await over('shell/Brands.tsx', 'which brand')

    await show(house.mira, 'Kein Netz')
    await page.context().setOffline(true)
    await press('n')
    await desk.focused(desk.text)
    await page.keyboard.insertText(`Ohne Netz notiert (${language}, ${scheme}).`)
    await press('Control+Enter')
    await desk.banner.getByText(t('connection.waiting_one', { count: 1 })).waitFor()
    await fine('without a connection')
    await page.context().setOffline(false)
    await desk.noted(`Ohne Netz notiert (${language}, ${scheme}).`)
    await desk.banner.getByText(t('connection.waiting_one', { count: 1 })).waitFor({ state: 'detached' })
  }

  // A choice holds when the house has it: a page that is left before may take it along.
  const choose = async (box, value) => {
    if ((await box.inputValue()) === value) return
    const kept = page.waitForResponse((r) => new URL(r.url()).pathname === '/api/me' && r.request().method() === 'PATCH' && r.ok())
    await box.selectOption(value)
    await kept
  }
  for (scheme of schemes) {
    // What the agent has chosen counts, whatever the device says.
    await device(scheme === 'dark' ? 'light' : 'dark')
    for (language of languages) {
      if (!looked()) continue
      desk.t = words(language)
      await page.goto(`${base}/settings`)
      await choose(page.locator('select').nth(0), language)
      await page.getByText(t('settings.you')).waitFor()
      await choose(page.getByRole('combobox', { name: t('settings.scheme') }), scheme)
      await page.waitForFunction((s) => document.documentElement.dataset.mantineColorScheme === s, scheme)
      for (const part of [list, oneCase, answers, places, settings, frame]) await part()
    }
  }
  leave()

  const pattern = (route) => new RegExp(`^${route.replace(/\$\w+/g, '[^/]+')}$`)
  same(routes.filter((route) => ![...seen].some((path) => pattern(route).test(path))), [], 'pages that nobody has looked at')
  same(dialogs.filter((file) => !opened.has(file)), [], 'files with a dialog that nobody has looked at')
})

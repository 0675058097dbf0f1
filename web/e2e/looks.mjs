// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Every page in German and in English, light and dark: axe finds nothing, the language is declared, nothing is left
// in the other one. What is wrong lies in the words or in the colours, so the desk is looked at in each of them once; in the
// long tests, in every pair.

import { accessible } from './axe.mjs'
import { Desk, texts, words } from './desk.mjs'
import { administrator, base, journey, ok, same, story } from './stage.mjs'

const languages = ['de', 'en']
const schemes = ['light', 'dark']

/** Texts of the app that stand on the page in the other language. */
async function leftOver(page, language) {
  const own = new Set(Object.values(texts[language]))
  const lines = new Set((await page.locator('body').innerText()).split('\n').map((line) => line.trim()))
  return Object.values(texts[languages.find((l) => l !== language)]).filter((text) => text.length > 3 && !own.has(text) && lines.has(text))
}

await journey(async ({ open }) => {
  const page = await open()
  let language = 'de'
  let scheme = 'light'
  const t = (key, values) => words(language)(key, values)
  const looked = () => process.env.HILFT_SOAK === '1' || (language === 'de') === (scheme === 'light')
  async function fine(where) {
    const what = `${where} (${language}, ${scheme})`
    await page.waitForFunction((l) => document.documentElement.lang === l, language)
    same(await page.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches), true, 'nothing moves while axe looks')
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number))
    ok(ground[0] < 128 === (scheme === 'dark'), `${what}: the ground is ${ground}`)
    ok((await page.title()) !== '', `${what}: the page has no title`)
    same(await leftOver(page, language), [], `in the other language: ${what}`)
    if (looked()) await accessible(page, what)
  }
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
  await story('account', 'connected', 'api')
  await page.goto(`${base}/sign-in`)
  for (scheme of schemes) {
    await device(scheme)
    for (language of languages) {
      const other = page.getByRole('button', { name: language === 'de' ? 'Deutsch' : 'English', exact: true })
      if (await other.count()) await other.click()
      await page.getByRole('heading', { name: t('signin.title') }).waitFor()
      await page.getByRole('textbox', { name: t('field.email') }).fill(administrator.email)
      await page.locator('[name=password]').fill('das ist es nicht')
      await page.keyboard.press('Enter')
      await page.getByText(t('error.session.wrong')).waitFor()
      await fine('sign-in')
    }
  }

  // A desk with something of everything: both rooms, a note, a link, an answer that was refused, a word without end.
  await page.getByRole('button', { name: 'Deutsch', exact: true }).click()
  language = 'de'
  const desk = new Desk(page)
  await desk.signIn()
  await story('neighbour', 'Mira Köster', 'says', 'Kein Netz, siehe https://nordnetz.example/stoerung.', 'in', 'public')
  await story('neighbour', 'Jens Petersen', 'says', 'Wo bleibt der Router?')
  await story('neighbour', 'Ayşe Demir', 'says', `${'sehr '.repeat(60)}lang ${'ohneLuft'.repeat(30)}`)
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
  await desk.row('Kein Netz').click()
  await desk.message('Kein Netz').waitFor()
  const cases = {
    public: new URL(page.url()).pathname,
    private: new URL(await desk.row('Wo bleibt').or(desk.row('Er ist unterwegs')).first().getAttribute('href'), base).pathname,
  }
  await page.goto(`${base}/channels`)
  const account = await page.locator('a[href^="/channels/"]:not([href^="/channels/new/"])').first().getAttribute('href')
  await page.locator('a[href^="/channels/new/"]').nth(3).waitFor() // the accounts may be there before the networks
  const networks = await page.locator('a[href^="/channels/new/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
  ok(networks.length >= 4, `networks to connect: ${networks}`)

  const pages = [
    ['/inbox/open', () => desk.row('Kein Netz').waitFor()],
    ['/inbox/solved', () => page.getByText(t('empty.solved'), { exact: true }).waitFor()],
    ['/inbox/trouble', () => desk.row('').first().waitFor()],
    [cases.public, () => desk.message('Kein Netz').waitFor()],
    [cases.private, () => desk.message('Paketnummer').waitFor()],
    ['/cases/01a20353-0000-7000-8000-000000000000', () => page.getByText(t('case.gone')).waitFor()],
    ['/channels', () => page.getByRole('heading', { name: t('nav.channels'), level: 1 }).waitFor()],
    ...networks.map((href) => [href, () => page.locator('form').waitFor()]),
    [account, () => page.locator('form').waitFor()],
    ['/health', () => page.getByText(t('health.queues')).waitFor()],
    ['/settings', () => page.getByText(t('settings.agents')).waitFor()],
    ['/settings/security', () => page.getByText(t('security.limits')).waitFor()],
    ['/settings/trail', () => page.getByText(t('trail.did.house_set_up')).waitFor()],
    ['/settings/webhooks', () => page.getByText(t('hooks.none')).waitFor()],
    ['/nowhere', () => page.getByText(t('notFound.title')).waitFor()],
  ]
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
      for (const [path, there] of pages) {
        await page.goto(base + path)
        await there()
        await fine(path)
      }
      // What opens on top of a page.
      await page.goto(base + cases.private)
      await desk.message('Paketnummer').waitFor()
      await page.keyboard.press('?')
      await desk.dialog.waitFor()
      await fine('help')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await desk.dialog.getByRole('option', { selected: true }).waitFor()
      await fine('palette')
      await page.keyboard.press('Escape')
      await page.keyboard.press('a')
      await desk.dialog.getByText(t('assign.me'), { exact: true }).waitFor()
      await fine('assign')
      await page.keyboard.press('Escape')
      await page.keyboard.press('n')
      await desk.focused(desk.text)
      await fine('writing a note')
    }
  }
})

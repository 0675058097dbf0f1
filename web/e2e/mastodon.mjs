// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The brand signs in at its network in the browser. A public word is answered in public, goes on in private, and stays
// one case in which nobody can take the one for the other.

import { Desk, settings } from './desk.mjs'
import { base, given, journey, ok, same, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  await page.getByRole('link', { name: desk.t('nav.channels') }).click()
  await desk.newChannel('mastodon')
  await desk.fill({ name: 'Mastodon', ...settings({ url: given.url }) })
  await page.locator('form button[type=submit]').click()

  // At the network: who am I, and may hilft?
  await page.waitForURL(`${given.url}/oauth/authorize**`)
  await page.getByRole('radio', { name: given.brand }).check()
  await page.getByRole('button', { name: 'Authorise' }).click()
  await page.waitForURL(`${base}/channels?connected=*`)
  await desk.connected()
  await story('social', 'hears', 'us')

  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await story('customer', 'posts', 'Seit drei Tagen kein Netz in Husum. Macht ihr was?')
  await desk.row('kein Netz in Husum').waitFor()
  await page.keyboard.press('g')
  await desk.message('kein Netz in Husum').waitFor()
  await desk.composer.getByText(desk.t('composer.toPublic')).waitFor()
  await desk.answer('Moin Mira, das sehen wir uns an. Wir schreiben dir gleich direkt.')
  await desk.delivered('das sehen wir uns an')
  await story('network', 'shows', 'das sehen wir uns an', 'public')

  // All the world sees it as an answer to what the customer said.
  const world = await open()
  const thread = await story('social', 'page')
  await world.goto(thread)
  same(await world.getByRole('article').count(), 2, 'posts in the thread')
  await world.getByRole('article').nth(1).getByText('das sehen wir uns an').waitFor()

  // In private, to the same person: a new conversation in the same case.
  const toPrivate = desk.composer.getByRole('radio', { name: desk.t('private') }).first()
  await toPrivate.focus()
  await page.keyboard.press('Space')
  await desk.composer.getByText(desk.t('composer.toPrivate').trim()).waitFor()
  await desk.focused(desk.text)
  await page.keyboard.insertText('Wie ist deine Kundennummer?')
  await page.keyboard.press('Control+Enter')
  await desk.delivered('Wie ist deine Kundennummer?')
  await story('network', 'shows', 'Wie ist deine Kundennummer?', 'direct')
  await page.getByText(desk.t('rule.nowPrivate')).waitFor()
  await world.reload()
  ok(!(await world.getByText('Kundennummer').count()), 'what is private is on no public page')

  // The customer answers there: one case, both rooms, and the next answer is private by itself.
  await story('customer', 'writes', 'directly', 'Das ist die 4711.')
  await desk.message('Das ist die 4711.').waitFor()
  await desk.composer.getByText(desk.t('composer.toPrivate').trim()).waitFor()
  for (const text of ['kein Netz in Husum', 'das sehen wir uns an', 'Wie ist deine Kundennummer?', 'Das ist die 4711.']) {
    same(await desk.message(text).count(), 1, `in the one case: ${text}`)
  }
  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await desk.row('4711').waitFor()
  same(await page.locator('[data-case]').count(), 1, 'cases')

  // The two are told apart in words and in colours.
  await desk.row('4711').getByText(desk.t('private')).first().waitFor()
  await desk.row('4711').click()
  const timeline = page.getByRole('group', { name: desk.t('case.timeline') })
  await timeline.getByText(new RegExp(`${desk.t('public')} · Mastodon`)).first().waitFor()
  await timeline.getByText(new RegExp(`${desk.t('private')} · Mastodon`)).first().waitFor()
  const edge = (text) => desk.message(text).evaluate((m) => getComputedStyle(m).borderInlineStartColor)
  ok((await edge('kein Netz in Husum')) !== (await edge('Das ist die 4711.')), 'public and private have the same colour')
  const label = () => desk.text.getAttribute('aria-label')
  same(await label(), desk.t('composer.privateText'), 'the field says for whose eyes it is')
  await desk.composer.getByRole('radio', { name: desk.t('public') }).first().check({ force: true })
  same(await label(), desk.t('composer.publicText'), 'the field says for whose eyes it is')
})

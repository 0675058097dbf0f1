// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A system of somebody else's is connected, posts a signed webhook, and takes our signed answer. What it posts while an
// answer is being written stops that answer, whether the desk knows of it already or only the house.

import { accessible } from './axe.mjs'
import { Desk, settings } from './desk.mjs'
import { given, journey, ok, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  await page.getByRole('link', { name: desk.t('nav.channels') }).click()
  await desk.newChannel('api')
  await desk.fill({ name: 'App', ...settings(given) })
  await desk.connect()
  await page.getByText(desk.t('channels.connected')).waitFor()
  await story('hook', 'is', await page.getByLabel(desk.t('account.hook')).inputValue())

  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await story('system', 'sends', 'Meine Rechnung stimmt nicht.', 'in', 't-1')
  await desk.row('Meine Rechnung stimmt nicht.').waitFor()
  await page.keyboard.press('g')

  // An answer that is held is taken back before anybody outside reads it, is mended, and goes out by itself.
  await desk.answer('Welche Rechnungsnummer sind Sie?', 'Control+Shift+Enter')
  await page.getByText(desk.t('next.none')).first().waitFor()
  await page.getByRole('button', { name: desk.t('undo') }).waitFor()
  await page.keyboard.press('z')
  await desk.text.waitFor()
  ok((await desk.text.inputValue()) === 'Welche Rechnungsnummer sind Sie?', 'it is a draft again')
  await desk.row('Meine Rechnung stimmt nicht.').waitFor() // who waited for an answer waits again
  await page.getByText(desk.t('delivery.withdrawn')).waitFor()
  await accessible(page, 'a reply that was taken back')
  await desk.text.fill('Welche Rechnungsnummer ist es?')
  await page.keyboard.press('Control+Enter')
  await desk.message('Welche Rechnungsnummer').getByRole('button', { name: desk.t('delivery.withdraw') }).waitFor()
  await desk.delivered('Welche Rechnungsnummer')
  await story('system', 'was', 'given', 'Welche Rechnungsnummer sind Sie?', '0', 'times')
  await story('system', 'was', 'given', 'Welche Rechnungsnummer ist es?', 'once')
  await page.getByRole('link', { name: desk.t('nav.channels') }).click()
  await page.getByLabel(desk.t('hold'), { exact: true }).selectOption('0')
  await page.waitForFunction(() => document.querySelector('select')?.value === '0')
  await page.goBack()

  // The customer writes while we write: the answer waits, and is sent only when somebody has read what is new.
  await desk.write('Ohne die Nummer können wir nicht nachsehen.')
  await story('system', 'sends', 'Es ist die 2026-117.', 'in', 't-1')
  await desk.composer.getByText(desk.t('composer.fresh_one', { count: 1 })).waitFor()
  await page.keyboard.press('Control+Enter')
  await desk.dialog.getByText('Es ist die 2026-117.').waitFor()
  await accessible(page, 'something new')
  await page.keyboard.press('Escape')
  await desk.dialog.waitFor({ state: 'detached' })
  await desk.focused(desk.text)
  ok((await desk.text.inputValue()) === 'Ohne die Nummer können wir nicht nachsehen.', 'the text is still there')
  await desk.text.fill('Danke, die 2026-117 liegt vor uns.')
  await page.keyboard.press('Control+Enter')
  await desk.delivered('die 2026-117 liegt vor uns')
  await story('system', 'was', 'given', 'Ohne die Nummer können wir nicht nachsehen.', '0', 'times')
  await story('system', 'was', 'given', 'Danke, die 2026-117 liegt vor uns.', 'once')

  // The same where the desk has heard nothing yet, because its live stream says nothing: the house stops the answer.
  await page.route('**/api/events?*', () => {})
  await page.reload()
  await desk.message('liegt vor uns').waitFor()
  await desk.write('Wir schreiben den Betrag gut.')
  await story('system', 'sends', 'Es sind übrigens zwei Rechnungen.', 'in', 't-1')
  ok((await desk.message('zwei Rechnungen').count()) === 0, 'the desk knows nothing of it')
  await story('house', 'heard', 'zwei Rechnungen')
  await page.keyboard.press('Control+Enter')
  await desk.dialog.getByText('Es sind übrigens zwei Rechnungen.').waitFor()
  await story('system', 'was', 'given', 'Wir schreiben den Betrag gut.', '0', 'times')
  await desk.dialog.getByRole('button', { name: desk.t('new.send') }).press('Enter')
  await desk.dialog.waitFor({ state: 'detached' })
  await page.unroute('**/api/events?*')
  await story('system', 'was', 'given', 'Wir schreiben den Betrag gut.', 'once')
  await page.reload()
  await desk.delivered('Wir schreiben den Betrag gut.')
  ok((await desk.message('Wir schreiben den Betrag gut.').count()) === 1, 'it stands there once')

  // A channel that needs a new sign-in says so wherever one is.
  await story('system', 'expired')
  await desk.answer('Die Gutschrift ist unterwegs.')
  await page.getByRole('link', { name: `${desk.t('nav.channels')}: ${desk.t('nav.channelDown')}` }).waitFor()
  await accessible(page, 'a channel that is down')
})

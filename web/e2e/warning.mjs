// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// What its author warns of is folded wherever it is shown; the answer warns of the same, with a picture that is described
// before it goes out. How far it has come, and what was deleted while nobody listened, is seen when the case is opened.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { journey, ok, same, story } from './stage.mjs'

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  await story('social', 'warns', 'Nasser Keller', 'Hier steht das Wasser kniehoch, und ihr?')
  await desk.row('Nasser Keller').waitFor()
  ok(!(await page.getByText('kniehoch').count()), 'the list shows what is folded')
  await story('social', 'spreads', '3', '12')
  await desk.row('Nasser Keller').click()
  const post = desk.message('Nasser Keller').first()
  await post.waitFor()
  const fold = post.getByRole('button', { name: `${desk.t('message.warning')} Nasser Keller` })
  same(await fold.getAttribute('aria-expanded'), 'false', 'it is folded at first')
  ok(!(await page.getByText('kniehoch').count()), 'the case shows what is folded')
  await post.getByText(desk.t('reach.shared_other', { n: 3 })).waitFor()
  await post.getByText(desk.t('reach.liked_other', { n: 12 })).waitFor()
  ok(!(await page.getByRole('button', { name: desk.t('message.original') }).count()), 'there is nothing more to see in the original')
  await fold.focus()
  await page.keyboard.press('Enter')
  await post.getByText('kniehoch').waitFor()

  // The answer warns of the same, until its author says otherwise.
  const warning = desk.composer.getByRole('textbox', { name: desk.t('composer.warning') })
  same(await warning.inputValue(), 'Nasser Keller', 'the answer warns of the same')
  await warning.fill('Offene Leitung')
  await desk.composer.locator('input[type=file]').setInputFiles({ name: 'buchse.png', mimeType: 'image/png', buffer: picture })
  const alt = desk.composer.getByRole('textbox', { name: desk.t('composer.altOf', { name: 'buchse.png' }) })
  await alt.waitFor()
  await desk.answer('Bitte nicht anfassen, wir kommen heute noch.')
  await desk.dialog.getByText(desk.t('undescribed.title')).waitFor()
  await accessible(page, 'a picture without a description')
  await desk.dialog.getByRole('button', { name: desk.t('undescribed.back') }).click()
  await desk.focused(alt)
  await page.keyboard.insertText('Die Buchse links unten')
  await desk.text.focus()
  await page.keyboard.press('Control+Enter')
  const ours = desk.message('Offene Leitung')
  // The network may show us our own post before it says that it took it; then it stands there twice for a moment.
  await ours.getByText(`✓ ${desk.t('delivery.sent')}`).first().waitFor()
  await ours.nth(1).waitFor({ state: 'detached' })
  await story('social', 'shows', 'Die Buchse links unten', 'behind', 'Offene Leitung')
  await ours.getByRole('button', { name: 'Offene Leitung' }).click()
  await ours.getByText('Die Buchse links unten').waitFor()
  await accessible(page, 'a case with warnings')

  // Deleted while the line was down: no stream and no list tells that.
  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await story('social', 'warns', 'Vertrauliches', 'Mein Passwort ist geheim')
  await desk.row('Vertrauliches').waitFor()
  await story('network', 'fails', 'down')
  await story('social', 'takes', 'it', 'back')
  await story('network', 'is', 'well', 'again')
  await desk.row('Vertrauliches').click()
  await page.getByText(desk.t('message.deleted')).waitFor()
  ok(!(await page.getByText('Vertrauliches').count()), 'what was deleted is still shown')
})

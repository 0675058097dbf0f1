// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A case over many words: it opens at its end, goes back to its beginning, and neither what is drawn above nor what
// comes in below moves whoever reads.

import { Desk } from './desk.mjs'
import { journey, ok, same, story } from './stage.mjs'

const words = 150

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  for (let i = 1; i <= words; i++) await story('neighbour', 'Dora Lund', 'says', `Das ist Wort ${i}.`)
  await desk.row(`Wort ${words}.`).click()
  const said = (n) => page.getByRole('article').getByText(`Das ist Wort ${n}.`, { exact: true })
  const below = page.getByRole('button', { name: desk.t('case.below') })
  await said(words).waitFor()
  ok((await page.getByRole('article').count()) < 70, 'a long case is drawn whole')
  same(await below.count(), 0, 'nothing is new')

  // Whoever scrolls up comes to the beginning, and stays where they are while more is drawn above.
  const timeline = page.getByRole('group', { name: desk.t('case.timeline') })
  const place = () => said(100).evaluate((e) => Math.round(e.getBoundingClientRect().top))
  await said(100).scrollIntoViewIfNeeded()
  const before = await place()
  await timeline.getByRole('button', { name: /frühere/ }).evaluate((b) => b.click())
  await said(60).waitFor()
  ok(Math.abs((await place()) - before) < 2, `what is read moved from ${before} to ${await place()}`)
  for (let i = 0; (await said(1).count()) === 0 && i < 50; i++) await timeline.evaluate((t) => t.scrollTo(0, 0))
  await said(1).waitFor()
  await timeline.evaluate((t) => t.scrollTo(0, 0))
  await page.getByText(desk.t('event.opened')).waitFor()

  // What comes in is told of; what one writes oneself is where one looks.
  await story('neighbour', 'Dora Lund', 'says', 'Und noch etwas.')
  await below.click()
  await desk.message('Und noch etwas.').waitFor()
  await below.waitFor({ state: 'detached' })
  await timeline.evaluate((t) => t.scrollTo(0, 0))
  await desk.answer('Danke, das reicht uns.')
  await desk.delivered('Danke, das reicht uns.')
  await page.waitForFunction((t) => t.scrollHeight - t.scrollTop - t.clientHeight < 40, await timeline.elementHandle())
  same(await below.count(), 0, 'one’s own answer is no news')
})

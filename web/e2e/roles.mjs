// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// An administrator makes a second brand and lets somebody in who at first only reads; what the page offers follows their
// role, and nobody sees anything of a brand that they are not in.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { journey, same, story } from './stage.mjs'

const jan = { name: 'Jan Okafor', email: 'jan@nordnetz.example', password: 'zwölf Möwen auf dem Deich' }

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  await story('neighbour', 'Mira Köster', 'says', 'Mein Router blinkt rot.')
  await desk.row('blinkt rot').waitFor()
  same(await page.getByRole('button', { name: desk.t('nav.brand') }).count(), 0, 'with one brand there is nothing to choose')

  await page.getByRole('link', { name: desk.t('nav.settings') }).click()
  await desk.button('agents.add').click()
  const newcomer = page.locator('form').filter({ has: page.locator('[name=role]') })
  await newcomer.locator('[name=name]').fill(jan.name)
  await newcomer.locator('[name=email]').fill(jan.email)
  await newcomer.locator('[name=password]').fill(jan.password)
  await newcomer.locator('[name=role]').selectOption('reader')
  await page.keyboard.press('Enter')
  const role = page.getByRole('combobox', { name: desk.t('roles.of', { name: jan.name }) })
  await role.waitFor()
  same(await role.inputValue(), 'reader', 'what Jan is')
  await accessible(page, 'who works for the brand')

  // Who reads is offered nothing else.
  const elsewhere = await open()
  const jans = new Desk(elsewhere)
  await jans.signIn(jan)
  await jans.row('blinkt rot').click()
  await elsewhere.getByText(jans.t('case.readOnly')).waitFor()
  await elsewhere.keyboard.press('e')
  await elsewhere.keyboard.press('a')
  same(await jans.composer.count(), 0, 'nowhere to write')
  same(await elsewhere.getByRole('button', { name: jans.t('case.solve') }).count(), 0, 'nothing to solve with')
  same(await jans.dialog.count(), 0, 'nobody to give it to')
  await accessible(elsewhere, 'a case that is only read')

  // Who reads along for others writes notes, and no answers.
  await role.selectOption('reviewer')
  await page.getByText(desk.t('roles.now', { name: jan.name, role: desk.t('role.reviewer') })).waitFor()
  await elsewhere.reload()
  await jans.text.waitFor()
  same(await jans.composer.locator('fieldset input').count(), 1, 'ways to write')
  await jans.text.fill('Das war gestern schon einmal.')
  // Whoever has the case open as well sees who writes, and what.
  const beside = await page.context().newPage()
  const third = new Desk(beside)
  await beside.goto(elsewhere.url())
  await beside.locator('summary', { hasText: jan.name }).click()
  await beside.getByText('Das war gestern schon einmal.', { exact: true }).waitFor()
  await beside.locator('header').getByText(new RegExp(`^${jan.name} `)).waitFor()
  await accessible(beside, 'a case that a colleague has open')
  await beside.getByRole('button', { name: third.t('draft.take') }).click()
  await beside.waitForFunction(() => document.querySelector('section textarea')?.value === 'Das war gestern schon einmal.')
  await elsewhere.waitForFunction(() => document.querySelector('section textarea')?.value === '', undefined, { polling: 100 }) // it is not Jan's any more
  await jans.text.fill('Das war gestern schon einmal.')
  await beside.close()
  await elsewhere.keyboard.press('Control+Enter')
  await jans.noted('gestern schon einmal')

  // A second brand, which Jan is not in.
  await desk.button('brands.add').click()
  await page.locator('form').last().locator('[name=name]').fill('Südnetz')
  await page.keyboard.press('Enter')
  const brands = page.getByRole('button', { name: desk.t('nav.brand', { name: 'Nordnetz' }) })
  await brands.click()
  await desk.dialog.waitFor()
  await accessible(page, 'which brand')
  await desk.dialog.getByRole('button', { name: 'Südnetz' }).click()
  await page.getByText(desk.t('empty.unheard')).waitFor()
  same(await desk.row('blinkt rot').count(), 0, 'cases of the other brand')
  await page.getByRole('link', { name: desk.t('nav.settings') }).click()
  await role.waitFor()
  same(await role.inputValue(), 'none', 'what Jan is in Südnetz')
  await page.setViewportSize({ width: 390, height: 844 })
  same(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing to be scrolled sideways')
  await elsewhere.reload()
  await jans.text.waitFor()
  same(await elsewhere.getByRole('button', { name: jans.t('nav.brand') }).count(), 0, 'Jan does not learn of Südnetz')
})

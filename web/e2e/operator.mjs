// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Whoever runs the house finds what was given up, tries it again, discards it, and lets somebody be told from now on.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { given, journey, same } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  const givenUp = page.getByRole('row').filter({ hasText: given.error })
  const left = (n) => page.waitForFunction(([why, want]) => [...document.querySelectorAll('tr')].filter((r) => r.textContent.includes(why)).length === want, [given.error, n])
  await desk.signIn()
  await page.getByRole('link', { name: desk.t('nav.health') }).click()
  await givenUp.first().waitFor()
  same(await givenUp.count(), 3, 'what was given up')
  await accessible(page, 'work that was given up')

  // Whom it was about is gone, so that it has nothing to do and succeeds.
  await givenUp.first().getByRole('button', { name: desk.t('again'), exact: true }).click()
  await left(2)
  await givenUp.first().getByRole('button', { name: desk.t('health.discard'), exact: true }).click()
  await desk.dialog.getByText(desk.t('health.discardSure')).waitFor()
  await accessible(page, 'discarding')
  await desk.dialog.getByRole('button', { name: desk.t('cancel'), exact: true }).click()
  await desk.dialog.waitFor({ state: 'detached' })
  await left(2)
  await givenUp.first().getByRole('button', { name: desk.t('health.discard'), exact: true }).click()
  await desk.dialog.getByRole('button', { name: desk.t('health.discard'), exact: true }).click()
  await desk.dialog.waitFor({ state: 'detached' })
  await left(1)
  await givenUp.getByRole('button', { name: desk.t('health.discard'), exact: true }).click()
  await desk.dialog.getByRole('button', { name: desk.t('health.discard'), exact: true }).click()
  await page.getByText(desk.t('health.noDead')).waitFor()

  // On a phone, to a mailbox: an address that makes no sense, one that does, and a try that arrives.
  await page.setViewportSize({ width: 390, height: 844 })
  await desk.button('watch.add').click()
  const address = page.getByRole('textbox', { name: desk.t('field.email') })
  await address.fill(given.desk)
  await page.keyboard.press('Enter')
  await page.getByText(desk.t('error.watch.target.own_address')).first().waitFor()
  await desk.focused(address)
  await accessible(page, 'an address that makes no sense')
  await address.fill(given.address)
  await page.keyboard.press('Enter')
  const told = page.getByRole('listitem').filter({ hasText: given.address })
  await told.waitFor()
  await told.getByText(desk.t('never')).waitFor()
  await told.getByRole('button', { name: desk.t('watch.test'), exact: true }).click()
  await page.getByText(desk.t('watch.tested')).first().waitFor()
  await told.getByText(desk.t('never')).waitFor({ state: 'detached' })
  await accessible(page, 'somebody who is told')
  same(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing to be scrolled sideways')
  await told.getByRole('button', { name: desk.t('watch.remove'), exact: true }).click()
  await page.getByText(desk.t('watch.nobody')).waitFor()
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// An agent has one case open in two tabs: they write one answer there, and sign out in one of them. Then on two devices.

import { Desk } from './desk.mjs'
import { journey, same, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await desk.signIn()
  await story('neighbour', 'Mira Köster', 'says', 'Mein Router blinkt rot.')
  await desk.row('blinkt rot').click()
  await desk.message('blinkt rot').waitFor()
  const second = await page.context().newPage()
  const other = new Desk(second)
  await second.goto(page.url())
  await other.message('blinkt rot').waitFor()

  const written = (where, text) =>
    where.page.waitForFunction((want) => document.querySelector('section textarea')?.value === want, text, { polling: 100 }) // a tab behind draws nothing
  await page.bringToFront()
  await desk.write('Ziehen Sie bitte')
  await written(other, 'Ziehen Sie bitte')
  await second.bringToFront()
  await other.answer(' den Stecker.')
  await written(desk, '')
  await other.delivered('Ziehen Sie bitte den Stecker.')
  same(await story('shop', 'took', 'Ziehen Sie bitte den Stecker.'), '1', 'what two tabs wrote')

  await page.bringToFront()
  await desk.write('Und dann')
  await second.bringToFront()
  await second.getByRole('button', { name: /abmelden/i }).click()
  await second.waitForURL(/\/sign-in$/)
  await page.bringToFront()
  await page.getByText(desk.t('signin.ended')).waitFor()
  await page.locator('[name=email]').fill(process.env.HILFT_E2E_EMAIL)
  await page.locator('[name=password]').fill(process.env.HILFT_E2E_PASSWORD)
  await page.keyboard.press('Enter')
  await desk.text.waitFor()
  await written(desk, 'Und dann')

  // Another device has no word of it but from the server; what is written there stands here a moment later.
  const device = await open()
  const away = new Desk(device)
  await away.signIn()
  await device.goto(page.url())
  await written(away, 'Und dann')
  await away.write(' stecken Sie ihn wieder ein.')
  await page.bringToFront()
  await written(desk, 'Und dann stecken Sie ihn wieder ein.')
  await desk.answer('')
  await device.bringToFront()
  await written(away, '')
})

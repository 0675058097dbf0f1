// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The house is gone for a while, and so is the network: the desk says so, keeps what is written, hands it over once
// when it can, and shows what happened in the meantime.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { administrator, journey, ok, same, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open({ serviceWorkers: 'allow' })
  const desk = new Desk(page)
  await desk.signIn()
  await story('neighbour', 'Mira Köster', 'says', 'Mein Router blinkt rot.')
  await story('neighbour', 'Jens Petersen', 'says', 'Meine Rechnung fehlt.')
  await desk.row('Meine Rechnung fehlt.').click()
  await desk.message('Meine Rechnung fehlt.').waitFor()
  await desk.row('Mein Router').click()
  await desk.message('blinkt rot').waitFor()

  // The house dies while something is written. What is seen stays, what is written too, and it says so.
  await desk.write('Bitte ziehen Sie den Stecker')
  await story('house', 'dies')
  await desk.banner.getByText(desk.t('connection.lost')).waitFor()
  await page.keyboard.insertText(' und warten Sie zehn Sekunden.')
  await page.keyboard.press('Control+Enter')
  const unsent = desk.message('zehn Sekunden')
  await unsent.getByText(desk.t('unsent.waiting')).waitFor()
  await desk.banner.getByText(desk.t('connection.waiting_one', { count: 1 })).waitFor()
  await accessible(page, 'without a connection')
  await desk.row('Meine Rechnung fehlt.').click()
  await desk.message('Meine Rechnung fehlt.').waitFor()
  await desk.write('Ihre Rechnung kommt')
  await story('house', 'opens', 'again')
  await desk.banner.getByText(desk.t('connection.lost')).waitFor({ state: 'detached' })
  same(await story('shop', 'took', 'Bitte ziehen Sie den Stecker und warten Sie zehn Sekunden.'), '1', 'what was said while the house was gone')
  await desk.row('zehn Sekunden').waitFor({ state: 'detached' }) // the customer has the word
  ok((await desk.text.inputValue()) === 'Ihre Rechnung kommt', 'the draft is still there')

  // The page is loaded anew: the draft is there.
  await desk.notReloaded()
  await page.reload()
  await desk.text.waitFor()
  same(await desk.text.inputValue(), 'Ihre Rechnung kommt', 'the draft after loading anew')

  // The network is gone and comes back: what was said meanwhile is there without asking.
  await page.evaluate(() => {
    globalThis.stays = true
  })
  await page.context().setOffline(true)
  await desk.write(' heute mit der Post.')
  await page.keyboard.press('Control+Enter')
  await desk.message('heute mit der Post').getByText(desk.t('unsent.waiting')).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('e') // it waits behind the answer
  await desk.banner.getByText(desk.t('connection.waiting_other', { count: 2 })).waitFor()
  await desk.row('Rechnung').waitFor({ state: 'detached' })
  await story('neighbour', 'Ayşe Demir', 'says', 'Bei uns brennt das Modem!')
  await page.context().setOffline(false)
  await desk.row('brennt das Modem').waitFor()
  await page.getByRole('link', { name: desk.t('view.solved') }).click()
  await desk.row('heute mit der Post').click()
  await desk.delivered('heute mit der Post')
  same(await page.getByText(desk.t('event.solvedBy', { who: administrator.name })).count(), 1, 'what was done without a network is done once')
  same(await story('shop', 'took', 'Ihre Rechnung kommt heute mit der Post.'), '1', 'what was said without a network')
  await page.getByRole('link', { name: desk.t('view.waiting') }).click()
  await desk.row('zehn Sekunden').click()
  await desk.delivered('zehn Sekunden')
  same(await desk.message('zehn Sekunden').count(), 1, 'what waited for the house stands there once')
  await desk.notReloaded()

  // The browser keeps the app: with the house gone it opens all the same, says so, and goes on by itself when it can.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await desk.write('Noch ein Satz, ehe es dunkel wird.')
  await story('house', 'dies')
  await page.reload()
  await page.getByText(desk.t('error.unreachable')).first().waitFor()
  await accessible(page, 'opened without a connection')
  await story('house', 'opens', 'again')
  await desk.text.waitFor()
  same(await desk.text.inputValue(), 'Noch ein Satz, ehe es dunkel wird.', 'the draft after opening without a connection')

  // Whoever signs out leaves nothing of it behind.
  await page.getByRole('button', { name: /abmelden/i }).click()
  await page.waitForURL(/\/sign-in/)
  const left = await page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length])
  same(left, [0, 0], 'workers and caches after signing out')
})

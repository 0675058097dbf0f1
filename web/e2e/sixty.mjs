// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// An hour of somebody who answers: sixty cases in a row, in German, with the keyboard alone, and every key counted. What is
// written is not counted: it takes as long as it takes.

import { Desk } from './desk.mjs'
import { administrator, base, journey, ok, same, story } from './stage.mjs'

const customers = ['Mira Köster', 'Jens Petersen', 'Ayşe Demir', 'Björn Ähre', 'Zoë Weiß', 'Łukasz Żak']
const concerns = ['Mein Router blinkt rot.', 'Die Rechnung ist doppelt abgebucht.', 'Seit gestern kein Netz!', 'Wann kommt der Techniker?', 'Danke, alles läuft wieder.']
const answers = [
  'Ihr Router bekommt heute Nacht die neue Firmware; danach blinkt er grün.',
  'Der doppelte Betrag ist seit heute zurückgebucht.',
  'Der Verteiler in Ihrer Straße ist seit 14 Uhr wieder in Betrieb.',
]

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  await page.addInitScript(() => {
    for (const kind of ['mousedown', 'pointerdown', 'touchstart']) addEventListener(kind, () => (globalThis.moused = true), { capture: true })
  })
  let keys = 0
  async function press(...all) {
    for (const key of all) {
      await page.keyboard.press(key)
      keys++
    }
  }
  const write = (text) => page.keyboard.insertText(text)
  const answered = []
  async function reply(n) {
    const text = `${answers[n % does.length]} (${n + 1})`
    answered.push(text)
    await press('r')
    await desk.focused(desk.text)
    await write(text)
    await press('Control+Shift+Enter') // sent, solved, and on to the next
  }
  /** What is done with each concern, in their order. */
  const does = [
    reply,
    reply,
    reply,
    async () => {
      // The dispatcher knows in an hour.
      await press('s')
      await desk.focused(page.locator('[data-nap=hour]'))
      await press('Enter')
    },
    () => press('e'),
  ]

  await page.goto(`${base}/sign-in`)
  await desk.focused(page.getByRole('textbox', { name: desk.t('field.email') }))
  await write(administrator.email)
  await page.keyboard.press('Tab')
  await write(administrator.password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/inbox/open')
  await page.evaluate(() => (globalThis.stays = true))
  const said = (n) => `${concerns[n % concerns.length]} (${n + 1})`
  for (let n = 0; n < 60; n++) await story('neighbour', `${customers[n % customers.length]} ${n + 1}`, 'says', said(n))
  await desk.row(said(0)).waitFor()

  await press('g')
  const most = []
  for (let n = 0; n < 60; n++) {
    await desk.message(said(n)).waitFor()
    const before = keys
    await does[n % does.length](n)
    most.push(keys - before)
  }
  await page.getByText(desk.t('empty.open'), { exact: true }).waitFor()

  ok(Math.max(...most) <= 2, `no case takes more than two keys: ${most}`)
  same(keys, 1 + 36 * 2 + 12 * 2 + 12, 'keys pressed in all')
  same(await page.evaluate(() => globalThis.moused ?? false), false, 'the mouse was used')
  same(await page.evaluate(() => document.documentElement.lang), 'de', 'the language of the page')
  await desk.notReloaded()
  for (const text of answered) same(await story('shop', 'took', text), '1', `how often it arrived: ${text}`)
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A shift without a mouse: sign in, take the most urgent case, answer, solve, go on, look something up, sign out.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { administrator, base, journey, ok, same, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  // Nobody may help with the mouse.
  await page.addInitScript(() => {
    for (const kind of ['mousedown', 'pointerdown']) addEventListener(kind, () => (globalThis.moused = true), { capture: true })
  })
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  /** Goes on with Tab until something has the focus, and it can be seen that it has it. */
  async function tabTo(locator, key = 'Tab') {
    await locator.waitFor()
    for (let i = 0; i < 60; i++) {
      if (await locator.evaluate((e) => e === document.activeElement)) {
        const outline = await locator.evaluate((e) => getComputedStyle(e.matches('input[type=radio]') ? e.nextElementSibling : e).outlineStyle)
        ok(outline !== 'none', `it cannot be seen that ${locator} has the focus`)
        return
      }
      await press(key)
    }
    throw new Error(`the Tab key never comes to ${locator}`)
  }

  await page.goto(`${base}/sign-in`)
  await desk.focused(page.getByRole('textbox', { name: desk.t('field.email') }))
  await page.keyboard.insertText(administrator.email)
  await press('Tab')
  await page.keyboard.insertText(administrator.password)
  await press('Enter')
  await page.waitForURL('**/inbox/open')

  await story('neighbour', 'Mira Köster', 'says', 'Erstens: mein Vertrag.')
  await story('neighbour', 'Jens Petersen', 'says', 'Zweitens: meine Rechnung.')
  await story('neighbour', 'Ayşe Demir', 'says', 'Drittens: mein Router.')
  for (const text of ['Erstens', 'Zweitens', 'Drittens']) await desk.row(text).waitFor()
  const first = await page.locator('[data-case]').first().innerText()
  ok(first.includes('Erstens'), 'who waits longest stands first')

  // The most urgent; answered, solved, and on to the next in one go.
  await press('g')
  await desk.message('Erstens').waitFor()
  await desk.answer('Der Vertrag ist verlängert.', 'Control+Shift+Enter')
  await desk.message('Zweitens').waitFor()
  await desk.row('Erstens').waitFor({ state: 'detached' })

  // Rows up and down, and the one that is wanted.
  await press('j')
  await desk.focused(desk.row('Drittens'))
  await press('k')
  await desk.focused(desk.row('Zweitens'))
  await press('j', 'Enter')
  await desk.message('Drittens').waitFor()

  // A note by the palette, where one need not know its key; then to me.
  await desk.command('notiz')
  await desk.focused(desk.text)
  await page.keyboard.insertText('Router ist bestellt.')
  await press('Control+Enter')
  await desk.noted('Router ist bestellt.')
  await press('Escape', 'a')
  await desk.dialog.waitFor()
  await press('Enter')
  await desk.dialog.waitFor({ state: 'detached' })
  await page.getByText(desk.t('event.taken', { who: administrator.name })).waitFor()

  // What all who answer her should know stands on her card, whatever the case; and not when it is taken back.
  await desk.command('etwas notieren')
  await desk.focused(desk.dialog.getByRole('textbox'))
  await page.keyboard.insertText('Bitte siezen.')
  await tabTo(desk.dialog.getByRole('button', { name: desk.t('save'), exact: true }))
  await press('Enter')
  await desk.dialog.waitFor({ state: 'detached' })
  await desk.command('person zeigen')
  await desk.dialog.getByText('Bitte siezen.').waitFor()
  await accessible(page, 'the card of a person')
  await press('Escape')
  await desk.dialog.waitFor({ state: 'detached' })
  await press('z')
  await page.getByText(desk.t('person.undone')).first().waitFor()

  // What it belongs to, how urgent it is; and not now: until an hour has passed, or until this is taken back.
  await press('t')
  await desk.dialog.waitFor()
  await page.keyboard.insertText('Router')
  await press('Enter')
  await page.getByText(desk.t('event.tagged', { who: administrator.name, names: 'Router' })).waitFor()
  await press('Escape', 'p')
  await desk.focused(page.getByRole('button', { name: desk.t('priority.normal'), exact: true }))
  await press('Shift+Tab', 'Enter')
  await page.getByText(desk.t('event.priority', { who: administrator.name, to: desk.t('priority.high') })).waitFor()
  await press('s')
  await desk.focused(page.locator('[data-nap=hour]'))
  await press('Enter')
  await desk.message('Zweitens').waitFor()
  await desk.row('Drittens').waitFor({ state: 'detached' })
  await page.getByText(desk.t('case.asleepNow', { number: '' }).split('#')[1]).waitFor() // it can be taken back once the server has it
  await press('z')
  await desk.row('Drittens').waitFor()
  await press('g')
  await desk.message('Drittens').waitFor()

  // Two cases become one, knowingly, for they are of two people; and two again.
  const number = Number((await page.locator('header').getByText(/^#\d+$/).first().innerText()).slice(1))
  await press('m')
  await desk.focused(page.getByLabel(desk.t('merge.number')))
  await page.keyboard.insertText(String(number - 1))
  await press('Enter')
  await desk.focused(page.getByRole('button', { name: desk.t('merge.goKnowingly'), exact: true }))
  await press('Enter')
  await page.getByText(desk.t('event.tookBy', { who: administrator.name, number })).waitFor()
  for (const text of ['Zweitens', 'Drittens']) await desk.message(text).waitFor()
  await press('z')
  await desk.message('Zweitens').waitFor({ state: 'detached' })
  await desk.message('Drittens').waitFor()

  // A key of one's own: it is pressed, and refused while another action has it. And for once, a solved case is to stay.
  await desk.command('ihre tasten')
  await page.waitForURL('**/settings#keys')
  await tabTo(page.getByRole('button', { name: desk.t('keys.change', { action: desk.t('case.solve'), key: 'E' }), exact: true }))
  await press('Enter', 'j')
  await page.getByText(desk.t('keys.taken', { key: 'J', action: desk.t('act.down') })).waitFor()
  const kept = () => page.waitForResponse((r) => r.url().endsWith('/api/me') && r.request().method() === 'PATCH' && r.ok())
  const key = kept()
  await press('w')
  await key
  const choice = kept()
  await page.getByRole('combobox', { name: desk.t('after.solve'), exact: true }).selectOption('stay')
  await choice
  await page.goBack()
  await desk.message('Drittens').waitFor()
  await press('e') // nothing any more
  await press('w')
  await page.getByText(desk.t('event.solvedBy', { who: administrator.name })).waitFor()
  await desk.message('Drittens').waitFor()
  await press('g')
  await desk.message('Zweitens').waitFor()
  await desk.answer('Die Rechnung ist berichtigt.', 'Control+Shift+Enter')
  await page.getByText(desk.t('empty.open'), { exact: true }).waitFor()
  await desk.text.waitFor({ state: 'detached' }) // in which the next key would be a letter

  // The rest of the desk, by Tab; the help and its way out again.
  await press('?')
  await desk.dialog.waitFor()
  await press('Escape')
  await desk.dialog.waitFor({ state: 'detached' })

  // What was said some time ago, by a part of a word; the case it was said in; and back to where one was.
  await press('/')
  const search = page.getByRole('searchbox', { name: desk.t('search.type') })
  await desk.focused(search)
  await page.keyboard.insertText('"der vertrag" von:')
  await page.keyboard.insertText(administrator.name.split(' ')[0])
  const hit = page.locator('[data-row]').filter({ hasText: 'Der Vertrag ist verlängert.' })
  await hit.locator('mark', { hasText: 'Der Vertrag' }).waitFor()
  await press('ArrowDown')
  await desk.focused(hit)
  await press('Enter')
  await desk.message('Erstens').waitFor()
  await page.goBack()
  await desk.focused(hit)
  same(await search.inputValue(), `"der vertrag" von:${administrator.name.split(' ')[0]}`, 'the question is still there')
  await desk.command('drittens router')
  await page.waitForURL('**/search?q=drittens*')
  await page.locator('[data-row] mark', { hasText: 'Drittens' }).first().waitFor()
  await tabTo(page.getByRole('link', { name: desk.t('nav.inbox') }), 'Shift+Tab')
  await press('Enter')

  await tabTo(page.getByRole('link', { name: desk.t('view.solved') }))
  await press('Enter')
  for (const text of ['Der Vertrag', 'Die Rechnung', 'Drittens']) await desk.row(text).waitFor()

  // Two at once, with the key of one; and taken back in one step.
  await press('j', 'x', 'J')
  await page.getByRole('group', { name: desk.t('marks.acts') }).getByText(desk.t('marks.many_other', { count: 2 })).waitFor()
  await press('w')
  await page.getByText(desk.t('marks.reopened_other', { count: 2 })).waitFor()
  same(await page.locator('[data-case]').count(), 1, 'two have left the list')
  await press('z')
  await page.getByText(desk.t('marks.undone_other', { count: 2 })).waitFor()
  for (const text of ['Der Vertrag', 'Die Rechnung', 'Drittens']) await desk.row(text).waitFor()

  // Of these, what is about the router; and that list to be kept, with its number.
  await press('f')
  await desk.dialog.waitFor()
  await page.keyboard.insertText('Router')
  await desk.dialog.getByRole('button', { name: 'Router', exact: true }).waitFor()
  await press('Enter')
  await desk.row('Der Vertrag').waitFor({ state: 'detached' })
  await desk.row('Drittens').waitFor()
  await desk.command('ansicht speichern')
  await desk.dialog.waitFor()
  await page.keyboard.insertText('Router, gelöst')
  await press('Enter')
  await desk.dialog.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: /Router, gelöst ?1$/ }).waitFor()
  await desk.row('Drittens').waitFor()
  await tabTo(page.getByRole('link', { name: desk.t('nav.settings') }), 'Shift+Tab')
  await press('Enter')
  await page.waitForURL('**/settings')
  await tabTo(desk.button('nav.out', { name: administrator.name }), 'Shift+Tab')
  await press('Enter')
  await page.waitForURL('**/sign-in')
  same(await page.evaluate(() => globalThis.moused ?? false), false, 'the mouse was used')
  same(await story('shop', 'took', 'Die Rechnung ist berichtigt.'), '1', 'the answer was taken')
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The desk on a phone of 390 by 844: inbox, case, answer, note, solve, all with a thumb.

import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { administrator, base, journey, same, story } from './stage.mjs'

/** What is too small for a thumb (WCAG 2.5.5): links within a text may be. Runs on the page. */
function tooSmall() {
  const found = []
  for (const e of document.querySelectorAll('a[href], button, select, textarea, input, summary')) {
    const target = e.matches('input[type=radio], input[type=checkbox]') ? (e.closest('label') ?? e.labels?.[0]?.parentElement ?? e) : e
    if (!target.checkVisibility({ visibilityProperty: true }) || target.closest('[inert], .unseen')) continue
    if (document.querySelector('dialog[open]') && !target.closest('dialog[open]')) continue
    if (e.matches('a') && getComputedStyle(e).display === 'inline') continue
    const { width, height, bottom, top } = target.getBoundingClientRect()
    if (bottom <= 0 || top >= innerHeight) continue // the link that skips the navigation, until it has the focus
    if (width < 43.5 || height < 43.5) found.push(`${Math.round(width)}x${Math.round(height)} ${target.outerHTML.slice(0, 160)}`)
  }
  return found
}

/** What makes a page scroll sideways. Runs on the page. */
function tooWide() {
  if (document.documentElement.scrollWidth <= innerWidth) return []
  return [...document.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 160))
}

await journey(async ({ open }) => {
  const page = await open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true })
  const desk = new Desk(page)
  async function fits(where) {
    same(await page.evaluate(tooSmall), [], `too small for a thumb: ${where}`)
    same(await page.evaluate(tooWide), [], `too wide for a phone: ${where}`)
    await accessible(page, `on a phone: ${where}`)
  }

  await page.goto(`${base}/sign-in`)
  await page.getByRole('textbox', { name: desk.t('field.email') }).waitFor()
  await fits('sign-in')
  await page.getByRole('textbox', { name: desk.t('field.email') }).fill(administrator.email)
  await page.locator('[name=password]').fill(administrator.password)
  await desk.button('signin.go').tap()
  await page.waitForURL('**/inbox/open')
  await page.getByText(desk.t('empty.open')).waitFor()
  await fits('empty inbox')
  await desk.button('tour.go').tap()
  await desk.dialog.getByRole('heading', { name: desk.t('tour.list.title') }).waitFor()
  await fits('tour')
  await desk.button('tour.skip').tap()
  await desk.button('tour.go').waitFor({ state: 'detached' })

  const endless = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2)
  await story('neighbour', 'Mira Köster', 'says', `Mein Tarif heißt ${endless}, sehen Sie https://nordnetz.example/${endless}`)
  await story('neighbour', 'Jens Petersen', 'says', 'Und wo steht das für alle?', 'in', 'public')
  await desk.row('Und wo steht das').waitFor()
  await fits('inbox')

  await desk.row('Mein Tarif heißt').tap()
  await desk.message('Mein Tarif heißt').waitFor()
  await fits('case')
  await desk.text.tap()
  await desk.text.fill('Diesen Tarif gibt es seit März nicht mehr.')
  await fits('writing')
  await desk.composer.getByRole('button', { name: desk.t('composer.send'), exact: true }).tap()
  await desk.delivered('seit März nicht mehr')
  await fits('answered')

  await desk.composer.locator('label', { hasText: desk.t('note') }).tap()
  await desk.text.fill('Kulanz bis Jahresende.')
  await desk.button('composer.keepNote').tap()
  await desk.noted('Kulanz bis Jahresende.')
  await fits('note')
  await desk.button('person.panel').tap()
  await desk.dialog.waitFor()
  await fits('person')
  await desk.dialog.getByRole('button', { name: desk.t('close') }).tap()
  await desk.button('case.has', { name: administrator.name }).tap()
  await desk.dialog.waitFor()
  await fits('assign')
  await desk.dialog.getByRole('button', { name: desk.t('row.nobody') }).tap()
  await page.getByText(desk.t('event.unassignedBy', { who: administrator.name })).waitFor()

  // Solved: the next one is there, and from it the way back to the list.
  await desk.button('case.solve').tap()
  await desk.message('Und wo steht das').waitFor()
  await fits('the next case')
  await page.getByRole('link', { name: desk.t('case.back') }).tap()
  await desk.row('Mein Tarif heißt').waitFor({ state: 'detached' })
  await page.getByRole('combobox', { name: desk.t('views') }).selectOption('solved')
  await desk.row('seit März nicht mehr').waitFor()
  await fits('solved')
  await desk.button('marks.begin').tap()
  await desk.row('seit März nicht mehr').tap()
  await page.getByRole('group', { name: desk.t('marks.acts') }).getByText(desk.t('marks.many_one', { count: 1 })).waitFor()
  await fits('marked')
  await desk.button('narrow').tap()
  await desk.dialog.waitFor()
  await fits('filter')
  await desk.dialog.getByRole('button', { name: desk.t('priority.high') }).tap()
  await page.getByText(desk.t('empty.narrowed'), { exact: true }).waitFor()
  await desk.button('view.save').tap()
  await desk.dialog.waitFor()
  await fits('save a view')
  await desk.dialog.getByRole('button', { name: desk.t('close') }).tap()
  await desk.button('narrow.without', { name: desk.t('priority.high') }).tap()
  await desk.row('seit März nicht mehr').waitFor()

  // The palette finds what is there however one writes it; a number leads to its case.
  await desk.button('nav.palette').tap()
  const field = desk.dialog.getByRole('combobox', { name: desk.t('palette.type') })
  await field.fill('qqq')
  await desk.dialog.getByRole('option', { name: desk.t('palette.everywhere', { q: 'qqq' }) }).waitFor()
  await field.fill('zustaend')
  await desk.dialog.getByRole('option', { name: desk.t('view.unassigned') }).waitFor()
  await field.fill('loesen')
  await desk.dialog.getByRole('option', { name: desk.t('case.solve') }).first().waitFor()
  await fits('palette')
  await field.fill('#1001')
  await desk.dialog.getByRole('option').first().tap()
  await desk.message('Mein Tarif heißt').waitFor()
  await page.getByRole('link', { name: desk.t('case.back') }).tap()

  for (const place of ['nav.channels', 'nav.health', 'nav.settings']) {
    await page.getByRole('link', { name: desk.t(place) }).tap()
    await page.getByRole('heading', { name: desk.t(place), level: 1 }).waitFor()
    await fits(place)
  }
  await page.goto(`${base}/settings/security`)
  await page.getByText(desk.t('token.how')).waitFor()
  await fits('sign-in and security')
  await page.goto(`${base}/channels/new/mail`)
  await page.locator('summary', { hasText: desk.t('channels.advanced') }).tap()
  await fits('connecting a channel')
})

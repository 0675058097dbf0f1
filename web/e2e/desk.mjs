// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs'
import { administrator, base, ok } from './stage.mjs'

const read = (name) => JSON.parse(readFileSync(new URL(`../src/i18n/${name}.json`, import.meta.url), 'utf8'))

/** What is written on the desk, by language and key. */
export const texts = Object.fromEntries(
  ['de', 'en'].map((l) => [l, { ...read(l), ...read(`later.${l}`) }]),
)

/** A text of the app. A blank that is not filled in ends it: what stands before is enough to find it by. */
export function words(language) {
  return (key, values = {}) => {
    const text = texts[language][key]
    ok(text !== undefined, `the app has no text ${key}`)
    return text.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name] ?? '\0')).split('\0')[0]
  }
}

/** The desk on a page, as an agent finds their way on it: by what is written there. */
export class Desk {
  constructor(page, language = 'de') {
    this.page = page
    this.t = words(language)
  }

  async signIn(who = administrator) {
    await this.page.goto(`${base}/sign-in`)
    await this.page.getByRole('textbox', { name: this.t('field.email') }).fill(who.email)
    await this.page.locator('[name=password]').fill(who.password)
    const live = this.live() // before the key: what it waits for may be quick
    await this.page.keyboard.press('Enter')
    await live
  }

  /** The inbox is there. From now on the page must show by itself what happens: it is marked, and a reload would lose the mark. */
  async live() {
    const streams = this.page.waitForResponse((r) => r.url().includes('/api/events') && r.status() === 200)
    await this.page.waitForURL(/\/inbox\/open$/)
    await streams
    await this.page.evaluate(() => {
      globalThis.stays = true
    })
  }
  async notReloaded() {
    ok(await this.page.evaluate(() => globalThis.stays === true), 'the page was loaded anew')
  }

  row(saying) {
    return this.page.locator('[data-case]', { hasText: saying })
  }
  get heading() {
    return this.page.locator('h1')
  }
  message(saying) {
    return this.page.getByRole('article').filter({ hasText: saying })
  }
  get composer() {
    return this.page.getByRole('region', { name: this.t('composer'), exact: true })
  }
  get text() {
    return this.composer.locator('textarea')
  }
  get banner() {
    return this.page.getByRole('status', { name: this.t('connection'), exact: true })
  }
  get dialog() {
    return this.page.getByRole('dialog')
  }
  button(key, values) {
    return this.page.getByRole('button', { name: this.t(key, values), exact: true })
  }

  /** Opens the palette, types, and does what comes first. */
  async command(typed) {
    const field = this.page.getByRole('combobox', { name: this.t('palette.type'), exact: true })
    await this.page.keyboard.press('Control+k')
    await this.focused(field)
    await this.page.keyboard.insertText(typed)
    await this.dialog.getByRole('option', { selected: true }).waitFor()
    await this.page.keyboard.press('Enter')
    await field.waitFor({ state: 'detached' })
  }

  /** Waits until a message of ours stands there as delivered. */
  delivered(saying) {
    return this.message(saying).getByText(`✓ ${this.t('delivery.sent')}`).waitFor()
  }

  /** Waits until a note is kept: until the house has confirmed it, it does not say that it is one. */
  noted(saying) {
    return this.message(saying).filter({ hasText: this.t('note') }).waitFor()
  }

  /** Fills in fields by the names that the form gives them. */
  async fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const field = this.page.locator(`[name="${name}"]`)
      if ((await field.evaluate((f) => f.tagName)) === 'SELECT') await field.selectOption(value)
      else await field.fill(value)
    }
  }

  /** Goes to the form that connects an account of a network, with all its settings in sight. */
  async newChannel(network) {
    await this.page.locator(`a[href$="/channels/new/${network}"]`).click()
    await this.heading.waitFor()
    await this.page.locator('form').waitFor()
    const more = this.page.locator('summary', { hasText: this.t('channels.advanced') })
    if (await more.count()) await more.click()
  }
  async connect() {
    await this.button('channels.test').click()
  }
  /** The account that was just connected, once its line stands. */
  async connected() {
    const one = this.page.getByRole('main').getByRole('listitem').filter({ has: this.page.getByText(this.t('channels.new'), { exact: true }) })
    await one.getByText(this.t('account.ok'), { exact: true }).waitFor()
    return one
  }

  /** Writes an answer by keyboard in the case that is open, from wherever the focus is. */
  async write(text) {
    await this.text.waitFor()
    await this.page.keyboard.press('Escape') // out of the text, where R would be a letter
    await this.page.keyboard.press('r')
    await this.focused(this.text)
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.insertText(text)
  }
  async answer(text, chord = 'Control+Enter') {
    await this.write(text)
    await this.page.keyboard.press(chord)
  }
  /** Puts files beside the answer that is being written, and waits until the house has them. */
  async attach(...files) {
    await this.composer.locator('input[type=file]').setInputFiles(files)
    const list = this.composer.getByRole('list', { name: this.t('composer.files'), exact: true })
    for (const { name } of files) await list.getByRole('button', { name: this.t('composer.removeFile', { name }), exact: true }).waitFor()
    await list.locator('progress').waitFor({ state: 'detached' })
  }
  async focused(locator) {
    const element = await locator.elementHandle()
    await this.page.waitForFunction((e) => document.activeElement === e, element)
  }
}

/** Settings by the names that their fields have in the form. */
export const settings = (all) => Object.fromEntries(Object.entries(all).map(([key, value]) => [`s.${key}`, value]))

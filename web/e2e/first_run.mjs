// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A house is opened for the first time, a mailbox is connected, and a customer's mail is answered, solved and heard of
// again: against Dovecot and OpenSMTPD.

import { accessible } from './axe.mjs'
import { Desk, settings } from './desk.mjs'
import { administrator, base, given, invitation, journey, story } from './stage.mjs'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)

  // A stranger who comes by first is not let in, and reads where it stands that they need the code.
  await page.goto(base)
  await page.waitForURL('**/setup')
  await desk.fill({ code: 'aaaa-aaaa-aaaa-aaaa', brand: 'Fremd', language: 'de', ...administrator })
  await page.keyboard.press('Enter')
  const code = page.locator('[name=code][aria-invalid="true"]')
  await code.waitFor()
  await desk.focused(code)
  await accessible(page, 'a wrong code')

  // Who runs it, and for whom. The address that hilft printed has the code in it.
  await page.goto(invitation)
  await page.reload() // behind the # it is the same page
  await desk.fill({ brand: 'Nordnetz', language: 'de', ...administrator })
  await page.keyboard.press('Enter')

  // The first channel. A wrong password is said where it stands, and everything else stays as it was entered.
  await page.waitForURL('**/channels**')
  await page.getByText(desk.t('channels.first')).waitFor()
  await desk.newChannel('mail')
  await desk.fill({ name: 'Post', ...settings({ ...given, password: 'verschrieben' }) })
  await desk.connect()
  const password = page.locator('[name="s.password"][aria-invalid="true"]')
  await password.waitFor()
  await desk.focused(password)
  await page.getByText(desk.t('error.account.settings.bad_settings')).first().waitFor()
  await accessible(page, 'a wrong password')
  await desk.fill(settings({ password: given.password }))
  await desk.connect()
  await page.getByText(desk.t('channels.connected')).waitFor()
  await desk.connected()

  // A mail comes in while the inbox is open.
  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await page.getByText(desk.t('empty.open')).waitFor()
  await page.evaluate(() => {
    globalThis.stays = true
  })
  await story('customer', 'mails', 'Kein Netz', 'Moin, seit gestern ist in der Deichstraße alles dunkel.')
  await desk.row('seit gestern ist in der Deichstraße').waitFor()

  // It is answered without a mouse, and the customer reads the answer below their own mail.
  await page.keyboard.press('g')
  await desk.message('alles dunkel').waitFor()
  await desk.answer('Moin Mira, der Verteiler wird heute bis 14 Uhr getauscht.')
  await desk.delivered('bis 14 Uhr getauscht')
  await story('mailbox', 'shows', 'bis 14 Uhr getauscht', 'as', 'answer', 'to', 'Kein Netz')
  await page.getByText(desk.t('state.waiting'), { exact: true }).first().waitFor()

  // Their next word is there at once, in the same case.
  await story('customer', 'mails', 'back', 'Bei mir ist es immer noch dunkel.')
  await desk.message('immer noch dunkel').waitFor()
  await desk.write('Jetzt ist auch Ihr Anschluss umgeklemmt.')
  await desk.attach({ name: 'Schaltplan für Mira.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 Plan') })
  await page.keyboard.press('Control+Shift+Enter')
  await page.getByText(desk.t('next.none')).first().waitFor()
  await story('mailbox', 'shows', 'Anschluss umgeklemmt', 'as', 'answer', 'to', 'Bei mir ist es immer noch dunkel.')
  await story('mailbox', 'shows', 'Schaltplan für Mira.pdf', 'with', '%PDF-1.4 Plan')

  // A solved case opens again with the customer's word.
  await page.getByRole('link', { name: desk.t('view.solved') }).click()
  await page.locator('[data-case]').click()
  await desk.delivered('umgeklemmt')
  await page.getByText(desk.t('state.solved'), { exact: true }).first().waitFor()
  await story('customer', 'mails', 'back', 'Es geht! Und was kostet mich das?')
  await desk.message('was kostet mich das?').waitFor()
  await page.getByText(desk.t('event.reopened')).waitFor()
  await page.getByRole('link', { name: desk.t('view.open') }).click()
  await page.locator('[data-case]').waitFor()
  await desk.notReloaded()

  // A new password: whoever sits elsewhere with the old one is out, and here the desk goes on.
  const elsewhere = await open()
  const other = new Desk(elsewhere)
  await elsewhere.goto(base)
  await other.signIn()
  await page.getByRole('link', { name: desk.t('nav.settings') }).click()
  await desk.fill({ old: 'das war es nie', password: 'zwölf Möwen auf dem Deich' })
  await page.keyboard.press('Enter')
  const old = page.locator('[name=old][aria-invalid="true"]')
  await old.waitFor()
  await desk.focused(old)
  await desk.fill({ old: administrator.password, password: 'zwölf Möwen auf dem Deich' })
  await page.keyboard.press('Enter')
  await page.getByText(desk.t('saved')).waitFor()
  await elsewhere.waitForURL('**/sign-in**')
  await page.getByRole('link', { name: desk.t('nav.inbox') }).click()
  await page.locator('[data-case]').waitFor()
  await desk.notReloaded()
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The door: a second step with an app on a phone, a passkey in the device, somebody who is invited and one who has forgotten
// their password, a program with a token, and sign-ins elsewhere that are ended.

import { createHmac } from 'node:crypto'
import { accessible } from './axe.mjs'
import { Desk } from './desk.mjs'
import { administrator, given, journey, ok, same } from './stage.mjs'

/** What an app tells that was given a key, at a time. */
function codeOf(secret, at = Date.now()) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  const from = mac[19] & 15
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const better = 'zwölf Möwen auf dem Deich'

await journey(async ({ open }) => {
  const page = await open()
  const desk = new Desk(page)
  const t = desk.t
  const base = given.base

  async function password(on, who = administrator) {
    await on.page.goto(`${base}/sign-in`)
    await on.page.getByRole('textbox', { name: t('field.email') }).fill(who.email)
    await on.page.locator('[name=password]').fill(who.password)
    await on.page.keyboard.press('Enter')
  }
  const inbox = (p) => p.waitForURL(/\/inbox\/open$/)

  // On the first day nobody is held up; the way to the second step is marked.
  await password(desk)
  await inbox(page)
  await page.getByRole('link', { name: t('nav.secondDue') }).click()
  await page.getByText(t('second.soonShort')).waitFor()
  await page.getByRole('link', { name: t('security.title') }).first().click()
  await page.getByText(t('second.soon')).waitFor()
  await accessible(page, 'sign-in and security')

  // An app is set up: a wrong code is said where it stands, a right one brings what stands in for the phone.
  await desk.button('second.begin').click()
  await page.getByRole('img', { name: t('second.qr') }).waitFor()
  const secret = await page.getByLabel(t('second.secret')).inputValue()
  const code = page.locator('[name=code]')
  await code.fill('12345')
  await page.keyboard.press('Enter')
  await page.getByText(t('error.second.code.wrong')).waitFor()
  await desk.focused(code)
  await accessible(page, 'a wrong code')
  const used = Date.now()
  await code.fill(codeOf(secret, used))
  await page.keyboard.press('Enter')
  const recovery = (await page.getByLabel(t('second.recovery')).inputValue()).split('\n')
  same(recovery.length, 10, 'recovery codes')
  await accessible(page, 'recovery codes')
  await desk.button('second.recoveryKept').click()
  await page.getByText(t('second.set')).waitFor()

  // A passkey, in the device itself.
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.locator('[name=passkey]').fill('Mein Rechner')
  await desk.button('passkey.add').click()
  await desk.button('passkey.removeOf', { name: 'Mein Rechner' }).waitFor()
  await page.locator('[name=passkey]').fill('Noch einer')
  await desk.button('passkey.add').click()
  await page.getByText(t('passkey.already')).waitFor()
  await desk.button('passkey.renameOf', { name: 'Mein Rechner' }).click()
  await desk.dialog.locator('[name=passkey]').fill('Rechner im Büro')
  await accessible(page, 'a passkey is renamed')
  await page.keyboard.press('Enter')
  await desk.button('passkey.removeOf', { name: 'Rechner im Büro' }).waitFor()

  // Elsewhere the password is half of it: the code from the app follows, or one of the codes on paper.
  const elsewhere = await open()
  const other = new Desk(elsewhere)
  await password(other)
  await elsewhere.getByText(t('signin.secondHow')).waitFor()
  await accessible(elsewhere, 'the second step')
  await elsewhere.locator('[name=code]').fill(codeOf(secret, used))
  await elsewhere.keyboard.press('Enter')
  await elsewhere.getByText(t('error.second.code.wrong')).waitFor() // it was used
  await elsewhere.locator('[name=code]').fill(recovery[0])
  await elsewhere.keyboard.press('Enter')
  await inbox(elsewhere)

  // It is seen here, and ended.
  await page.reload()
  const others = desk.button('security.endOf', { browser: 'Chrome, Linux' })
  await others.waitFor()
  await others.click()
  await page.getByText(t('security.ended')).waitFor()
  await elsewhere.waitForURL('**/sign-in**')
  await others.waitFor({ state: 'detached' })

  // Signed out, the passkey alone opens the door.
  await page.getByRole('button', { name: t('nav.out', { name: administrator.name }) }).click()
  await page.waitForURL('**/sign-in**')
  await desk.button('signin.passkey').waitFor()
  await accessible(page, 'the door with a passkey')
  await desk.button('signin.passkey').click()
  await inbox(page)

  // Somebody is invited by a link, and begins.
  await page.getByRole('link', { name: t('nav.settings') }).click()
  await desk.button('invite.go').click()
  const form = page.locator('form').filter({ hasText: t('invite.how') })
  await form.locator('[name=name]').fill('Jule Petersen')
  await form.locator('[name=email]').fill('jule@nordnetz.example')
  await form.getByText(t('invite.noMail')).waitFor()
  await accessible(page, 'inviting')
  await page.keyboard.press('Enter')
  await desk.dialog.waitFor()
  await accessible(page, 'a link to hand over')
  const invitation = await desk.dialog.getByLabel(t('link.label'), { exact: true }).inputValue()
  ok(invitation.startsWith(`${base}/welcome#`), invitation)
  await desk.dialog.getByRole('button', { name: t('close'), exact: true }).click()
  await page.getByText('jule@nordnetz.example').waitFor()
  const newcomer = await open({ viewport: { width: 390, height: 844 } })
  await newcomer.goto(invitation)
  await newcomer.getByRole('heading', { name: t('welcome.join') }).waitFor()
  ok(!newcomer.url().includes('#'), 'the token is not left in the address')
  await accessible(newcomer, 'welcome')
  await newcomer.locator('[name=password]').fill(better)
  await newcomer.keyboard.press('Enter')
  await inbox(newcomer)
  await newcomer.goto(invitation)
  await newcomer.reload()
  await newcomer.goto(invitation)
  await newcomer.getByText(t('welcome.overHow')).waitFor()
  await accessible(newcomer, 'a link that is over')

  // She forgets her password: the door says the same to everybody, and the administrator hands a link over.
  await newcomer.goto(`${base}/forgotten`)
  await newcomer.getByRole('textbox', { name: t('field.email') }).fill('niemand@nordnetz.example')
  await newcomer.keyboard.press('Enter')
  await newcomer.getByText(t('forgotten.sent')).waitFor()
  await accessible(newcomer, 'forgotten')
  same(await newcomer.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing to be scrolled sideways')
  await page.reload()
  await desk.button('link.passwordOf', { name: 'Jule Petersen' }).click()
  await desk.dialog.waitFor()
  const reset = await desk.dialog.getByLabel(t('link.label'), { exact: true }).inputValue()
  await desk.dialog.getByRole('button', { name: t('close'), exact: true }).click()
  await newcomer.goto('about:blank')
  await newcomer.goto(reset)
  await newcomer.getByRole('heading', { name: t('welcome.reset') }).waitFor()
  await newcomer.locator('[name=password]').fill(`${better} und noch eine`)
  await newcomer.keyboard.press('Enter')
  await newcomer.waitForURL('**/sign-in**')
  await password(new Desk(newcomer), { email: 'jule@nordnetz.example', password: `${better} und noch eine` })
  await inbox(newcomer)

  // A program reads in her name until its token is revoked.
  await newcomer.goto(`${base}/settings/security`)
  await newcomer.getByRole('button', { name: t('token.add'), exact: true }).click()
  await newcomer.locator('[name=token]').fill('Auswertung')
  await accessible(newcomer, 'a token is made')
  await newcomer.keyboard.press('Enter')
  const token = await newcomer.getByLabel(t('token.secret'), { exact: true }).inputValue()
  const asked = () => fetch(`${base}/api/inbox`, { headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status)
  same(await asked(), 200, 'the token reads')
  same(await newcomer.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing to be scrolled sideways')
  await newcomer.getByRole('button', { name: t('token.kept'), exact: true }).click()
  await newcomer.getByRole('button', { name: t('token.endOf', { name: 'Auswertung' }) }).click()
  await newcomer.getByText(t('token.ended', { name: 'Auswertung' })).waitFor()
  same(await asked(), 401, 'the token is revoked')
})

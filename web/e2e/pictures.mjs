// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Takes the pictures of the README from a demo that runs:
//
//	node web/e2e/pictures.mjs http://127.0.0.1:8080 docs/pictures
//
// desk.png is wide, light and German, desk-dark.png wide, dark and English, desk-phone.png a phone.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Desk, words } from './desk.mjs'
import { launch, patience } from './stage.mjs'

const [base, folder] = process.argv.slice(2)
if (!base || !folder) {
  console.error('usage: node web/e2e/pictures.mjs BASE OUT')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })

const pictures = [
  { file: 'desk.png', language: 'de', scheme: 'light', viewport: { width: 1440, height: 900 } },
  { file: 'desk-dark.png', language: 'en', scheme: 'dark', viewport: { width: 1440, height: 900 } },
  { file: 'desk-phone.png', language: 'de', scheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
]

const browser = await launch()
try {
  for (const { file, language, scheme, ...device } of pictures) {
    const context = await browser.newContext({ locale: language, colorScheme: scheme, reducedMotion: 'reduce', deviceScaleFactor: 2, ...device })
    context.setDefaultTimeout(patience)
    const page = await context.newPage()
    await page.goto(`${base}/sign-in`)
    await page.getByText(words(language)('signin.demo')).waitFor() // a demo has the sign-in filled in; nothing else is photographed
    await page.locator('form button[type=submit]').click()
    await page.waitForURL('**/inbox/open')

    await page.goto(`${base}/settings`)
    await page.locator('main select').nth(0).selectOption(language)
    const desk = new Desk(page, language)
    await page.getByText(desk.t('settings.you')).waitFor()
    await page.getByRole('combobox', { name: desk.t('settings.scheme') }).selectOption(scheme)
    await page.waitForFunction((s) => document.documentElement.dataset.mantineColorScheme === s, scheme)

    // The case that shows most of what hilft is: public, then private. Else the one that is most urgent.
    await page.goto(`${base}/inbox/open`)
    const rows = page.locator('[data-case]')
    await rows.first().waitFor()
    const paths = await rows.evaluateAll((all) => all.map((a) => a.getAttribute('href')))
    let best = paths[0]
    for (const path of paths) {
      await page.goto(base + path)
      await page.getByRole('article').first().waitFor()
      if (await page.getByText(desk.t('rule.nowPrivate')).count()) {
        best = path
        break
      }
    }
    await page.goto(base + best)
    await page.getByRole('article').first().waitFor()
    await desk.text.waitFor()
    await page.evaluate(() => document.fonts.ready)
    await page.screenshot({ path: join(folder, file), animations: 'disabled', caret: 'hide' })
    console.log(join(folder, file))
    await context.close()
  }
} finally {
  await browser.close()
}

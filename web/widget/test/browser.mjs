// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const shell = '/usr/bin/chromium-headless-shell'
const path = process.env.CHROMIUM || (existsSync(shell) ? shell : '/usr/bin/chromium')

/** Why there is no browser to test with; empty where there is one. In CI there must be one. */
export const missing = existsSync(path) ? '' : `no chromium at ${path}: set CHROMIUM`
if (missing && process.env.CI === 'true') throw new Error(missing)

export const launch = () => chromium.launch({ executablePath: path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })

/** A page into whose closed shadow roots the test can look. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: 'de-DE', viewport: { width: 1100, height: 800 }, ...options })
  await context.addInitScript(() => {
    const attach = Element.prototype.attachShadow
    Element.prototype.attachShadow = function (init) {
      globalThis.shadowMode = init.mode
      return attach.call(this, { ...init, mode: 'open' })
    }
  })
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', (e) => page.faults.push(String(e)))
  return page
}

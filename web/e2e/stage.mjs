// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// What every journey stands on: a browser, and a line to the test that runs the house. Journeys are started by
// stories/browser_test.go and are nothing without it.

import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

/** How long one thing may take until it is to be seen. Generous: two browsers and a house share the machine. */
export const patience = 120_000

export const base = process.env.HILFT_E2E_URL
export const administrator = { name: 'Petra Hansen', email: process.env.HILFT_E2E_EMAIL, password: process.env.HILFT_E2E_PASSWORD }
/** Where the house says, to whoever starts it, that it can be set up. */
export const invitation = process.env.HILFT_E2E_INVITATION
/** What this journey was told to begin with. */
export const given = JSON.parse(process.env.HILFT_E2E_GIVEN || '{}') ?? {}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
      // What a window of its own would have above the page is a page itself, and costs more than ours.
      '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,OmniboxAimPopup,WebUIOmniboxFullPopup',
    ],
  })

let answers

/** Has the world do something, in the words of a story: story('customer', 'mails', 'Störung', 'Kein Netz.'). */
export async function story(...words) {
  process.stdout.write(`${JSON.stringify(words)}\n`)
  const { value, done } = await answers.next()
  if (done) throw new Error('the test that runs the house is gone')
  const { error, said } = JSON.parse(value)
  if (error) throw new Error(`${words.join(' ')}: ${error}`)
  return said
}

/**
 * Runs one journey and ends the process. It is given open, which opens a page in a browser context of its own, as
 * somebody else's browser would be. What a page throws, or what its content security policy has to stop, fails it.
 */
export async function journey(go) {
  answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const pages = []
  const faults = []
  const browser = await launch()
  async function open(options = {}) {
    const { before, ...rest } = options
    const context = await browser.newContext({ locale: 'de-DE', timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 800 }, serviceWorkers: 'block', ...rest })
    context.setDefaultTimeout(patience)
    if (before) await context.addInitScript(before)
    const page = await context.newPage()
    page.on('pageerror', (e) => faults.push(`${page.url()}: ${e.stack ?? e}`))
    page.on('console', (m) => {
      if (m.type() === 'error' && /Content Security Policy|Minified React error|Warning:/.test(m.text())) faults.push(`${page.url()}: ${m.text()}`)
    })
    pages.push(page)
    return page
  }
  let code = 0
  try {
    await go({ open, faults })
    if (faults.length > 0) throw new Error(`the pages complained:\n${faults.join('\n')}`)
  } catch (e) {
    code = 1
    for (const page of pages) {
      console.error(`--- ${page.url()}`)
      console.error(await page.locator('body').ariaSnapshot({ timeout: 2_000 }).catch(() => '(nothing to be seen)'))
    }
    console.error(`---\n${[...faults, e.stack ?? e].join('\n')}`)
  } finally {
    await browser.close()
  }
  process.exit(code)
}

/** Fails unless it holds. What may still become true is waited for on the page, not here. */
export function ok(holds, what) {
  if (!holds) throw new Error(what)
}

export function same(got, want, what) {
  const [g, w] = [JSON.stringify(got), JSON.stringify(want)]
  ok(g === w, `${what}: got ${g}, want ${w}`)
}

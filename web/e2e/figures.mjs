// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// How quick the desk is in a browser. Run by the bench, which has a house stand there whose inbox has cases in it; prints a
// JSON list of what was found, in milliseconds, kilobytes and numbers.

import { Desk } from './desk.mjs'
import { administrator, base, launch, patience } from './stage.mjs'

const ordinary = { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 10e6 / 8 }
const times = 7
const viewport = { width: 1440, height: 900 }

const found = []
const tell = (what, unit, all, most) => found.push({ what, unit, values: [].concat(all), most })

const browser = await launch()
try {
  const first = await browser.newContext({ locale: 'de-DE', viewport })
  first.setDefaultTimeout(patience)
  const page = await first.newPage()
  const desk = new Desk(page)
  await desk.signIn()
  await page.locator('[data-case]').first().waitFor()
  const tour = desk.button('tour.skip')
  if (await tour.count()) await tour.click()
  const session = await first.storageState()

  for (const [line, most, mostAgain] of [['loopback', 500, undefined], ['10 Mbit/s, 40 ms', 1000, 250]]) {
    const cold = []
    const warm = []
    for (let i = 0; i < times; i++) {
      const context = await browser.newContext({ locale: 'de-DE', viewport, storageState: { cookies: session.cookies, origins: [] } })
      cold.push(await visit(context, line))
      warm.push(await visit(context, line))
      await context.close()
    }
    tell(`inbox usable, first visit, ${line}`, 'ms', cold.map((v) => v.ms), most)
    tell(`inbox usable, second visit, ${line}`, 'ms', warm.map((v) => v.ms), mostAgain)
    if (line !== 'loopback') continue
    tell('first screen, bytes, first visit', 'kB', cold.map((v) => v.bytes / 1000), 260)
    tell('first screen, bytes, second visit', 'kB', warm.map((v) => v.bytes / 1000), 15)
    tell('first screen, requests', '', cold.map((v) => v.requests), 12)
    tell('first screen, of them API calls, without the stream', '', cold.map((v) => v.calls), 2)
    tell('requests in the half second behind it', '', cold.map((v) => v.behind))
    tell('other hosts asked', '', cold.map((v) => v.elsewhere), 0)
  }

  // One case after the other, by keyboard; another list; an answer, which a colleague sees as well.
  await watched(page)
  const opened = []
  for (let i = 0; i < times; i++) {
    const id = await page.locator('[data-case]').nth(i + 1).getAttribute('data-case')
    await page.locator(`[data-case="${id}"]`).focus()
    opened.push(await since(page, 'Enter', `[data-case="${id}"][aria-current]`, 'article'))
    await page.getByRole('article').first().waitFor()
  }
  tell('open a case', 'ms', opened, 50)
  const switched = []
  for (const view of ['unassigned', 'mine', 'open', 'unassigned', 'mine', 'open']) {
    const link = page.locator(`nav a[href*="/inbox/${view}"]`).first()
    await link.focus()
    switched.push(await since(page, 'Enter', `a[href*="/inbox/${view}"][aria-current]`, view === 'mine' ? 'body' : '[data-case]'))
  }
  tell('switch the list', 'ms', switched, 50)

  const second = await browser.newContext({ locale: 'de-DE', viewport, storageState: { cookies: session.cookies, origins: [] } })
  const colleague = await second.newPage()
  await colleague.goto(`${base}/inbox/open`)
  await colleague.locator('[data-case]').first().waitFor()
  const open = await page.locator('[data-case]').nth(2).getAttribute('data-case')
  for (const p of [page, colleague]) {
    await p.locator(`[data-case="${open}"]`).click()
    await p.getByRole('article').first().waitFor()
  }
  await watched(colleague)
  const own = []
  const theirs = []
  for (let i = 0; i < times; i++) {
    const text = `Ihr Anschluss läuft wieder (${i}).`
    await desk.write(text)
    // Who looks must be there before the key is pressed, and take no time of the page in between.
    const [mine, seen] = await Promise.all([watchFor(page, 'article', text), watchFor(colleague, 'article', text)])
    await page.keyboard.press('Control+Enter')
    const [pressed, shown, told] = await Promise.all([page.evaluate(() => globalThis.pressed), mine(), seen()])
    own.push(shown - pressed)
    theirs.push(told - pressed)
  }
  tell('own answer shown', 'ms', own, 30)
  tell('answer seen by a colleague', 'ms', theirs, 150)
} finally {
  await browser.close()
}
console.log(JSON.stringify(found))

/** Opens the inbox on a page of its own, until its first row can be used. */
async function visit(context, line) {
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const wire = await context.newCDPSession(page)
  await wire.send('Network.enable')
  if (line !== 'loopback') await wire.send('Network.emulateNetworkConditions', ordinary)
  const asked = new Map()
  wire.on('Network.requestWillBeSent', ({ requestId, request, wallTime }) => {
    if (!request.url.includes('/api/events')) asked.set(requestId, { url: request.url, at: wallTime * 1000, bytes: 0 })
  })
  wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const one = asked.get(requestId)
    if (one) one.bytes = encodedDataLength
  })
  await page.addInitScript(() => {
    new MutationObserver((_, all) => {
      if (!document.querySelector('[data-case]')) return
      all.disconnect()
      requestAnimationFrame(() => (globalThis.usable = performance.now()))
    }).observe(document, { childList: true, subtree: true })
  })
  await page.goto(`${base}/inbox/open`)
  await page.waitForFunction(() => globalThis.usable)
  const [ms, at] = await page.evaluate(() => [globalThis.usable, performance.timeOrigin + globalThis.usable])
  await page.waitForTimeout(500) // for what was asked for before; the stream never ends
  await page.close()
  const needed = [...asked.values()].filter((r) => r.at <= at)
  return {
    ms,
    bytes: needed.reduce((sum, r) => sum + r.bytes, 0),
    requests: needed.length,
    calls: needed.filter((r) => r.url.startsWith(`${base}/api/`)).length,
    behind: asked.size - needed.length,
    elsewhere: [...asked.values()].filter((r) => !r.url.startsWith(base)).length,
  }
}

/** From now on a page notes when a key was pressed, on the clock of the machine. */
async function watched(page) {
  await page.evaluate(() => {
    addEventListener('keydown', (e) => (globalThis.pressed = performance.timeOrigin + e.timeStamp), { capture: true })
  })
}

/** Presses a key, and tells after how long all of these are on the screen. */
async function since(page, key, ...selectors) {
  await page.evaluate(
    ([selectors, patience]) => {
      globalThis.shown = new Promise((done, fail) => {
        setTimeout(() => fail(new Error(`not to be seen: ${selectors.filter((s) => !document.querySelector(s))}`)), patience)
        const look = (_, all) => {
          if (!selectors.every((s) => document.querySelector(s))) return
          all.disconnect()
          requestAnimationFrame(() => done(performance.timeOrigin + performance.now()))
        }
        const begin = () => {
          const all = new MutationObserver(look)
          all.observe(document, { childList: true, subtree: true, attributes: true })
          setTimeout(() => look([], all)) // it may be there already
        }
        addEventListener('keydown', begin, { capture: true, once: true })
      })
    },
    [selectors, patience],
  )
  await page.keyboard.press(key)
  return (await page.evaluate(() => globalThis.shown)) - (await page.evaluate(() => globalThis.pressed))
}

/** Watches for something that says this, and returns what tells when it was on the screen of a page. */
async function watchFor(page, selector, text) {
  await page.evaluate(
    ([selector, text, patience]) => {
      globalThis.told = new Promise((done, fail) => {
        setTimeout(() => fail(new Error(`not to be seen: ${text}`)), patience)
        new MutationObserver((_, all) => {
          if (![...document.querySelectorAll(selector)].some((e) => e.textContent.includes(text))) return
          all.disconnect()
          requestAnimationFrame(() => done(performance.timeOrigin + performance.now()))
        }).observe(document, { childList: true, subtree: true, characterData: true })
      })
    },
    [selector, text, patience],
  )
  return () => page.evaluate(() => globalThis.told)
}

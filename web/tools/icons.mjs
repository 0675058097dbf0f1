// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Draws the icons of the installed app from its one mark, public/icon.svg, for systems that take no drawings. Run by hand
// when the mark changes: node tools/icons.mjs

import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'

const mark = await readFile(new URL('../public/icon.svg', import.meta.url), 'utf8')
const stroke = /<path d="M10.*\/>/.exec(mark)[0]
const svg = (inner) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${inner}</svg>`
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage()
const icons = {
  'icon-192': [192, mark],
  'icon-512': [512, mark],
  // Systems cut a circle or a square out of it: the mark stays within the middle.
  'icon-maskable-512': [512, svg(`<rect width="32" height="32" fill="#0b7a75"/><g transform="translate(16 16) scale(.74) translate(-16 -16)">${stroke}</g>`)],
  'badge-96': [96, svg(stroke)], // its shape alone is shown
}
for (const [name, [size, drawing]] of Object.entries(icons)) {
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing.replace(/^<\?xml.*?\?>/, '')}`)
  await page.screenshot({ path: new URL(`../public/${name}.png`, import.meta.url).pathname, omitBackground: true })
}
await browser.close()

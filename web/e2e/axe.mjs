// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { same } from './stage.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Fails where axe finds anything on the page as it is: in what lies over it, where something does, for nothing else can be reached then. */
export async function accessible(page, where) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe) // from outside the page: its content security policy lets no script in
  const { violations } = await page.evaluate(() => globalThis.axe.run(document.querySelector('dialog[open]') ?? document, { resultTypes: ['violations'] }))
  const found = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary}`))
  same(found, [], `axe: ${where}`)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

/** Imports one of the widget's modules as it is. */
export async function load(name) {
  const out = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${name}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
  })
  return import('data:text/javascript;base64,' + Buffer.from(out.outputFiles[0].contents).toString('base64'))
}

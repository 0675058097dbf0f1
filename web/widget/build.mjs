// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// Builds the widget into ../dist-widget/widget.js: one function that the server calls at the end of the file with what
// everybody may see of the account, as in (__hilft=>{…})({"brand":"Nordnetz"});

import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

await build({
  entryPoints: [here('src/main.ts')],
  outfile: here('../dist-widget/widget.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'none',
  banner: { js: '(__hilft=>{' },
  footer: { js: '})' },
  logLevel: 'warning',
  plugins: [
    {
      // The style sheet is a text to the program. What only people need to read it is left out.
      name: 'css-text',
      setup(b) {
        b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
          const out = await build({ entryPoints: [path], minify: true, write: false, charset: 'utf8', target: ['es2022'] })
          return { contents: out.outputFiles[0].text, loader: 'text' }
        })
      },
    },
  ],
})

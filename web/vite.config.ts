// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** Puts a .br and a .gz beside every file that gets smaller by it, so that the server compresses nothing itself. */
function precompress(): Plugin {
  let dist = ''
  return {
    name: 'hilft-precompress',
    apply: 'build',
    configResolved(config) {
      dist = config.build.outDir
    },
    async closeBundle() {
      for (const file of await readdir(dist, { recursive: true })) {
        if (!/\.(js|css|html|svg|json|webmanifest)$/.test(file)) continue
        const raw = await readFile(join(dist, file))
        if (raw.length < 1024) continue
        const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } }
        await writeFile(join(dist, file + '.br'), await brotli(raw, options))
        await writeFile(join(dist, file + '.gz'), await zip(raw, { level: 9 }))
      }
    },
  }
}

/** Keeps the empty file that lets Go embed the folder before the first build. */
function keepFolder(): Plugin {
  return {
    name: 'hilft-keep-folder',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '.gitkeep', source: '' })
    },
  }
}

/** Puts the service worker beside the page, knowing all pieces of this build, and gives the page its version. */
function worker(): Plugin {
  return {
    name: 'hilft-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_, bundle) {
      const pieces = Object.keys(bundle)
        .filter((f) => f.startsWith('assets/') && /\.(js|css|woff2)$/.test(f))
        .sort()
      const version = createHash('sha256').update(pieces.join('\n')).digest('hex').slice(0, 12)
      const source = (await readFile(join(import.meta.dirname, 'worker/sw.js'), 'utf8'))
        .replace(/const version = ''.*/, `const version = '${version}'`)
        .replace(/const shell = \[\].*/, `const shell = ${JSON.stringify(pieces.map((f) => '/' + f))}`)
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  }
}

const server = process.env.HILFT_DEV_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react(), keepFolder(), worker(), precompress()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What the first screen needs comes in one piece: on a slow line every further request costs a round trip.
        codeSplitting: {
          groups: [
            {
              name: 'desk',
              test: /\/(src\/(shell\/(?!Help|form|Secret|worker)|api|i18n\/\w+\.ts|live|inbox|case\/(acts|links))|node_modules\/(react|react-dom|scheduler|@tanstack|i18next|openapi-fetch))/,
            },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': server } },
  // Files share what they import: to load it for each anew took four fifths of the time.
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node', isolate: false },
})

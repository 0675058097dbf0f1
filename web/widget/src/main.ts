// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { el, icon } from './dom.ts'
import type { Front } from './front.ts'
import { Keep } from './keep.ts'
import { Panel } from './panel.ts'
import css from './style.css'
import { languageOf, texts } from './texts.ts'

declare const __hilft: Front

// Only while the script itself runs is it known where it came from.
const script = document.currentScript as HTMLScriptElement | null

/** Draws the button. Until it is clicked nothing is stored, nothing is read and nothing is asked for. */
function draw(front: Front, home: URL): void {
  if (document.querySelector('hilft-chat')) return
  const language = languageOf(front.language, document.documentElement.lang, navigator.language)
  const t = texts(language)

  const host = document.createElement('hilft-chat')
  const shadow = host.attachShadow({ mode: 'closed' })
  // A constructed style sheet is not touched by the page's content security policy.
  const sheet = new CSSStyleSheet()
  const accent = /^#[0-9a-f]{6}$/i.test(front.accent) ? front.accent : '#0b7a75'
  sheet.replaceSync(`${css} .root{--accent:${accent}}`)
  shadow.adoptedStyleSheets = [sheet]

  const count = el('span', { class: 'count', hidden: true })
  const button = el(
    'button',
    { type: 'button', class: 'fab', 'aria-haspopup': 'dialog', 'aria-label': t.open(front.brand) },
    icon('M4 5h16v11H10l-5 4v-4H4z'),
    el('span', {}, t.chat),
    count,
  )
  const root = el('div', { class: 'root', lang: language, dir: 'ltr' }, button)
  shadow.append(root)
  document.body.append(host)

  let panel: Panel | undefined
  const close = () => {
    panel?.root.remove()
    button.hidden = false
    button.focus()
  }
  button.onclick = () => {
    if (!panel) {
      const url = new URL('ws', home)
      url.protocol = url.protocol.replace('http', 'ws')
      panel = new Panel(front, t, language, url.href, new Keep(`hilft:${home.pathname}:`), close)
      panel.unread = (n) => {
        count.hidden = n === 0
        count.textContent = String(n)
        button.setAttribute('aria-label', t.open(front.brand) + (n ? `, ${t.unread(n)}` : ''))
      }
      fit(panel.root)
    }
    root.append(panel.root)
    button.hidden = true
    panel.shown()
  }
  root.addEventListener('keydown', (e) => {
    // Keys that are meant for the chat are not for the page's own shortcuts.
    e.stopPropagation()
    if (e.key === 'Escape' && !e.isComposing && panel?.root.isConnected) close()
  })
}

/** Keeps a full-screen panel above the keyboard of a phone. */
function fit(panel: HTMLElement): void {
  const view = window.visualViewport
  if (!view) return
  const update = () => {
    panel.style.setProperty('--top', `${view.offsetTop}px`)
    panel.style.setProperty('--height', `${view.height}px`)
  }
  view.addEventListener('resize', update)
  view.addEventListener('scroll', update)
  update()
}

if (script) {
  const home = new URL('.', script.src)
  if (document.body) draw(__hilft, home)
  else addEventListener('DOMContentLoaded', () => draw(__hilft, home))
}

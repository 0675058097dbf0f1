// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { clip, el, icon } from './dom.ts'
import { parts } from './links.ts'
import type { Attached } from './front.ts'
import type { Texts } from './texts.ts'

interface Line {
  at: number
  mine: boolean
  from: string
  text: string
  files: Attached[]
  bubble: HTMLElement
  state: HTMLElement
}

/** The conversation, drawn in the order in which it was spoken. What is there already is not drawn again. */
export class Log {
  readonly root: HTMLElement
  private lines = new Map<string, Line>()
  private note: HTMLElement
  private day: Intl.DateTimeFormat
  private hour: Intl.DateTimeFormat
  private whole: Intl.DateTimeFormat

  constructor(
    private t: Texts,
    language: string,
    greeting: HTMLElement,
  ) {
    this.day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
    this.hour = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
    this.whole = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
    this.note = el('p', { class: 'note', hidden: true }, t.taken)
    // Only additions are read aloud: that a word went from "sending" to "sent" would be noise.
    this.root = el(
      'div',
      { class: 'log', role: 'log', 'aria-label': t.log, 'aria-live': 'polite', 'aria-relevant': 'additions', tabindex: '0' },
      greeting,
      this.note,
    )
  }

  /** Shows a message of ours. False: it is there already. */
  theirs(id: string, at: number, from: string, text: string, files?: Attached[]): boolean {
    return this.add(id, at, false, from, text, files)
  }

  /** Shows a word of the visitor's, or how it is doing now. */
  mine(id: string, at: number, text: string, state: string, files?: Attached[]): void {
    if (!this.add(id, at, true, this.t.you, text, files)) {
      const line = this.lines.get(id)
      if (line && line.state.textContent !== state) line.state.textContent = state
    } else this.lines.get(id)?.state.replaceChildren(state)
    this.showNote()
  }

  state(id: string, state: string, bad = false): void {
    const line = this.lines.get(id)
    if (!line) return
    line.state.textContent = state
    line.bubble.classList.toggle('bad', bad)
    this.showNote()
  }

  /** Draws without reading aloud: what was said before is not news. */
  quietly(draw: () => void): void {
    this.root.setAttribute('aria-live', 'off')
    draw()
    setTimeout(() => this.root.setAttribute('aria-live', 'polite'), 100)
  }

  /** Whether the last word is in view. */
  get atEnd(): boolean {
    return this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 80
  }

  toEnd(): void {
    this.root.scrollTop = this.root.scrollHeight
  }

  private add(id: string, at: number, mine: boolean, from: string, text: string, files: Attached[] = []): boolean {
    if (this.lines.has(id)) return false
    const atEnd = this.atEnd
    const state = el('span', { class: 'state' })
    const time = el('time', { datetime: new Date(at).toISOString() }, this.when(at))
    const said = el('div', { class: 'said', dir: 'auto' }, ...linked(text), ...files.map(attached))
    const who = el('p', { class: mine ? 'sr' : 'who', dir: 'auto' }, mine ? `${from}: ` : from)
    const bubble = el('div', { class: mine ? 'm me' : 'm us' }, who, said, el('p', { class: 'meta' }, time, ' ', state))
    const later = this.inOrder().find((l) => l.at > at)
    this.root.insertBefore(bubble, later?.bubble ?? this.note)
    this.lines.set(id, { at, mine, from, text, files, bubble, state })
    this.showNote()
    if (atEnd || mine) this.toEnd()
    return true
  }

  /** That a person reads it is said while the visitor's word is the last one. */
  private showNote(): void {
    const last = this.inOrder().at(-1)
    const hide = !last?.mine || last.state.textContent !== this.t.sent
    if (this.note.hidden === hide) return
    this.note.hidden = hide
    if (!hide) this.toEnd()
  }

  private inOrder(): Line[] {
    return [...this.lines.values()].sort((a, b) => a.at - b.at)
  }

  /** All that stands here, as a text to keep; of what has not arrived it says so. */
  written(): string {
    return this.inOrder()
      .map((l) => {
        const state = l.mine && l.state.textContent !== this.t.sent ? ` (${l.state.textContent})` : ''
        const said = [l.text, ...l.files.map((f) => `[${named(f)}]`)].filter(Boolean).join('\n')
        return `${this.whole.format(l.at)}, ${l.from}${state}:\n${said}\n`
      })
      .join('\n')
  }

  private when(at: number): string {
    const today = new Date(at).toDateString() === new Date().toDateString()
    return (today ? '' : this.day.format(at) + ', ') + this.hour.format(at)
  }
}

const named = (f: Attached) => (f.alt ? `${f.name} (${f.alt})` : f.name)

function attached(f: Attached): HTMLElement {
  const name = named(f)
  const line = el('span', { class: 'file' }, icon(clip))
  line.append(f.href ? el('a', { href: f.href, target: '_blank', rel: 'noopener noreferrer' }, name) : name)
  return line
}

function linked(text: string): (Node | string)[] {
  return parts(text).map(({ text, href }) =>
    href ? el('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, text) : text,
  )
}

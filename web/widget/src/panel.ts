// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { el, icon } from './dom.ts'
import type { Away, Front, Message, Said, Word } from './front.ts'
import { Files } from './files.ts'
import { Keep } from './keep.ts'
import { Line, type State } from './line.ts'
import { Log } from './log.ts'
import type { Texts } from './texts.ts'

const textMax = 4000

/** The open window: the conversation, and where one writes. It exists from the first click on. */
export class Panel {
  readonly root: HTMLElement
  /** Called when there is something new that the visitor has not seen, with how much. */
  unread: (n: number) => void = () => {}
  private log: Log
  private line: Line
  private text: HTMLTextAreaElement
  private net: HTMLElement
  private files: Files
  private hint: HTMLElement
  private save: HTMLElement
  private pen: HTMLElement
  private penEnd?: ReturnType<typeof setTimeout>
  private who: { box: HTMLElement; name: HTMLInputElement; email: HTMLInputElement; leave: HTMLElement }
  private spoken = false
  private away?: Away
  private back?: ReturnType<typeof setTimeout>
  private missed = 0
  private unseen: number[] = [] // messages of which the server does not know that they were seen
  private state: State = 'connecting'

  constructor(
    private front: Front,
    private t: Texts,
    private language: string,
    url: string,
    private keep: Keep,
    close: () => void,
  ) {
    const shut = el('button', { type: 'button', class: 'x', 'aria-label': t.close }, icon('M6 6l12 12M18 6L6 18'))
    shut.onclick = close
    this.save = el('button', { type: 'button', class: 'x', 'aria-label': t.save, title: t.save, hidden: true }, icon('M12 4v11M7 10l5 5 5-5M5 20h14'))
    this.save.onclick = () => this.keepCopy()
    const title = el('h2', { id: 'title', dir: 'auto' }, front.brand)
    const greeting = el(
      'div',
      { class: 'm us' },
      el('p', { class: 'who', dir: 'auto' }, front.brand),
      el('div', { class: 'said', dir: 'auto' }, front.greeting || t.greeting),
    )
    this.log = new Log(t, language, greeting)
    this.net = el('p', { class: 'net', role: 'status' })
    this.text = el('textarea', {
      id: 'text',
      rows: '1',
      dir: 'auto',
      maxlength: String(textMax),
      placeholder: t.write,
      enterkeyhint: 'send',
    })
    this.pen = el('p', { class: 'pen', dir: 'auto', hidden: true }, t.writing(front.brand)) // not read aloud: what is said will be
    this.hint = el('p', { class: 'net', role: 'alert' })
    this.who = this.introduce()
    this.files = new Files(t, url.replace(/^ws/, 'http').replace(/ws$/, 'files'), keep, (problem) => (this.hint.textContent = problem))
    const form = el(
      'form',
      { class: 'write', novalidate: true },
      this.files.button,
      el('label', { for: 'text', class: 'sr' }, t.message),
      this.text,
      el('button', { class: 'send', 'aria-label': t.send }, icon('M4 12l16-8-6 16-3-7z')),
    )
    this.root = el(
      'section',
      { class: 'panel', role: 'dialog', 'aria-labelledby': 'title', tabindex: '-1' },
      el('header', {}, el('div', {}, title, el('p', {}, t.people)), this.save, shut),
      this.log.root,
      this.pen,
      this.net,
      this.hint,
      this.who.box,
      this.files.list,
      form,
    )
    if (front.privacy) {
      const link = el('a', { href: front.privacy, target: '_blank', rel: 'noopener noreferrer' }, t.privacy)
      this.root.append(el('p', { class: 'foot' }, link))
    }

    form.onsubmit = (e) => {
      e.preventDefault()
      this.say()
    }
    this.text.oninput = () => {
      this.grow()
      if (this.text.value.trim()) this.line.typing()
    }
    this.text.onpaste = (e) => {
      const data = e.clipboardData
      // Office programs put a picture beside the text that was copied: there the text is meant.
      if (data && !data.types.includes('text/plain') && this.files.add(data.files)) e.preventDefault()
    }
    this.root.ondragover = (e) => e.preventDefault()
    this.root.ondrop = (e) => {
      e.preventDefault()
      this.files.add(e.dataTransfer?.files)
    }
    this.text.onkeydown = (e) => {
      // A word that is still being composed (Japanese, dead keys) is finished by Enter, not sent.
      if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return
      e.preventDefault()
      this.say()
    }

    this.line = new Line(url, keep, {
      state: (s) => this.connection(s),
      welcome: (said, messages) => this.welcome(said, messages),
      message: (m) => {
        this.message(m)
        this.eyes()
      },
      typing: () => this.writes(true),
      away: (a) => this.attended(a),
      acked: (w) => this.mine(w),
      refused: (id, code, later) => this.log.state(id, later ? t.slow : code === 'too_long' ? t.tooLong : t.refused, true),
    })
    const kept = keep.words()
    if (kept.length) this.log.quietly(() => kept.forEach((w) => this.mine(w)))
    keep.watch((w) => this.mine(w))
    this.connection('connecting')
    document.addEventListener('visibilitychange', () => this.eyes())
    this.line.start()
  }

  /** The visitor looks at it now. */
  shown(): void {
    this.missed = 0
    this.unread(0)
    this.eyes()
    this.log.toEnd()
    // On a phone the focus in the field would bring up the keyboard before anything was read.
    if (matchMedia('(pointer: coarse)').matches) this.root.focus()
    else this.text.focus()
  }

  private say(): void {
    const text = this.text.value.trim()
    if (this.files.busy) {
      this.hint.textContent = this.t.waitFiles
      return
    }
    this.hint.textContent = ''
    if (!this.remember()) return
    const files = this.files.take()
    if (!text && !files.files) return
    this.send(text, files)
    this.text.value = ''
    this.grow()
    this.text.focus()
  }

  /** Keeps what the visitor entered of themselves. False: it is no address. */
  private remember(): boolean {
    const { box, email } = this.who
    const name = this.who.name.value.trim()
    if (box.hidden) return true
    if (!email.checkValidity()) {
      this.hint.textContent = this.t.badEmail
      email.focus()
      return false
    }
    if (name || email.value) this.keep.profile = { name, email: email.value }
    return true
  }

  /** Says the address itself, where there is nothing else to say. */
  private leave(): void {
    this.hint.textContent = ''
    const { email } = this.who
    if (!email.value) email.focus()
    else if (this.remember()) {
      this.send(this.t.left(email.value), {})
      this.text.focus()
    }
  }

  private send(text: string, files: { files?: string[]; names?: string[] }): void {
    const word: Word = {
      id: uuid(),
      text,
      ...files,
      ...this.keep.profile,
      page: location.origin + location.pathname, // never the query: it may hold what is nobody's business
      language: this.language,
      at: Date.now(),
      acked: 0,
    }
    this.mine(word)
    this.line.say(word)
  }

  private mine(w: Word): void {
    const waiting = this.state === 'open' || this.state === 'connecting' ? this.t.sending : this.t.later
    this.log.mine(w.id, w.acked || w.at, w.text, w.acked ? this.t.sent : waiting, w.names?.map((name) => ({ name })))
    this.heard()
  }

  /** The visitor has said something. */
  private heard(): void {
    this.spoken = true
    this.save.hidden = false
    this.ask()
  }

  /** Asks who it is: before the first word where the account wants that, and for as long as an answer could not reach them. */
  private ask(): void {
    this.who.box.hidden = this.spoken ? !this.away || Boolean(this.keep.profile.email) : !this.away && !this.front.askEmail
    this.who.leave.hidden = !this.spoken
  }

  private attended(away?: Away): void {
    const { atEnd } = this.log
    this.away = away
    clearTimeout(this.back)
    if (away?.until) this.back = setTimeout(() => this.attended(), Math.max(0, Date.parse(away.until) - Date.now()))
    this.ask()
    this.connection(this.state)
    if (atEnd) this.log.toEnd()
  }

  /** What the visitor is told while nobody answers. */
  private absence(): string {
    if (!this.away) return ''
    if (!this.away.until) return this.t.nobody
    const at = new Date(this.away.until)
    const time = at.toLocaleTimeString(this.language, { timeStyle: 'short' })
    const today = at.toDateString() === new Date().toDateString()
    return this.t.back(today ? this.t.today(time) : this.t.on(at.toLocaleDateString(this.language, { weekday: 'long' }), time))
  }

  private welcome(said: Said[], messages: Message[]): void {
    const draw = () => {
      for (const s of said) {
        this.log.mine(s.id, Date.parse(s.at), s.text, this.t.sent, s.files)
        this.heard()
      }
      for (const m of messages) this.message(m)
    }
    if (said.length) this.log.quietly(draw)
    else draw()
    this.eyes()
  }

  /** Tells what stands before the visitor's eyes, where the window is open on a page that is seen. */
  private eyes(): void {
    if (this.root.isConnected && !document.hidden && this.line.shown(this.unseen)) this.unseen = []
  }

  /** Saves what stands here as a file of the visitor's. It is made of what they see, so there is nothing else in it. */
  private keepCopy(): void {
    const text = `${this.t.with(this.front.brand)}\n${location.origin}\n\n${this.log.written()}`
    const href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
    el('a', { href, download: `${this.t.with(this.front.brand)} ${new Date().toISOString().slice(0, 10)}.txt` }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
  }

  private writes(on: boolean): void {
    const { atEnd } = this.log
    clearTimeout(this.penEnd)
    this.pen.hidden = !on
    if (on) this.penEnd = setTimeout(() => this.writes(false), 6000)
    if (atEnd) this.log.toEnd()
  }

  private message(m: Message): void {
    this.writes(false)
    this.unseen.push(m.id)
    const news = this.log.theirs('m' + m.id, Date.parse(m.at), m.body.from || this.front.brand, m.body.text, m.files)
    if (news && !this.root.isConnected) this.unread(++this.missed)
  }

  private connection(s: State): void {
    const atEnd = this.log.atEnd
    this.state = s
    this.net.textContent = s === 'open' ? this.absence() : this.t[s]
    for (const w of this.keep.words()) if (!w.acked) this.mine(w)
    if (atEnd) this.log.toEnd()
  }

  private introduce(): Panel['who'] {
    const { name: knownName = '', email: knownEmail = '' } = this.keep.profile
    const name = el('input', { id: 'name', autocomplete: 'name', maxlength: '80', dir: 'auto' })
    const email = el('input', { id: 'email', type: 'email', autocomplete: 'email', maxlength: '254' })
    name.value = knownName
    email.value = knownEmail
    const leave = el('button', { type: 'button' }, this.t.leave)
    leave.onclick = () => this.leave()
    const box = el(
      'fieldset',
      { class: 'who-box' },
      el('legend', {}, this.t.who),
      el('label', { for: 'name' }, this.t.name),
      name,
      el('label', { for: 'email' }, this.t.email),
      email,
      leave,
    )
    box.onkeydown = (e) => {
      if (e.key !== 'Enter' || e.target === leave || e.isComposing) return
      e.preventDefault()
      if (this.spoken && !this.text.value.trim()) this.leave()
      else this.text.focus()
    }
    return { box, name, email, leave }
  }

  /** The field grows with what is written, up to what the style sheet allows. */
  private grow(): void {
    this.text.style.height = 'auto'
    this.text.style.height = `${this.text.scrollHeight + 2}px`
  }
}

/** crypto.randomUUID exists on https pages only. */
function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

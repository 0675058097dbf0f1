// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { clip, el, icon } from './dom.ts'
import type { Keep } from './keep.ts'
import type { Texts } from './texts.ts'

const most = 5
const largest = 10 * 2 ** 20

interface Item {
  row: HTMLElement
  name: string
  ticket?: string
  request?: XMLHttpRequest
}

/** The files that go out with the next word: each is put up at once, and can be taken away again until then. */
export class Files {
  readonly list: HTMLElement
  readonly button: HTMLElement
  private pick: HTMLInputElement
  private items: Item[] = []

  constructor(
    private t: Texts,
    private url: string,
    private keep: Keep,
    private say: (problem: string) => void,
  ) {
    this.list = el('ul', { class: 'files', 'aria-label': t.files, hidden: true })
    this.pick = el('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', 'aria-hidden': 'true' })
    this.pick.onchange = () => {
      this.add(this.pick.files)
      this.pick.value = ''
    }
    const button = el('button', { type: 'button', class: 'x', 'aria-label': t.attach, title: t.attach }, icon(clip))
    button.onclick = () => this.pick.click()
    this.button = el('span', {}, button, this.pick)
  }

  /** Some are still on their way, so that the word has to wait. */
  get busy(): boolean {
    return this.items.some((i) => !i.ticket)
  }

  add(files: Iterable<File> | null | undefined): boolean {
    const all = [...(files ?? [])]
    for (const f of all) {
      if (this.items.length >= most) this.say(this.t.tooMany(most))
      else if (f.size > largest) this.say(this.t.tooLarge(f.name))
      else if (f.size) this.put(f)
    }
    return all.length > 0
  }

  /** Gives the files to a word. */
  take(): { files?: string[]; names?: string[] } {
    if (!this.items.length) return {}
    const taken = { files: this.items.map((i) => i.ticket!), names: this.items.map((i) => i.name) }
    for (const i of this.items) i.row.remove()
    this.items = []
    this.list.hidden = true
    return taken
  }

  private put(file: File): void {
    const bar = el('progress', { max: '1', value: '0', 'aria-label': this.t.progress(file.name) })
    const off = el('button', { type: 'button', 'aria-label': this.t.remove(file.name) }, '×')
    const row = el('li', {}, el('bdi', {}, file.name), bar, off)
    const item: Item = { row, name: file.name }
    off.onclick = () => this.drop(item)
    this.items.push(item)
    this.list.append(row)
    this.list.hidden = false

    const request = (item.request = new XMLHttpRequest())
    request.open('POST', `${this.url}?name=${encodeURIComponent(file.name)}`)
    request.setRequestHeader('Authorization', `Bearer ${this.keep.token}`)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = (e) => e.lengthComputable && (bar.value = e.loaded / e.total)
    request.onloadend = () => {
      if (!this.items.includes(item)) return
      const { status } = request // before drop: a request that is given up has none
      if (status === 201) {
        item.ticket = String((JSON.parse(request.responseText) as { ticket: string }).ticket)
        bar.remove()
        return
      }
      this.drop(item)
      this.say(status === 413 ? this.t.tooLarge(file.name) : status === 429 ? this.t.slowFile(file.name) : this.t.noFile(file.name))
    }
    request.send(file)
  }

  private drop(item: Item): void {
    this.items = this.items.filter((i) => i !== item)
    item.request?.abort()
    item.row.remove()
    this.list.hidden = !this.items.length
  }
}

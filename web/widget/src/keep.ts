// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Word } from './front.ts'

const day = 24 * 3600 * 1000

/**
 * What the visitor's browser keeps: the id that shows them their own conversation, words until the server is known to
 * have them, which message they have seen last, and how they introduced themselves. Every word has an entry of its own,
 * so that two tabs never overwrite each other. Where the browser keeps nothing, it lasts as long as the page.
 */
export class Keep {
  private memory = new Map<string, string>()

  constructor(private prefix: string) {}

  get token(): string {
    return this.read('visitor') ?? ''
  }
  set token(token: string) {
    this.write('visitor', token)
  }

  /** The last of our messages that the server knows to have been seen. */
  get shown(): number {
    return Number(this.read('shown')) || 0
  }
  set shown(id: number) {
    this.write('shown', id ? String(id) : '')
  }

  get profile(): { name?: string; email?: string } {
    return parse(this.read('profile')) ?? {}
  }
  set profile(p: { name?: string; email?: string }) {
    this.write('profile', JSON.stringify(p))
  }

  put(word: Word): void {
    this.write('word:' + word.id, JSON.stringify(word))
  }

  drop(id: string): void {
    this.write('word:' + id, '')
  }

  /** All words that are kept, the oldest first. What the server has had for a day is forgotten. */
  words(now = Date.now()): Word[] {
    const out: Word[] = []
    for (const key of this.keys()) {
      const word = this.wordAt(key)
      if (!word) continue
      if (word.acked && now - word.at > day) this.drop(word.id)
      else out.push(word)
    }
    return out.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  }

  /** Tells of words that another tab of the same visitor has written or that its server has acknowledged. */
  watch(heard: (word: Word) => void): void {
    addEventListener('storage', (e) => {
      const word = e.key?.startsWith(this.prefix) && e.newValue ? this.wordAt(e.key.slice(this.prefix.length)) : undefined
      if (word) heard(word)
    })
  }

  private wordAt(key: string): Word | undefined {
    if (!key.startsWith('word:')) return
    const w = parse<Word>(this.read(key))
    return w && typeof w.id === 'string' && typeof w.text === 'string' ? w : undefined
  }

  private keys(): string[] {
    const all = [...this.memory.keys()]
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.prefix)) all.push(key.slice(this.prefix.length))
      }
    } catch {
      // The browser keeps nothing.
    }
    return all
  }

  private read(key: string): string | null {
    try {
      return this.memory.get(key) ?? localStorage.getItem(this.prefix + key)
    } catch {
      return this.memory.get(key) ?? null
    }
  }

  private write(key: string, value: string): void {
    this.memory.delete(key)
    try {
      if (value) localStorage.setItem(this.prefix + key, value)
      else localStorage.removeItem(this.prefix + key)
    } catch {
      if (value) this.memory.set(key, value)
    }
  }
}

function parse<T>(json: string | null): T | undefined {
  try {
    return json ? (JSON.parse(json) as T) : undefined
  } catch {
    return undefined
  }
}

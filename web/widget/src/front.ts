// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** What everybody may see of the account, written by the server behind the script. */
export interface Front {
  brand: string
  greeting?: string
  accent: string
  language: 'auto' | 'de' | 'en'
  askEmail?: boolean
  privacy?: string
}

/** A word of the visitor's, kept until the server is known to have it. */
export interface Word {
  id: string
  text: string
  /** Tickets of the files that belong to it, and how they are called. */
  files?: string[]
  names?: string[]
  name?: string
  email?: string
  page: string
  language: string
  /** When it was written, by the browser's clock. */
  at: number
  /** When the server had it, by the server's clock; 0: not known to have it. */
  acked: number
}

/** A message of ours. The ids of one conversation ascend. */
export interface Message {
  id: number
  at: string
  body: { from: string; text: string }
  files?: Attached[]
}

/** A file that belongs to a word or a message. While it is under way it has no address yet. */
export interface Attached {
  name: string
  size?: number
  alt?: string
  href?: string
}

/** Nobody answers now; and when somebody does again, where that is known. */
export interface Away {
  until?: string
}

/** A word of the visitor's as the server tells it after a reload. */
export interface Said {
  id: string
  at: string
  text: string
  files?: Attached[]
}

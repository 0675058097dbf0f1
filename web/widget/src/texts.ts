// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

const de = {
  chat: 'Chat',
  open: (brand: string) => `Chat mit ${brand} öffnen`,
  unread: (n: number) => (n === 1 ? '1 neue Nachricht' : `${n} neue Nachrichten`),
  close: 'Chat schließen',
  people: 'Hier antworten Menschen, kein Bot.',
  greeting: 'Guten Tag! Wobei können wir helfen?',
  log: 'Gespräch',
  you: 'Sie',
  message: 'Ihre Nachricht',
  write: 'Nachricht schreiben …',
  send: 'Senden',
  sending: 'Wird gesendet …',
  sent: 'Gesendet',
  later: 'Noch nicht gesendet. Geht hinaus, sobald die Verbindung steht.',
  slow: 'Noch nicht gesendet. Geht gleich hinaus.',
  refused: 'Nicht gesendet.',
  tooLong: 'Nicht gesendet: zu lang.',
  taken: 'Ihre Nachricht ist da. Ein Mensch liest sie und antwortet von Hand.',
  connecting: 'Verbindung wird hergestellt …',
  lost: 'Keine Verbindung. Wir versuchen es weiter, nichts geht verloren.',
  away: 'Der Chat ist gerade nicht erreichbar. Wir versuchen es weiter, nichts geht verloren.',
  who: 'Damit wir auch später antworten können',
  name: 'Name (freiwillig)',
  email: 'E-Mail (freiwillig)',
  badEmail: 'Das ist keine E-Mail-Adresse.',
  leave: 'Adresse hinterlassen',
  left: (email: string) => `Meine E-Mail-Adresse: ${email}`,
  today: (time: string) => `heute um ${time}`,
  on: (day: string, time: string) => `am ${day} um ${time}`,
  back: (when: string) =>
    `Gerade ist niemand da. Wir sind ${when} Uhr wieder da und antworten dann. Schreiben Sie ruhig schon, nichts geht verloren.`,
  nobody: 'Gerade ist niemand da. Schreiben Sie ruhig schon: Wir antworten, sobald jemand zurück ist.',
  privacy: 'Datenschutz',
  writing: (name: string) => `${name} schreibt …`,
  attach: 'Datei anhängen',
  files: 'Angehängte Dateien',
  remove: (name: string) => `${name} entfernen`,
  progress: (name: string) => `${name} wird hochgeladen`,
  waitFiles: 'Einen Moment, die Dateien werden noch hochgeladen.',
  tooMany: (n: number) => `Höchstens ${n} Dateien auf einmal.`,
  tooLarge: (name: string) => `${name} ist zu groß: höchstens 10 MB.`,
  slowFile: (name: string) => `${name}: gerade zu viele Dateien. Bitte in einer Minute noch einmal.`,
  noFile: (name: string) => `${name} konnte nicht hochgeladen werden. Bitte noch einmal versuchen.`,
}

type Texts = typeof de

const en: Texts = {
  chat: 'Chat',
  open: (brand) => `Open chat with ${brand}`,
  unread: (n) => (n === 1 ? '1 new message' : `${n} new messages`),
  close: 'Close chat',
  people: 'People answer here, not a bot.',
  greeting: 'Hello! How can we help?',
  log: 'Conversation',
  you: 'You',
  message: 'Your message',
  write: 'Write a message …',
  send: 'Send',
  sending: 'Sending …',
  sent: 'Sent',
  later: 'Not sent yet. It goes out as soon as there is a connection.',
  slow: 'Not sent yet. It goes out in a moment.',
  refused: 'Not sent.',
  tooLong: 'Not sent: too long.',
  taken: 'We have your message. A person reads it and answers by hand.',
  connecting: 'Connecting …',
  lost: 'No connection. We keep trying, nothing gets lost.',
  away: 'The chat cannot be reached right now. We keep trying, nothing gets lost.',
  who: 'So that we can answer later, too',
  name: 'Name (optional)',
  email: 'E-mail (optional)',
  badEmail: 'That is no e-mail address.',
  leave: 'Leave address',
  left: (email) => `My e-mail address: ${email}`,
  today: (time) => `today at ${time}`,
  on: (day, time) => `on ${day} at ${time}`,
  back: (when) => `Nobody is here right now. We are back ${when} and answer then. Write already if you like, nothing gets lost.`,
  nobody: 'Nobody is here right now. Write already if you like: we answer as soon as somebody is back.',
  privacy: 'Privacy',
  writing: (name) => `${name} is writing …`,
  attach: 'Attach a file',
  files: 'Attached files',
  remove: (name) => `Remove ${name}`,
  progress: (name) => `${name} is being uploaded`,
  waitFiles: 'One moment, the files are still being uploaded.',
  tooMany: (n) => `At most ${n} files at once.`,
  tooLarge: (name) => `${name} is too large: at most 10 MB.`,
  slowFile: (name) => `${name}: too many files right now. Please try again in a minute.`,
  noFile: (name) => `${name} could not be uploaded. Please try again.`,
}

/** The language of the chat: as set, else the page's, else the browser's. */
export function languageOf(set: string, page: string, browser: string): 'de' | 'en' {
  const wanted = set === 'auto' ? page || browser : set
  return /^de\b/i.test(wanted) ? 'de' : 'en'
}

export const texts = (language: 'de' | 'en'): Texts => (language === 'de' ? de : en)
export type { Texts }

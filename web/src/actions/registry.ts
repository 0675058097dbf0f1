// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Key } from '../i18n'

/**
 * Everything an agent can do here, each once: what it is called, its key, and what others notice of it. Buttons, keys, the
 * palette, the help and the settings are made from this; what is added here is in all of them. What it does, and whether it
 * can be done just now, says whoever offers it (offers.ts).
 */
export interface Action {
  /** Where it can be done: everywhere, beside the list, in a case, in the text of an answer. */
  at: 'desk' | 'list' | 'case' | 'text'
  /**
   * Its key: the character that it writes, so that it is where people find it on any layout, or a named key or chord
   * ('Enter', 'Mod+k', where Mod is Ctrl, or Cmd on a Mac). Agents may choose another character, also where there is none.
   */
  key?: string
  words: Key
  /** What others notice of it. {{name}} is the customer. */
  does: Key
}

function all<const A extends Record<string, Action>>(actions: A): { [K in keyof A]: Action } {
  return actions
}

export const actions = all({
  next: { at: 'list', key: 'g', words: 'next', does: 'does.next' },
  down: { at: 'list', key: 'j', words: 'act.down', does: 'does.yours' },
  up: { at: 'list', key: 'k', words: 'act.up', does: 'does.yours' },
  open: { at: 'list', key: 'Enter', words: 'act.open', does: 'does.open' },
  mark: { at: 'list', key: 'x', words: 'act.mark', does: 'does.yours' },
  markDown: { at: 'list', key: 'J', words: 'act.markDown', does: 'does.yours' },
  markUp: { at: 'list', key: 'K', words: 'act.markUp', does: 'does.yours' },
  markAll: { at: 'list', key: 'Mod+a', words: 'act.markAll', does: 'does.yours' },
  unmark: { at: 'list', key: 'X', words: 'act.unmark', does: 'does.yours' },
  narrow: { at: 'list', key: 'f', words: 'act.narrow', does: 'does.yours' },
  saveView: { at: 'list', words: 'act.saveView', does: 'does.saveView' },
  reply: { at: 'case', key: 'r', words: 'act.reply', does: 'does.draft' },
  note: { at: 'case', key: 'n', words: 'act.note', does: 'does.note' },
  assign: { at: 'case', key: 'a', words: 'case.assign', does: 'does.assign' },
  take: { at: 'case', words: 'act.take', does: 'does.assign' },
  release: { at: 'case', words: 'act.release', does: 'does.assign' },
  priority: { at: 'case', key: 'p', words: 'act.priority', does: 'does.carry' },
  tags: { at: 'case', key: 't', words: 'act.tags', does: 'does.carry' },
  rename: { at: 'case', words: 'act.rename', does: 'does.carry' },
  merge: { at: 'case', key: 'm', words: 'act.merge', does: 'does.merge' },
  split: { at: 'case', key: 'd', words: 'act.split', does: 'does.split' },
  continue: { at: 'case', key: 'c', words: 'act.continue', does: 'does.continue' },
  sleep: { at: 'case', key: 's', words: 'case.sleep', does: 'does.sleep' },
  solve: { at: 'case', key: 'e', words: 'case.solve', does: 'does.solve' },
  person: { at: 'case', key: 'i', words: 'act.person', does: 'does.yours' },
  link: { at: 'case', words: 'act.link', does: 'does.carry' },
  aboutPerson: { at: 'case', words: 'act.aboutPerson', does: 'does.note' },
  consent: { at: 'case', words: 'act.consent', does: 'does.carry' },
  company: { at: 'case', words: 'act.company', does: 'does.carry' },
  list: { at: 'case', words: 'case.back', does: 'does.yours' },
  send: { at: 'text', key: 'Mod+Enter', words: 'composer.send', does: 'does.sendPrivate' },
  sendSolve: { at: 'text', key: 'Mod+Shift+Enter', words: 'act.sendSolve', does: 'does.sendPrivate' },
  sendSleep: { at: 'text', key: 'Mod+.', words: 'act.sendSleep', does: 'does.sendPrivate' },
  leave: { at: 'text', key: 'Escape', words: 'act.leave', does: 'does.draft' },
  undo: { at: 'desk', key: 'z', words: 'act.undo', does: 'does.undo' },
  search: { at: 'desk', key: '/', words: 'nav.search', does: 'does.yours' },
  palette: { at: 'desk', key: 'Mod+k', words: 'nav.palette', does: 'does.yours' },
  help: { at: 'desk', key: '?', words: 'nav.keys', does: 'does.yours' },
  tour: { at: 'desk', words: 'tour.go', does: 'does.yours' },
  scheme: { at: 'desk', words: 'act.scheme', does: 'does.yours' },
  language: { at: 'desk', words: 'act.language', does: 'does.yours' },
  characters: { at: 'desk', words: 'act.characters', does: 'does.yours' },
  out: { at: 'desk', words: 'nav.outShort', does: 'does.out' },
})

export type ActionID = keyof typeof actions

export const actionIDs = Object.keys(actions) as ActionID[]

/** Why an action that nobody offers cannot be done. */
export const missing: Record<Action['at'], Key> = {
  desk: 'cannot.here',
  list: 'cannot.list',
  case: 'cannot.case',
  text: 'cannot.case',
}

/** Whether agents may choose its key: named keys and chords stay as they are, as everybody knows them from elsewhere. */
export function rebindable(id: ActionID): boolean {
  return [...(actions[id].key ?? '')].length <= 1
}

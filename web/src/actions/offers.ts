// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from 'react'
import { meQuery, queries } from '../api/queries'
import { remember, remembered } from '../api/remembered'
import { t, type Key, type Values } from '../i18n'
import { tell } from '../shell/notices'
import { signal } from '../shell/signal'
import { bindings, isKey } from './bindings'
import { actions, actionIDs, type ActionID } from './registry'

/** How an action stands where it is offered now. */
export interface Offer {
  run: () => void
  /** Why it cannot be done just now. */
  cannot?: Key | undefined
  /** What it is called here, where that is not as always: a solved case is reopened. */
  words?: Key
  /** What others notice here, where that is not as always; one sentence after the other. */
  does?: readonly Key[]
  values?: Values
}

export type Offers = { [K in ActionID]?: Offer | undefined }

/** Keys that write a character can be switched off: speech input and trembling hands set them off by accident (WCAG 2.1.4). */
export const charactersOn = signal(remembered('keys') !== false)

export function switchCharacters(on: boolean): void {
  remember('keys', on)
  charactersOn.set(on)
}

type Layer = { current: Offers }

const layers: Layer[] = []
const foremost: Layer[] = []

/**
 * Offers actions until the returned function is called. Of one that is offered twice, the newest offer counts; before all those that
 * are first, however old: what is meant by them has been chosen, such as rows that are marked.
 */
export function addOffers(offers: Layer, first = false): () => void {
  const all = first ? foremost : layers
  all.push(offers)
  return () => {
    all.splice(all.indexOf(offers), 1)
  }
}

/** Offers actions while the component is there. */
export function useOffers(offers: Offers, first = false): void {
  const ref = useRef(offers)
  useEffect(() => {
    ref.current = offers
  })
  useEffect(() => addOffers(ref, first), [first])
}

/** How an action is offered now; undefined where nobody offers it. */
export function offered(id: ActionID): Offer | undefined {
  for (const layer of [...layers, ...foremost].toReversed()) {
    const offer = layer.current[id]
    if (offer) return offer
  }
  return undefined
}

/** Does an action, or says why it cannot be done now. */
export function perform(id: ActionID): void {
  const offer = offered(id)
  if (offer?.cannot) tell(t(offer.cannot))
  else offer?.run()
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing' | 'defaultPrevented'>

/**
 * What a key press means now, or undefined: nothing while a dialog asks for an answer, and while somebody writes nothing but
 * chords. What is done in the text of an answer, the composer listens to itself.
 */
export function meaningOf(e: Press, writing: boolean, dialog: boolean): (() => void) | undefined {
  if (dialog || e.defaultPrevented || e.isComposing) return undefined
  const keys = bindings(queries.getQueryData(meQuery.queryKey)?.keys ?? none)
  const id = actionIDs.find((a) => actions[a].at !== 'text' && keys[a] && isKey(e, keys[a]) && offered(a))
  // Of a text, Ctrl+A is all of it.
  if (!id || (writing && keys[id] === actions.markAll.key) || (!keys[id].startsWith('Mod+') && (writing || !charactersOn.get()))) return undefined
  return () => perform(id)
}

const none = {}

/** Listens to the keyboard. Returns how to stop. */
export function startKeys(): () => void {
  function onKey(e: KeyboardEvent) {
    const at = e.target instanceof Element ? e.target : null
    const writing = !!at?.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=menu], [role=listbox]')
    const act = meaningOf(e, writing, !!document.querySelector('dialog[open]'))
    if (!act) return
    // Enter and Space on a control belong to the control.
    if (e.key === 'Enter' && at?.closest('a, button, summary')) return
    e.preventDefault()
    act()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}

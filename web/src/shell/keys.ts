// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from 'react'
import { remember, remembered } from '../api/remembered'
import { signal } from './signal'

/** Keys by the character they write, so that they are where people find them on any layout: '?' is Shift+ß on QWERTZ. */
export type Keys = Record<string, (() => void) | undefined>

/** Single keys can be switched off: speech input and trembling hands set them off by accident (WCAG 2.1.4). */
export const keysOn = signal(remembered('keys') !== false)

export function switchKeys(on: boolean): void {
  remember('keys', on)
  keysOn.set(on)
}

const layers: { current: Keys }[] = []

/** Gives keys a meaning until the returned function is called. The newest meaning of a key counts. */
export function addKeys(keys: { current: Keys }): () => void {
  layers.push(keys)
  return () => {
    layers.splice(layers.indexOf(keys), 1)
  }
}

/** Gives single keys a meaning while the component is there. */
export function useKeys(keys: Keys): void {
  const ref = useRef(keys)
  useEffect(() => {
    ref.current = keys
  })
  useEffect(() => addKeys(ref), [])
}

/** What a key press means now, or undefined: nothing while somebody writes, or while a dialog asks for an answer. */
export function meaningOf(
  e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing' | 'defaultPrevented'>,
  writing: boolean,
  dialog: boolean,
): (() => void) | undefined {
  if (!keysOn.get() || writing || dialog || e.defaultPrevented || e.isComposing) return undefined
  if (e.ctrlKey || e.metaKey || e.altKey) return undefined
  for (const layer of layers.toReversed()) {
    const act = layer.current[e.key]
    if (act) return act
  }
  return undefined
}

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

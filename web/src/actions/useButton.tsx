// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useId, type ReactNode } from 'react'
import { useText, type Translate } from '../i18n'
import { useMe } from '../shell/me'
import { useSignal } from '../shell/signal'
import { bindings, spokenKey } from './bindings'
import { charactersOn, type Offer } from './offers'
import { actions, type ActionID } from './registry'

/** A key as it stands on a keyboard. */
export function keyCap(key: string, t: Translate): string {
  if (!key) return ''
  const parts = key.length > 1 ? key.split('+') : [key]
  return parts
    .map((p) => {
      if (p === 'Mod') return /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : t('key.ctrl')
      if (p === 'Shift') return t('key.shift')
      if (p === 'Escape') return 'Esc'
      if (parts.length === 1 && p !== p.toLowerCase() && p.length === 1) return `${t('key.shift')}+${p}`
      const big = p.toUpperCase()
      return p.length === 1 && big.length === 1 ? big : p // ß has no key as SS
    })
    .join('+')
}

/** A key on a button, where it has one. */
export function Cap({ of }: { of: string }) {
  return of ? <kbd aria-hidden>{of}</kbd> : null
}

/** The key of an action as it is now, to be shown; empty where it has none. */
export function useKeyCap(id: ActionID): string {
  const { t } = useText()
  const key = bindings(useMe().keys)[id]
  const on = useSignal(charactersOn)
  return on || key.startsWith('Mod+') ? keyCap(key, t) : ''
}

/** What others will notice of an action. */
export function effectOf(id: ActionID, offer: Pick<Offer, 'does' | 'values'>, t: Translate): string {
  return (offer.does ?? [actions[id].does]).map((does) => t(does, offer.values)).join(' ')
}

/**
 * What a button for an action says of it besides its own words: its key, and what others will notice. says has to stand
 * beside the button; it is read out with it, and shown when the pointer or the keyboard rests on it (Tip.tsx).
 */
export function useButton(
  id: ActionID,
  offer: Pick<Offer, 'does' | 'values' | 'cannot'> = {},
): { props: { 'aria-keyshortcuts': string | undefined; 'aria-describedby': string; 'data-does': string }; cap: string; says: ReactNode } {
  const { t } = useText()
  const at = useId()
  const cap = useKeyCap(id)
  const key = bindings(useMe().keys)[id]
  return {
    props: { 'aria-keyshortcuts': cap ? spokenKey(key) : undefined, 'aria-describedby': at, 'data-does': cap },
    cap,
    says: (
      <span id={at} hidden>
        {offer.cannot ? t(offer.cannot) : effectOf(id, offer, t)}
      </span>
    ),
  }
}

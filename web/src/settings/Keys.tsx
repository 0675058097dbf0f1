// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Switch } from '@mantine/core'
import { useState, type KeyboardEvent, type MouseEvent } from 'react'
import { bindings, holder, pressedCharacter, rebound } from '../actions/bindings'
import { charactersOn, switchCharacters } from '../actions/offers'
import { actionIDs, actions, rebindable, type ActionID } from '../actions/registry'
import { keyCap } from '../actions/useButton'
import { useText } from '../i18n'
import { choose, useMe } from '../shell/me'
import { announce } from '../shell/notices'
import { useSignal } from '../shell/signal'
import s from './Keys.module.css'

/** A key that somebody wants for an action, and who has it so far. */
interface Wish {
  key: string
  of: ActionID
}

/** Puts the focus back on the key that was asked for: the button that was pressed goes. */
function backToKey(e: MouseEvent<HTMLElement>): void {
  e.currentTarget.closest('li')?.querySelector('button')?.focus()
}

/** The keys of all actions, each of which can be chosen: one presses it. */
export function Keys() {
  const { t } = useText()
  const { keys: own } = useMe()
  const all = bindings(own)
  const on = useSignal(charactersOn)
  const [asking, setAsking] = useState<ActionID>()
  const [wrong, setWrong] = useState<'not' | Wish>()
  const cap = (key: string) => keyCap(key, t) || t('keys.none')

  function ask(id: ActionID | undefined) {
    setAsking(id)
    setWrong(undefined)
  }
  function set(id: ActionID, key: string, from?: ActionID) {
    ask(undefined)
    let next = rebound(own, id, key)
    // Whoever had it by a choice of their own has none from now on; one key never stands for two.
    if (from && from in next) next = rebound(next, from, '')
    void choose({ keys: next })
    announce(t('keys.now', { action: t(actions[id].words), key: cap(key) }))
  }
  function onKeyDown(e: KeyboardEvent, id: ActionID) {
    if (asking !== id || e.key === 'Tab') return
    e.preventDefault()
    e.stopPropagation()
    if (e.key === 'Escape') return ask(undefined)
    if (e.key === 'Backspace' || e.key === 'Delete') return set(id, '')
    const key = pressedCharacter(e)
    if (key === undefined) return
    if (key === 'not') return setWrong('not')
    const of = holder(all, key, id)
    if (of) return setWrong({ key, of })
    set(id, key)
  }

  return (
    <div className={`sheet ${s.keys}`}>
      <Switch label={t('settings.keys')} description={t('settings.keysHelp')} checked={on} onChange={(e) => switchCharacters(e.currentTarget.checked)} />
      <p className="soft">{t('keys.how')}</p>
      <ul>
        {actionIDs.filter(rebindable).map((id) => {
          const words = t(actions[id].words)
          return (
            <li key={id}>
              <span>{words}</span>
              <button
                className={asking === id ? `${s.key} ${s.asking}` : s.key}
                aria-label={asking === id ? `${words}: ${t('keys.press')}` : t('keys.change', { action: words, key: cap(all[id]) })}
                aria-describedby={asking === id ? 'keys-how' : undefined}
                onClick={() => ask(asking === id ? undefined : id)}
                onKeyDown={(e) => onKeyDown(e, id)}
                onBlur={() => {
                  // To the buttons below, when there is something to decide.
                  if (asking === id && (!wrong || wrong === 'not')) ask(undefined)
                }}
              >
                {asking === id ? t('keys.press') : cap(all[id])}
              </button>
              {asking === id && (
                <div className={s.more}>
                  <p id="keys-how" className="soft">
                    {t('keys.pressHow')}
                  </p>
                  <p role="alert" className="wrong">
                    {wrong === 'not' && t('keys.not')}
                    {wrong && wrong !== 'not' && t('keys.taken', { key: cap(wrong.key), action: t(actions[wrong.of].words) })}
                  </p>
                  {wrong && wrong !== 'not' && (
                    <div className="acts">
                      <Button
                        variant="default"
                        onClick={(e) => {
                          backToKey(e)
                          set(id, wrong.key, wrong.of)
                        }}
                      >
                        {t('keys.takeover')}
                      </Button>
                      <Button
                        variant="default"
                        onClick={(e) => {
                          backToKey(e)
                          ask(undefined)
                        }}
                      >
                        {t('cancel')}
                      </Button>
                    </div>
                  )}
                </div>
              )}
            </li>
          )
        })}
      </ul>
      <div>
        <Button variant="default" disabled={Object.keys(own).length === 0} onClick={() => void choose({ keys: {} })}>
          {t('keys.reset')}
        </Button>
      </div>
    </div>
  )
}

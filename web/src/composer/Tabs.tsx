// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useRef } from 'react'
import { Cap, useKeyCap } from '../actions/useButton'
import type { Way } from '../api/types'
import { inWords, useText } from '../i18n'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import s from './Composer.module.css'
import { wayKey, wayName } from './ways'

/** The ways to answer, and the note that stays in the house. One of them is always chosen, with the arrow keys too. */
export function Tabs({ ways, chosen, onChoose }: { ways: Way[]; chosen: string; onChoose: (key: string) => void }) {
  const { t, language } = useText()
  const networkName = useNetworkName()
  const name = useId()
  const cap = useKeyCap('note')
  const row = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    // On a narrow screen the row scrolls: the chosen way must never be out of sight.
    const r = row.current
    const at = r?.querySelector<HTMLElement>('label:has(input:checked)')
    if (r && at) r.scrollLeft = at.offsetLeft - 12
  }, [chosen])
  const words = (w: Way) => wayName(t(w.visibility), inWords(w.room, language), networkName(w.network))
  const twice = (w: Way) => ways.some((o) => o !== w && words(o) === words(w))
  return (
    <fieldset ref={row} className={s.tabs}>
      <legend className="unseen">{t('composer.ways')}</legend>
      {ways.map((w) => {
        const key = wayKey(w)
        return (
          <label key={key} className={`${s.tab} ${s[`${w.visibility}Tab`]}`} title={w.blocked ? t('composer.blocked') : undefined}>
            <input type="radio" name={name} checked={chosen === key} onChange={() => onChoose(key)} />
            <span>
              <span aria-hidden>{w.blocked ? '⊘' : w.visibility === 'public' ? '◉' : '◆'} </span>
              {words(w)}
              {twice(w) && <bdi> · {shown(w.to, w.account.name)}</bdi>}
              {w.starts && <> · {t('composer.new')}</>}
            </span>
          </label>
        )
      })}
      <label className={`${s.tab} ${s.noteTab}`}>
        <input type="radio" name={name} checked={chosen === 'note'} onChange={() => onChoose('note')} />
        <span>
          {t('note')} <Cap of={cap} />
        </span>
      </label>
    </fieldset>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Cap, useButton } from '../actions/useButton'
import { prefetchView } from './prefetchView'
import type { BuiltIn, InboxPage, SavedView, View } from '../api/types'
import { useText } from '../i18n'
import { amount } from '../i18n/format'
import { shown } from '../shell/name'
import { builtIns, isView, lookOf } from './look'
import s from './Views.module.css'

interface Props {
  view: View
  counts: InboxPage['counts'] | undefined
  saved: readonly SavedView[] | undefined
  /** Of the saved views; null: it is being counted. */
  numbers: InboxPage['saved'] | undefined
  onNext: () => void
}

/** The ways to look at the inbox, with how many cases each holds; on a narrow screen one choice instead of a list. */
export function Views({ view, counts, saved, numbers, onNext }: Props) {
  const { t, language } = useText()
  const navigate = useNavigate()
  const going = useButton('next')
  const count = (v: BuiltIn) => (counts ? amount(counts[v], language) : '')
  const { id } = lookOf(view)
  const number = (v: SavedView) => {
    const n = numbers?.[v.id]
    return n === null ? '…' : n === undefined ? '' : amount(n, language)
  }
  return (
    <div className={s.views}>
      <Button {...going.props} fullWidth px={10} fz={13} justify="space-between" rightSection={<Cap of={going.cap} />} onClick={onNext}>
        {t('next')}
      </Button>
      {going.says}
      <nav aria-label={t('views')} className={s.list} data-tour="views">
        <ul>
          {builtIns.map((v) => (
            <li key={v}>
              <Link
                to="/inbox/$view"
                params={{ view: v }}
                className={v === id ? s.on : undefined}
                aria-current={v === id ? (v === view ? 'page' : 'true') : undefined}
                onMouseEnter={() => prefetchView(v)}
                onFocus={() => prefetchView(v)}
              >
                <span>{t(`view.${v}`)}</span>
                <span className={v === 'trouble' && counts && counts.trouble > 0 ? s.bad : undefined}>{count(v)}</span>
              </Link>
            </li>
          ))}
        </ul>
        {saved && saved.length > 0 && (
          <ul aria-label={t('view.savedOnes')}>
            {saved.map((v) => (
              <li key={v.id}>
                <Link
                  to="/inbox/$view"
                  params={{ view: v.id }}
                  className={v.id === id ? s.on : undefined}
                  aria-current={v.id === id ? (v.id === view ? 'page' : 'true') : undefined}
                  onMouseEnter={() => prefetchView(v.id)}
                  onFocus={() => prefetchView(v.id)}
                >
                  <span className={s.name}>
                    <bdi>{shown(v.name)}</bdi>
                    {v.shared && <span className="unseen"> {t('view.ofTeam')}</span>}
                    {v.gone.length > 0 && (
                      <span className={s.bad} title={t('view.goneShort')}>
                        {' '}
                        !<span className="unseen"> {t('view.goneShort')}</span>
                      </span>
                    )}
                  </span>
                  <span title={numbers?.[v.id] === null ? t('view.counting') : undefined}>
                    {number(v)}
                    {numbers?.[v.id] === null && <span className="unseen"> {t('view.counting')}</span>}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </nav>
      <label className={s.choice} data-tour="views">
        <span className="unseen">{t('views')}</span>
        <select
          value={id}
          onChange={(e) => {
            if (isView(e.target.value)) void navigate({ to: '/inbox/$view', params: { view: e.target.value } })
          }}
        >
          {builtIns.map((v) => (
            <option key={v} value={v}>
              {/* The number first: on a phone the end may be cut off, and half a number is another one. */}
              {counts ? `${count(v)} · ` : ''}
              {t(`view.${v}`)}
            </option>
          ))}
          {saved && saved.length > 0 && (
            <optgroup label={t('view.savedOnes')}>
              {saved.map((v) => (
                <option key={v.id} value={v.id}>
                  {number(v) && `${number(v)} · `}
                  {shown(v.name)}
                </option>
              ))}
            </optgroup>
          )}
        </select>
      </label>
    </div>
  )
}

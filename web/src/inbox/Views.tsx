// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { Cap, useButton } from '../actions/useButton'
import { prefetchView } from './prefetchView'
import type { View } from '../api/types'
import { useText } from '../i18n'
import { amount } from '../i18n/format'
import { isView, views } from './order'
import s from './Views.module.css'

/** The ways to look at the inbox, with how many cases each holds; on a narrow screen one choice instead of a list. */
export function Views({ view, counts, onNext }: { view: View; counts?: Record<View, number>; onNext: () => void }) {
  const { t, language } = useText()
  const navigate = useNavigate()
  const going = useButton('next')
  const count = (v: View) => (counts ? amount(counts[v], language) : '')
  return (
    <div className={s.views}>
      <Button {...going.props} fullWidth px={10} fz={13} justify="space-between" rightSection={<Cap of={going.cap} />} onClick={onNext}>
        {t('next')}
      </Button>
      {going.says}
      <nav aria-label={t('views')} className={s.list} data-tour="views">
        <ul>
          {views.map((v) => (
            <li key={v}>
              <Link
                to="/inbox/$view"
                params={{ view: v }}
                className={v === view ? s.on : undefined}
                aria-current={v === view ? 'page' : undefined}
                onMouseEnter={() => prefetchView(v)}
                onFocus={() => prefetchView(v)}
              >
                <span>{t(`view.${v}`)}</span>
                <span className={v === 'trouble' && counts && counts.trouble > 0 ? s.bad : undefined}>{count(v)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <label className={s.choice} data-tour="views">
        <span className="unseen">{t('views')}</span>
        <select
          value={view}
          onChange={(e) => {
            if (isView(e.target.value)) void navigate({ to: '/inbox/$view', params: { view: e.target.value } })
          }}
        >
          {views.map((v) => (
            <option key={v} value={v}>
              {/* The number first: on a phone the end may be cut off, and half a number is another one. */}
              {counts ? `${count(v)} · ` : ''}
              {t(`view.${v}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

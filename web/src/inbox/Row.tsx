// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { CaseRow, View } from '../api/types'
import { useText } from '../i18n'
import { exactly } from '../i18n/format'
import { timeLeft, timeSince, toneOf, toneOfPriority } from '../i18n/relative'
import { Beside } from '../presence/Beside'
import { lineOf, shown } from '../shell/name'
import { aboutOf, clockOf } from './order'
import s from './Row.module.css'

interface Props {
  row: CaseRow
  view: View
  open: boolean
  marked: boolean
  /** Why something could not be done with it that was done with others. */
  why: string | undefined
  now: number
  networkName: (id: string) => string
  onFocus: (id: string) => void
}

/** One case in the list: the time left first, then who, where, whose, and what they say. */
export const Row = memo(function Row({ row, view, open, marked, why, now, networkName, onFocus }: Props) {
  const { t } = useText()
  const about = aboutOf(row)
  const preview = lineOf(row.preview)
  return (
    <Link
      to="/cases/$id"
      params={{ id: row.id }}
      search={{ view }}
      className={[s.row, open && s.on, marked && s.marked].filter(Boolean).join(' ')}
      aria-current={open ? 'true' : undefined}
      data-case={row.id}
      onFocus={() => onFocus(row.id)}
    >
      <Clock row={row} now={now} />
      {marked && <span className="unseen">{t('marks.marked')}</span>}
      <span className={s.who}>
        <bdi className={s.name}>{shown(row.person.name) || t('nameless')}</bdi>
        {row.priority !== 'normal' && <span className={`chip ${toneOfPriority[row.priority]} ${s.fixed}`}>{t(`priority.${row.priority}`)}</span>}{' '}
        {row.trouble > 0 && (
          <span className={`chip bad ${s.fixed}`} title={t('row.trouble')}>
            !<span className="unseen"> {t('row.trouble')}</span>
          </span>
        )}{' '}
        <span className={`chip ${row.visibility} ${s.net}`} title={networkName(row.network)}>
          <span aria-hidden>{row.visibility === 'public' ? '◉' : '◆'} </span>
          <span className="unseen">{t(row.visibility)} </span>
          {networkName(row.network)}
        </span>{' '}
        <Beside row={row} />{' '}
        <span className={s.agent} title={row.agent?.name ?? t('row.nobody')}>
          {row.agent ? row.agent.initials : '–'}
          <span className="unseen"> {row.agent ? row.agent.name : t('row.nobody')}</span>
        </span>
      </span>
      {why && <span className={`wrong ${s.says}`}>{why}</span>}
      <span className={s.says} dir="auto" hidden={!!why}>
        {row.tags.map((tag) => (
          <span key={tag.id || tag.name}>
            <bdi className={`chip ${s.tag}`}>{lineOf(tag.name)}</bdi>{' '}
          </span>
        ))}
        {about && <b>{about}</b>}
        {about && preview && ' · '}
        {preview || (!about && t('wordless'))}
      </span>
    </Link>
  )
})

/** Marks a row. Where nothing is marked, it is there for the pointer alone: the keyboard has a key for it. */
export function Mark({ row, on, shown: always, onMark, onMarkTo }: { row: CaseRow; on: boolean; shown: boolean; onMark: (id: string) => void; onMarkTo: (id: string) => void }) {
  const { t } = useText()
  return (
    <label className={always ? `${s.mark} ${s.always}` : s.mark}>
      <input
        type="checkbox"
        checked={on}
        tabIndex={always ? 0 : -1}
        aria-label={t('marks.mark', { number: row.number, name: shown(row.person.name) || t('nameless') })}
        onChange={(e) => (e.nativeEvent instanceof MouseEvent && e.nativeEvent.shiftKey ? onMarkTo(row.id) : onMark(row.id))}
      />
    </label>
  )
}

function Clock({ row, now }: { row: CaseRow; now: number }) {
  const { t, language } = useText()
  const clock = clockOf(row)
  const title = exactly(clock.at, language)
  if (clock.kind === 'due') {
    const tone = toneOf(row.late)
    return (
      <span className={`${s.clock} ${s[tone]}`} title={`${t('row.due')} ${title}`}>
        <b>{timeLeft(clock.at, now, t)}</b>
        <small>{row.answered ? t('row.answer') : t('row.firstAnswer')}</small>
      </span>
    )
  }
  return (
    <span className={s.clock} title={title}>
      <b>{clock.kind === 'asleep' ? timeLeft(clock.at, now, t) : timeSince(clock.at, now, t)}</b>
      <small>{t(`row.${clock.kind}`)}</small>
    </span>
  )
}

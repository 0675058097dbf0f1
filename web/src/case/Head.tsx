// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Link } from '@tanstack/react-router'
import type { RefObject } from 'react'
import type { Offer } from '../actions/offers'
import { Cap, useButton } from '../actions/useButton'
import type { Case, View } from '../api/types'
import { useText } from '../i18n'
import { exactly } from '../i18n/format'
import { timeLeft, toneOf, toneOfPriority, useNow } from '../i18n/relative'
import { BesideHead } from '../presence/Beside'
import { Icon } from '../shell/Icon'
import { lineOf, shown } from '../shell/name'
import s from './Head.module.css'

interface Props {
  case: Case
  view: View
  heading: RefObject<HTMLHeadingElement | null>
  /** Whether they may work on it; who only reads is offered nothing else. */
  acts: boolean
  assign: Offer
  solve: Offer
  tags: Offer
  sleep: Offer
  person: Offer
}

/** What the case is, how much time is left, who has it, and the acts on it with their keys. */
export function Head({ case: c, view, heading, acts, assign, solve, tags, sleep, person }: Props) {
  const { t, language } = useText()
  const now = useNow()
  const [assigning, solving, showing] = [useButton('assign', assign), useButton('solve', solve), useButton('person', person)]
  const proposed = c.person.links.some((l) => l.state === 'proposed')
  const [tagging, sleeping] = [useButton('tags', tags), useButton('sleep', sleep)]
  return (
    <header className={s.head}>
      <Link to="/inbox/$view" params={{ view }} className={s.back} aria-label={t('case.back')}>
        <Icon name="back" />
      </Link>
      <div className={s.title}>
        <h1 ref={heading} tabIndex={-1} dir="auto" title={c.title}>
          {shown(c.title, c.person.name) || t('wordless')}
        </h1>
      </div>
      <div className={s.acts}>
        <button {...showing.props} onClick={person.run} className={s.who} data-tour="person" aria-label={t(proposed ? 'person.panelNews' : 'person.panel')}>
          <Icon name="person" size={18} />
          {proposed && <i className={s.news} aria-hidden />}
        </button>
        {showing.says}
        {acts && (
          <>
        <button {...assigning.props} onClick={assign.run} data-tour="assign" data-first={c.agent?.name ?? t('row.nobody')}>
          {c.agent ? (
            <>
              <span className="unseen">{t('case.has', { name: c.agent.name })}</span>
              <span aria-hidden>{c.agent.initials}</span>
            </>
          ) : (
            t('case.assign')
          )}{' '}
          <Cap of={assigning.cap} />
        </button>
        {assigning.says}
        {c.state !== 'solved' && (
          <button {...sleeping.props} className={s.wide} onClick={sleep.run}>
            {t('case.sleep')} <Cap of={sleeping.cap} />
          </button>
        )}
        {sleeping.says}
        <button {...solving.props} onClick={solve.run} data-tour="solve">
          {c.state === 'solved' ? t('case.reopen') : t('case.solve')} <Cap of={solving.cap} />
        </button>
        {solving.says}
          </>
        )}
      </div>
      <div className={s.facts}>
        <span className={`chip ${s.number}`}>#{c.number}</span>
        {c.state === 'open' && c.due_at ? (
          <span className={`chip ${toneOf(c.late) === 'calm' ? '' : toneOf(c.late)}`} title={exactly(c.due_at, language)}>
            {Date.parse(c.due_at) < now
              ? t('case.dueSince', { time: timeLeft(c.due_at, now, t).replace('−', '') })
              : t('case.dueIn', { time: timeLeft(c.due_at, now, t) })}
          </span>
        ) : (
          <span className={`chip ${c.state === 'solved' ? 'good' : ''}`} title={c.wakes_at ? exactly(c.wakes_at, language) : undefined}>
            {c.state === 'asleep' && c.wakes_at ? t('case.asleepFor', { time: timeLeft(c.wakes_at, now, t) }) : t(c.state === 'open' && c.woken_at && c.woken_at !== c.made_at ? 'state.woken' : `state.${c.state}`)}
          </span>
        )}
        {c.priority !== 'normal' && <span className={`chip ${toneOfPriority[c.priority]}`}>{t(`priority.${c.priority}`)}</span>}
        {c.tags.map((tag) => (
          <bdi key={tag.id || tag.name} className="chip">
            {lineOf(tag.name)}
          </bdi>
        ))}
        <Links case={c} view={view} />
        <BesideHead case={c} />
        {acts && (
          <button {...tagging.props} className={s.carry} onClick={tags.run} aria-label={t('act.carry')} data-first={t('act.carry')}>
            <span aria-hidden>✎</span>
          </button>
        )}
        {acts && tagging.says}
      </div>
    </header>
  )
}

/** The cases that this one has to do with, and the way there. */
function Links({ case: c, view }: { case: Case; view: View }) {
  const { t } = useText()
  const { last, next } = c.links
  if (!last && next.length === 0 && c.links.took.length === 0) return null
  return (
    <nav className={s.links} aria-label={t('case.links')}>
      {last && (
        <Link to="/cases/$id" params={{ id: last.id }} search={{ view }} className="chip">
          {t('case.last', { number: last.number })}
        </Link>
      )}
      {next.map((n) => (
        <Link key={n.id} to="/cases/$id" params={{ id: n.id }} search={{ view }} className="chip">
          {t('case.next', { number: n.number })}
        </Link>
      ))}
      {c.links.took.map((n) => (
        <span key={n.id} className="chip">
          {t('case.took', { number: n.number })}
        </span>
      ))}
    </nav>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import type { EarlierCase, Person } from '../api/types'
import { useText } from '../i18n'
import { day } from '../i18n/format'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { Outward } from '../shell/Outward'
import s from './PersonPanel.module.css'

interface Props {
  person: Person
  current: string
  titled?: boolean
  onLeave?: () => void
  /** Opens a case by hand that continues this one; undefined for those who may not. */
  onFollow?: (() => void) | undefined
  /** Lets this case become one with another. */
  onMerge?: (() => void) | undefined
}

/** Who it is: how they are called and reached, and what else they want or wanted, with how it stands. */
export function PersonPanel({ person, current, titled, onLeave, onFollow, onMerge }: Props) {
  const { t } = useText()
  const networkName = useNetworkName()
  const earlier = person.cases.filter((c) => c.id !== current)
  return (
    <div className={s.panel}>
      {!titled && (
        <h2 dir="auto" className={s.name} title={person.name}>
          {shown(person.name) || t('nameless')}
        </h2>
      )}
      <h3>{t('person.reach')}</h3>
      {person.identities.length === 0 ? (
        <p className="soft">{t('person.noWay')}</p>
      ) : (
        <ul className={s.identities}>
          {person.identities.map((i) => (
            <li key={i.id}>
              <small>{networkName(i.network)}</small>
              <bdi>
                <Reach href={i.url} words={shown(i.handle, i.name) || t('nameless')} />
              </bdi>
            </li>
          ))}
        </ul>
      )}
      <h3>{t('person.earlier')}</h3>
      {earlier.length === 0 ? (
        <p className="soft">{t('person.first')}</p>
      ) : (
        <ul className={s.cases}>
          {earlier.map((c) => (
            <li key={c.id}>
              <Link to="/cases/$id" params={{ id: c.id }} onClick={onLeave}>
                <span dir="auto">{shown(c.title) || t('wordless')}</span>
              </Link>
              <Ended case={c} network={networkName(c.network)} />
            </li>
          ))}
        </ul>
      )}
      {(onFollow ?? onMerge) && (
        <div className={s.acts}>
          {onFollow && (
            <button
              onClick={() => {
                onLeave?.()
                onFollow()
              }}
            >
              {t('act.continue')} …
            </button>
          )}
          {onMerge && (
            <button
              onClick={() => {
                onLeave?.()
                onMerge()
              }}
            >
              {t('act.merge')} …
            </button>
          )}
        </div>
      )}
    </div>
  )
}

/** An address, which breaks at its joints where it is too long for the panel. */
function Reach({ href, words }: { href: string; words: string }) {
  const parts = words.split(/(?<=[@.])/u).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ))
  return <Outward href={href}>{parts}</Outward>
}

function Ended({ case: c, network }: { case: EarlierCase; network: string }) {
  const { t, language } = useText()
  return (
    <small>
      #{c.number} · {day(c.made_at, language)} · {network}
      <br />
      {c.state === 'solved' ? (
        <span className={s.good}>{c.solved_at ? t('person.solved', { day: day(c.solved_at, language) }) : t('state.solved')}</span>
      ) : (
        <span className={s.open}>{t(`state.${c.state}`)}</span>
      )}
    </small>
  )
}

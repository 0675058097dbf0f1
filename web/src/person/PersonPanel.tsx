// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Link } from '@tanstack/react-router'
import { Fragment, lazy, Suspense } from 'react'
import type { Case, EarlierCase, PersonNote } from '../api/types'
import { useText, withLater } from '../i18n'
import { day } from '../i18n/format'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { Outward } from '../shell/Outward'
import type { Asked } from './Ask'
import s from './PersonPanel.module.css'

const known = () => withLater(import('./Known'))
const Proposals = lazy(async () => ({ default: (await known()).Proposals }))
const Links = lazy(async () => ({ default: (await known()).Links }))
const Said = lazy(async () => ({ default: (await known()).Said }))

interface Props {
  case: Case
  may: { work: boolean; note: boolean }
  titled?: boolean
  onAsk: (what: Asked, note?: PersonNote) => void
  onLeave?: () => void
  /** Opens a case by hand that continues this one; undefined for those who may not. */
  onFollow?: (() => void) | undefined
  /** Lets this case become one with another. */
  onMerge?: (() => void) | undefined
}

/** Who it is: how they are called and reached, what is known of them, and what they wanted before, with how it ended. */
export function PersonPanel({ case: c, may, titled, onAsk, onLeave, onFollow, onMerge }: Props) {
  const { t } = useText()
  const networkName = useNetworkName()
  const { person } = c
  const earlier = person.cases.filter((o) => o.id !== c.id)
  const several = new Set(person.identities.map((i) => i.person_id)).size > 1
  const parts = { person, may, onAsk, onLeave }
  return (
    <div className={s.panel}>
      {!titled && (
        <h2 dir="auto" className={s.name} title={person.name}>
          {shown(person.name) || t('nameless')}
        </h2>
      )}
      <Suspense>
        <Proposals {...parts} />
      </Suspense>
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
      <Suspense>
        <Links {...parts} />
      </Suspense>
      <h3>{t('person.earlier')}</h3>
      {earlier.length === 0 ? (
        <p className="soft">{t('person.first')}</p>
      ) : (
        <>
          <ul className={s.cases}>
            {earlier.map((o) => (
              <li key={o.id}>
                <Link to="/cases/$id" params={{ id: o.id }} onClick={onLeave}>
                  <span dir="auto">{shown(o.title) || t('wordless')}</span>
                </Link>
                <Ended case={o} network={networkName(o.network)} name={several ? shown(o.person.name) : ''} />
              </li>
            ))}
          </ul>
          <Link to="/search" search={{ q: t('person.searchFor', { number: c.number }) }} onClick={onLeave} className={s.add}>
            {t('person.search')}
          </Link>
        </>
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
      <Suspense>
        <Said {...parts} />
      </Suspense>
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

function Ended({ case: c, network, name }: { case: EarlierCase; network: string; name: string }) {
  const { t, language } = useText()
  return (
    <small>
      #{c.number} · {day(c.made_at, language)} · {network}
      {name && (
        <>
          {' · '}
          <bdi>{name}</bdi>
        </>
      )}
      <br />
      {c.state === 'solved' ? (
        <span className={s.good}>{c.solved_at ? t('person.solved', { day: day(c.solved_at, language) }) : t('state.solved')}</span>
      ) : (
        <span className={s.open}>{t(`state.${c.state}`)}</span>
      )}
    </small>
  )
}

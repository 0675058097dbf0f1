// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useOffers, type Offers } from '../actions/offers'
import { Problem } from '../api/problem'
import { caseQuery } from '../api/queries'
import type { Case, View } from '../api/types'
import { Composer, type ComposerHandle } from '../composer/Composer'
import { unsent } from '../composer/outbox'
import { latest, newSince } from '../composer/ways'
import { useText, withLater } from '../i18n'
import { useAfter } from '../inbox/after'
import { left, shows } from '../live/presence'
import { PersonPanel } from '../person/PersonPanel'
import { Dialog } from '../shell/Dialog'
import { Icon } from '../shell/Icon'
import { rightsIn, useMe } from '../shell/me'
import { announce } from '../shell/notices'
import { shown } from '../shell/name'
import { useSignal } from '../shell/signal'
import { Trouble, Wait } from '../shell/Wait'
import { assign, look, reopen, solve } from './acts'
import { Assign } from './Assign'
import type { Carried } from './Carry'
import s from './CasePane.module.css'
import { Head } from './Head'
import { SharedDrafts } from './SharedDrafts'
import { Timeline } from './Timeline'

const Carry = lazy(() => withLater(import('./Carry')))
const Sleep = lazy(() => withLater(import('./Sleep')))

/** A case: what was said, what to answer, and who it is. */
export function CasePane() {
  const { t } = useText()
  const { id } = useParams({ from: '/desk/inbox/cases/$id' })
  const search: { view?: View } = useSearch({ strict: false })
  const view = search.view ?? 'open'
  const query = useQuery(caseQuery(id))
  if (query.data) return <Shown key={id} case={query.data} view={view} />
  return (
    <div className={s.missing}>
      <Link to="/inbox/$view" params={{ view }} className={s.back}>
        <Icon name="back" /> {t('case.back')}
      </Link>
      {query.isError ? (
        query.error instanceof Problem && query.error.status === 404 ? (
          <h1 className={s.gone}>{t('case.gone')}</h1>
        ) : (
          <Trouble error={query.error} again={() => void query.refetch()} />
        )
      ) : (
        <Wait lines={5} />
      )}
    </div>
  )
}

const lookEvery = 10 * 60_000 // as often as the server passes it on

/** Whoever reads a case sees it as it stands at its networks: when it is opened, and from time to time while it is. */
function useLook(c: Case) {
  const { id, look: can } = c
  useEffect(() => {
    if (!can) return
    void look(id)
    const again = setInterval(() => {
      if (document.visibilityState === 'visible') void look(id)
    }, lookEvery)
    return () => clearInterval(again)
  }, [id, can])
}

function Shown({ case: c, view }: { case: Case; view: View }) {
  const { t } = useText()
  const me = useMe()
  const after = useAfter(view)
  const navigate = useNavigate()
  const heading = useRef<HTMLHeadingElement>(null)
  const composer = useRef<ComposerHandle>(null)
  const [assigning, setAssigning] = useState(false)
  const [person, setPerson] = useState(false)
  const [carrying, setCarrying] = useState<Carried>()
  const [sleeping, setSleeping] = useState(false)
  const mine = useSignal(unsent).filter((u) => u.caseId === c.id)

  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    shows(c.id)
    return () => left(c.id)
  }, [c.id])
  useNewWords(c)
  useLook(c)
  const reuse = useCallback((text: string) => composer.current?.reuse(text), []) // the same one: messages are drawn once

  const open = () => void navigate({ to: '/cases/$id', params: { id: c.id }, search: { view } })
  const may = rightsIn(me, c.brand_id)
  const only = (right: boolean) => (right ? undefined : 'cannot.role')
  const values = { name: shown(c.person.name) || t('nameless') }
  const offers = {
    solve:
      c.state === 'solved'
        ? { run: () => void reopen(c), cannot: only(may.work), words: 'case.reopen', does: ['does.reopen'], values }
        : { run: () => void after('solve', c.id).then(() => solve(c, open)), cannot: only(may.work), values },
    assign: { run: () => setAssigning(true), cannot: only(may.work), values },
    take: {
      run: () => void assign(c, { id: me.id, name: me.name, initials: me.initials }),
      cannot: c.agent?.id === me.id ? 'cannot.mine' : only(may.work),
      values,
    },
    release: { run: () => void assign(c, null), cannot: c.agent ? only(may.work) : 'cannot.nobody', values },
    priority: { run: () => setCarrying('priority'), cannot: only(may.work), values },
    tags: { run: () => setCarrying('tags'), cannot: only(may.work), values },
    rename: { run: () => setCarrying('title'), cannot: only(may.work), values },
    sleep: { run: () => setSleeping(true), cannot: c.state === 'solved' ? 'cannot.solved' : only(may.work), values },
    reply: { run: () => composer.current?.reply(), cannot: only(may.work) },
    note: { run: () => composer.current?.note(), cannot: only(may.note) },
    person: { run: () => setPerson(true) },
    list: { run: () => void navigate({ to: '/inbox/$view', params: { view } }) },
  } satisfies Offers
  useOffers(offers)

  return (
    <div className={s.pane}>
      <div className={s.work}>
        <Head
          case={c}
          view={view}
          heading={heading}
          acts={may.work}
          assign={offers.assign}
          solve={offers.solve}
          tags={offers.tags}
          sleep={offers.sleep}
          person={offers.person}
        />
        <Timeline case={c} unsent={mine} onTakeBack={(key) => composer.current?.takeBack(key)} onReuse={may.work ? reuse : undefined} />
        <SharedDrafts case={c} me={me.id} may={may} onTaken={() => composer.current?.write()} />
        {may.note ? (
          <Composer ref={composer} case={c} me={me} answers={may.work} unsent={mine} onDone={(done) => void after(done, c.id)} onOpen={open} onLeave={() => heading.current?.focus()} />
        ) : (
          <p className={s.readOnly}>{t('case.readOnly')}</p>
        )}
      </div>
      <aside className={s.person} aria-label={t('person.panel')}>
        <PersonPanel person={c.person} current={c.id} />
      </aside>
      {person && (
        <Dialog title={shown(c.person.name) || t('nameless')} onClose={() => setPerson(false)}>
          <PersonPanel person={c.person} current={c.id} titled onLeave={() => setPerson(false)} />
          <button className={s.close} onClick={() => setPerson(false)}>
            {t('close')}
          </button>
        </Dialog>
      )}
      <Suspense>
        {carrying && (
          <Carry
            case={c}
            first={carrying}
            onClose={() => setCarrying(undefined)}
            onSleep={() => {
              setCarrying(undefined)
              setSleeping(true)
            }}
          />
        )}
        {sleeping && <Sleep case={c} onClose={() => setSleeping(false)} onAsleep={() => void after('solve', c.id)} onOpen={open} />}
      </Suspense>
      {assigning && <Assign case={c} me={me} onClose={() => setAssigning(false)} />}
    </div>
  )
}

/** Has a screen reader say when somebody writes while the case is open. */
function useNewWords(c: Case) {
  const { t } = useText()
  const known = useRef(latest(c.messages))
  useEffect(() => {
    const fresh = newSince(c.messages, known.current).findLast((m) => m.direction === 'inbound')
    known.current = latest(c.messages)
    if (fresh) announce(t('case.newMessage', { name: shown(fresh.author?.name, fresh.author?.handle) || t('nameless') }))
  }, [c.messages, t])
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useOffers, type Offers } from '../actions/offers'
import { Problem } from '../api/problem'
import { caseQuery } from '../api/queries'
import type { Case, EarlierCase, PersonNote, View } from '../api/types'
import { Composer, type ComposerHandle } from '../composer/Composer'
import { moveDraft } from '../composer/draft'
import { unsent } from '../composer/outbox'
import { latest, newSince } from '../composer/ways'
import { useText, withLater } from '../i18n'
import { useAfter } from '../inbox/after'
import { left, shows } from '../live/presence'
import type { Asked } from '../person/Ask'
import { PersonPanel } from '../person/PersonPanel'
import { Dialog } from '../shell/Dialog'
import { Icon } from '../shell/Icon'
import { rightsIn, useMe } from '../shell/me'
import { announce, tell } from '../shell/notices'
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
const Merge = lazy(() => withLater(import('./Merge')))
const Split = lazy(() => withLater(import('./Split')))
const Continue = lazy(() => withLater(import('./Continue')))
const Ask = lazy(() => withLater(import('../person/Ask')))
const Sleep = lazy(() => withLater(import('./Sleep')))

/** A case: what was said, what to answer, and who it is. */
export function CasePane() {
  const { t } = useText()
  const { id } = useParams({ from: '/desk/inbox/cases/$id' })
  const search: { view?: View } = useSearch({ strict: false })
  const view = search.view ?? 'open'
  const query = useQuery(caseQuery(id))
  if (query.data?.links.into) return <Merged case={query.data} into={query.data.links.into} view={view} />
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

/** A case that has gone into another leads there, with what its agent was writing in it. */
function Merged({ case: c, into, view }: { case: Case; into: EarlierCase; view: View }) {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  useEffect(() => {
    moveDraft(me.id, c.id, into.id)
    tell(t('case.mergedHere', { number: c.number, into: into.number }))
    void navigate({ to: '/cases/$id', params: { id: into.id }, search: { view }, replace: true })
  }, [c, into, me.id, navigate, t, view])
  return <Wait lines={5} />
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
  const [asked, setAsked] = useState<{ what: Asked; note?: PersonNote | undefined }>()
  const [carrying, setCarrying] = useState<Carried>()
  const [sleeping, setSleeping] = useState<{ chosen?: (until: string) => void }>()
  const [parting, setParting] = useState<'merge' | 'split' | 'continue'>()
  const theirs = new Set([c.id, ...c.links.took.map((one) => one.id)]) // what was written where these were goes on here
  const mine = useSignal(unsent).filter((u) => theirs.has(u.caseId))

  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    shows(c.id)
    return () => left(c.id)
  }, [c.id])
  useNewWords(c)
  useLook(c)
  const reuse = useCallback((text: string) => composer.current?.reuse(text), []) // the same one: messages are drawn once

  const show = (id: string) => void navigate({ to: '/cases/$id', params: { id }, search: { view } })
  const open = () => show(c.id)
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
    merge: { run: () => setParting('merge'), cannot: only(may.work), values },
    split: { run: () => setParting('split'), cannot: only(may.work) ?? (c.messages.filter((m) => m.direction !== 'note').length < 2 ? 'cannot.single' : undefined), values },
    continue: { run: () => setParting('continue'), cannot: only(may.work), values },
    sleep: { run: () => setSleeping({}), cannot: c.state === 'solved' ? 'cannot.solved' : only(may.work), values },
    reply: { run: () => composer.current?.reply(), cannot: only(may.work) },
    note: { run: () => composer.current?.note(), cannot: only(may.note) },
    person: { run: () => setPerson(true) },
    link: { run: () => setAsked({ what: 'link' }), cannot: only(may.work), values },
    aboutPerson: { run: () => setAsked({ what: 'note' }), cannot: only(may.note), values },
    consent: { run: () => setAsked({ what: 'consent' }), cannot: only(may.work), values },
    company: { run: () => setAsked({ what: 'company' }), cannot: only(may.work), values },
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
          <Composer ref={composer} case={c} me={me} answers={may.work} unsent={mine} onDone={(done) => void after(done, c.id)} onOpen={open} onSleep={(chosen) => setSleeping({ chosen })} onLeave={() => heading.current?.focus()} />
        ) : (
          <p className={s.readOnly}>{t('case.readOnly')}</p>
        )}
      </div>
      <aside className={s.person} data-tour="person" aria-label={t('person.panel')}>
        <PersonPanel
          case={c}
          may={may}
          onAsk={(what, note) => setAsked({ what, note })}
          onFollow={may.work ? offers.continue.run : undefined}
          onMerge={may.work ? offers.merge.run : undefined}
        />
      </aside>
      {person && (
        <Dialog title={shown(c.person.name) || t('nameless')} onClose={() => setPerson(false)}>
          <PersonPanel
            case={c}
            may={may}
            titled
            onAsk={(what, note) => setAsked({ what, note })}
            onLeave={() => setPerson(false)}
            onFollow={may.work ? offers.continue.run : undefined}
            onMerge={may.work ? offers.merge.run : undefined}
          />
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
              setSleeping({})
            }}
          />
        )}
        {asked && (
          <Ask
            case={c}
            what={asked.what}
            note={asked.note}
            may={may}
            onClose={() => setAsked(undefined)}
            onSay={(words) => {
              setPerson(false)
              reuse(words)
            }}
          />
        )}
        {sleeping && <Sleep case={c} onClose={() => setSleeping(undefined)} onAsleep={() => void after('solve', c.id)} onOpen={open} onChosen={sleeping.chosen} />}
        {parting === 'merge' && <Merge case={c} onClose={() => setParting(undefined)} onMerged={show} />}
        {parting === 'split' && <Split case={c} onClose={() => setParting(undefined)} onSplit={show} />}
        {parting === 'continue' && <Continue case={c} onClose={() => setParting(undefined)} onOpened={show} />}
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

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { client, onSignedOut, take } from '../api/client'
import { accountsQuery, forgetAgent } from '../api/queries'
import { wordsFor } from '../api/words'
import { forgetOldDrafts } from '../composer/draft'
import { unsent, wake } from '../composer/outbox'
import { startOutbox } from '../composer/startOutbox'
import { speak, useText, type Key } from '../i18n'
import { live, startLive } from '../live/start'
import s from './Desk.module.css'
import { Icon, type IconName } from './Icon'
import { startKeys, useKeys } from './keys'
import { useMe } from './me'
import { warn } from './notices'
import { useSignal } from './signal'

const Help = lazy(() => import('./Help'))

/** The frame around everything an agent does: where one can go, and how the connection is. */
export function Desk() {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const [help, setHelp] = useState(false)
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })

  useEffect(() => void speak(me.language), [me.language])
  useEffect(() => setColorScheme(me.scheme), [me.scheme, setColorScheme])
  useEffect(() => {
    forgetOldDrafts()
    const stops = [
      startKeys(),
      startLive(wake),
      startOutbox(me.id, (id) => void navigate({ to: '/cases/$id', params: { id } })),
      onSignedOut(() => {
        if (location.pathname === '/sign-in') return
        void navigate({ to: '/sign-in', search: { back: location.pathname + location.search, ended: true } }).then(forgetAgent)
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [me.id, navigate])
  useKeys({ '?': () => setHelp(true) })

  async function signOut() {
    try {
      await take(client.DELETE('/api/session'))
    } catch (e) {
      warn(wordsFor(e))
      return
    }
    await navigate({ to: '/sign-in', search: {} })
    forgetAgent()
  }

  return (
    <div className={s.desk}>
      <a className={s.skip} href="#main">
        {t('skip')}
      </a>
      <nav className={s.rail} aria-label={t('nav.places')}>
        <span className={s.mark} aria-hidden>
          h
        </span>
        <Place to="/inbox/$view" icon="inbox" words="nav.inbox" />
        {me.role === 'administrator' && (
          <>
            <Channels />
            <Place to="/health" icon="health" words="nav.health" />
          </>
        )}
        <Place to="/settings" icon="settings" words="nav.settings" alarm={me.second_step === 'soon' ? 'nav.secondDue' : undefined} />
        <span className={s.space} />
        <button className={s.keys} onClick={() => setHelp(true)} aria-label={t('nav.keys')} title={`${t('nav.keys')} (?)`}>
          <Icon name="keys" />
        </button>
        <button onClick={() => void signOut()} aria-label={t('nav.out', { name: me.name })} title={t('nav.out', { name: me.name })}>
          <Icon name="out" />
          <span className={s.words} aria-hidden>
            {t('nav.outShort')}
          </span>
        </button>
      </nav>
      <div className={s.body}>
        <Banner />
        <Outlet />
      </div>
      {help && (
        <Suspense>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </div>
  )
}

/** The way to the channels, marked while one of them hears nobody: no other page would show that. */
function Channels() {
  const { data } = useQuery(accountsQuery)
  const down = data?.some((a) => a.state === 'sign_in' || a.state === 'trouble')
  return <Place to="/channels" icon="channels" words="nav.channels" alarm={down ? 'nav.channelDown' : undefined} />
}

interface PlaceProps {
  to: '/inbox/$view' | '/channels' | '/health' | '/settings'
  icon: IconName
  words: Key
  /** What is wrong there. */
  alarm?: Key
}

function Place({ to, icon, words, alarm }: PlaceProps) {
  const { t } = useText()
  const label = alarm ? `${t(words)}: ${t(alarm)}` : t(words)
  const inner = (
    <>
      <Icon name={icon} />
      {alarm && <span className={s.alarm} aria-hidden />}
      <span className={s.words}>{t(words)}</span>
    </>
  )
  const props = { title: label, 'aria-label': label, activeOptions: { exact: false } }
  return to === '/inbox/$view' ? (
    <Link {...props} to={to} params={{ view: 'open' }} className={isInbox() ? s.on : undefined}>
      {inner}
    </Link>
  ) : (
    <Link {...props} to={to} activeProps={{ className: s.on }}>
      {inner}
    </Link>
  )
}

function isInbox(): boolean {
  return /^\/(inbox|cases)\//.test(location.pathname)
}

/** Says that the server cannot be reached, and that nothing is lost by it. */
function Banner() {
  const { t } = useText()
  const state = useSignal(live)
  const waiting = useSignal(unsent).filter((u) => u.state === 'waiting').length
  const lost = state === 'lost'
  return (
    <div role="status" aria-label={t('connection')} className={lost || waiting > 0 ? s.banner : undefined}>
      {lost && <b>{t('connection.lost')} </b>}
      {lost && <span>{t('connection.kept')} </span>}
      {waiting > 0 && <span>{t('connection.waiting', { count: waiting })}</span>}
    </div>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState, type ComponentType, type ReactNode } from 'react'
import { charactersOn, startKeys, switchCharacters, useOffers, type Offers } from '../actions/offers'
import { useButton } from '../actions/useButton'
import { client, onSignedOut, take } from '../api/client'
import { accountsQuery, forgetAgent } from '../api/queries'
import { wordsFor } from '../api/words'
import { undoLast } from '../case/acts'
import { forgetOldDrafts } from '../composer/draft'
import { unsent, wake } from '../composer/outbox'
import { keepAll } from '../composer/keeping'
import { startKeepingDrafts } from '../composer/startKeeping'
import { startOutbox } from '../composer/startOutbox'
import { startWithdrawing } from '../composer/withdraw'
import { speak, useText, withLater, type Key } from '../i18n'
import { startPresence, tellAnew } from '../live/presence'
import { live, startLive } from '../live/start'
import s from './Desk.module.css'
import { Icon, type IconName } from './Icon'
import { choose, useMe } from './me'
import { warn } from './notices'
import { Page } from './Page'
import { useSignal } from './signal'

interface Part {
  default: ComponentType<{ onClose: () => void }>
}

/**
 * A part that is loaded later, and drawn at once when it has been: where lazy has to wait, if only for a moment, React
 * shows what comes of it a third of a second late. It takes any thenable, also one that answers in the same breath.
 */
function part(load: () => Promise<Part>) {
  let here: Part | undefined
  const fetch = () => load().then((loaded) => (here = loaded))
  const now = { then: (f: (p: Part | undefined) => void) => f(here) } as unknown as Promise<Part>
  return { fetch, Shown: lazy(() => (here ? now : fetch())) }
}

const tools = {
  palette: part(() => withLater(import('../actions/Palette'))),
  help: part(() => withLater(import('./Help'))),
  tour: part(() => withLater(import('../tour/Tour'))),
}
const [Palette, Help, Tour] = [tools.palette.Shown, tools.help.Shown, tools.tour.Shown]
const Brands = lazy(() => import('./Brands'))
const Tip = lazy(() => import('../actions/Tip'))
const worker = () => import('./worker')
const quiet = 2_000 // after the first screen has all it needs

/** The first letters of a brand, to tell it from the others at a glance. */
function shortOf(name: string): string {
  return Array.from(name.trim()).slice(0, 2).join('')
}

/** The frame around everything an agent does: where one can go, and how the connection is. */
export function Desk() {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const router = useRouter()
  const [open, setOpen] = useState<'palette' | 'help' | 'tour' | 'brands'>()
  const close = () => setOpen(undefined)
  const [settled, setSettled] = useState(false)
  const connection = useSignal(live)
  const placed = me.brand.id !== ''
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true })

  useEffect(() => void speak(me.language), [me.language])
  useEffect(() => setColorScheme(me.scheme), [me.scheme, setColorScheme])
  useEffect(() => {
    forgetOldDrafts()
    const back = () => {
      wake()
      keepAll()
    }
    const goTo = (id: string) => void navigate({ to: '/cases/$id', params: { id } })
    const stops = [
      startKeys(),
      ...(placed ? [startLive(back)] : []), // nothing happens for who sees nothing
      startOutbox(me.id, goTo),
      startKeepingDrafts(me.id),
      ...(placed ? [startPresence()] : []),
      startWithdrawing(me.id, goTo),
      onSignedOut(() => {
        if (location.pathname === '/sign-in') return
        void worker().then((w) => w.forgetWorker())
        void navigate({ to: '/sign-in', search: { back: location.pathname + location.search, ended: true } }).then(forgetAgent)
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [me.id, placed, navigate])
  useEffect(() => tellAnew(), [me.brand.id])
  // They open at once, and without a connection, because they are here before somebody asks; the first screen does not
  // wait for them.
  useEffect(() => {
    if (settled || connection !== 'live') return
    const timer = setTimeout(() => {
      Promise.all([import('../actions/Tip'), ...Object.values(tools).map((tool) => tool.fetch())]).then(
        (all) => setSettled(all.every(Boolean)), // else the connection was lost, and they are asked for when it is back
        () => undefined,
      )
    }, quiet)
    return () => clearTimeout(timer)
  }, [settled, connection])

  // The browser keeps the app for the next time, once this time needs nothing more.
  useEffect(() => {
    if (!settled) return
    let stop = () => {}
    let over = false
    void worker().then((w) => {
      if (!over) stop = w.startWorker({ id: me.id, language: me.language }, (to) => router.history.push(to))
    })
    return () => {
      over = true
      stop()
    }
  }, [settled, me.id, me.language, router])

  async function signOut() {
    try {
      await take(client.DELETE('/api/session'))
    } catch (e) {
      warn(wordsFor(e))
      return
    }
    await worker().then((w) => w.forgetWorker())
    await navigate({ to: '/sign-in', search: {} })
    forgetAgent()
  }

  const offers = {
    palette: { run: () => setOpen('palette') },
    search: { run: () => void navigate({ to: '/search', search: {} }) },
    help: { run: () => setOpen('help') },
    tour: { run: () => setOpen('tour') },
    scheme: { run: () => void choose({ scheme: isDark() ? 'light' : 'dark' }) },
    language: { run: () => void choose({ language: me.language === 'de' ? 'en' : 'de' }) },
    characters: { run: () => switchCharacters(!charactersOn.get()) },
    out: { run: () => void signOut() },
    undo: { run: undoLast },
  } satisfies Offers
  useOffers(offers)

  return (
    <div className={s.desk}>
      <a className={s.skip} href="#main">
        {t('skip')}
      </a>
      <nav className={s.rail} aria-label={t('nav.places')}>
        {me.brands.length > 1 ? (
          <button className={s.brand} onClick={() => setOpen('brands')} aria-label={t('nav.brand', { name: me.brand.name })} title={t('nav.brand', { name: me.brand.name })}>
            <span className={s.mark} data-short={shortOf(me.brand.name)} />
            <span className={s.words} aria-hidden>
              {me.brand.name}
            </span>
          </button>
        ) : (
          <span className={s.mark} aria-hidden>
            h
          </span>
        )}
        <Place to="/inbox/$view" icon="inbox" words="nav.inbox" />
        {me.runs && <Channels />}
        {me.brand.rights.includes('lead') && <Place to="/health" icon="health" words="nav.health" />}
        <Place to="/settings" icon="settings" words="nav.settings" alarm={me.second_step === 'soon' ? 'nav.secondDue' : undefined} />
        <span className={s.space} />
        <Tool id="search" icon="search" words={t('nav.search')} run={offers.search.run} />
        <Tool id="palette" icon="palette" words={t('nav.palette')} short={t('nav.paletteShort')} run={offers.palette.run} />
        <Tool id="help" icon="keys" words={t('nav.keys')} run={offers.help.run} />
        <Tool id="out" icon="out" words={t('nav.out', { name: me.name })} short={t('nav.outShort')} run={offers.out.run} />
      </nav>
      <div className={s.body}>
        <Banner />
        {placed || location.pathname === '/settings' ? <Outlet /> : <Nowhere />}
      </div>
      <Suspense>
        {open === 'palette' && <Palette onClose={close} />}
        {open === 'help' && <Help onClose={close} />}
        {open === 'tour' && <Tour onClose={close} />}
        {open === 'brands' && <Brands me={me} onClose={close} />}
      </Suspense>
      <Suspense>{settled && <Tip />}</Suspense>
    </div>
  )
}

/** For somebody whom nobody has given a role in a brand yet. */
function Nowhere() {
  const { t } = useText()
  return (
    <Page title={t('brands.noneTitle')}>
      <p>{t('brands.none')}</p>
    </Page>
  )
}

function isDark(): boolean {
  return document.documentElement.dataset.mantineColorScheme === 'dark'
}

interface ToolProps {
  id: 'search' | 'palette' | 'help' | 'out'
  icon: IconName
  words: string
  /** What stands below the drawing on a phone; without it, it is not there. */
  short?: string
  run: () => void
}

/** A button in the rail. */
function Tool({ id, icon, words, short, run }: ToolProps): ReactNode {
  const { props, says } = useButton(id)
  return (
    <>
      <button {...props} className={short ? undefined : s.wide} onClick={run} aria-label={words} data-first={words} data-tour={id}>
        <Icon name={icon} />
        {short && (
          <span className={s.words} aria-hidden>
            {short}
          </span>
        )}
      </button>
      {says}
    </>
  )
}

/** The way to the channels, marked while one of them hears nobody: no other page would show that. */
function Channels() {
  const { data } = useQuery({ ...accountsQuery, enabled: useIdle() })
  const down = data?.some((a) => a.state === 'sign_in' || a.state === 'trouble')
  return <Place to="/channels" icon="channels" words="nav.channels" alarm={down ? 'nav.channelDown' : undefined} />
}

/** Whether the first screen stands: what is asked for then delays nobody. */
function useIdle(): boolean {
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    const soon = setTimeout(() => setIdle(true), 1000)
    return () => clearTimeout(soon)
  }, [])
  return idle
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
  const inInbox = useLocation({ select: (l) => /^\/(inbox|cases)\//.test(l.pathname) })
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
    <Link {...props} to={to} params={{ view: 'open' }} className={inInbox ? s.on : undefined}>
      {inner}
    </Link>
  ) : (
    <Link {...props} to={to} activeProps={{ className: s.on }}>
      {inner}
    </Link>
  )
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

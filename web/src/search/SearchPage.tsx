// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useOffers } from '../actions/offers'
import { Problem } from '../api/problem'
import { accountsQuery } from '../api/queries'
import type { SearchHit, SearchPage as Found } from '../api/types'
import { useText } from '../i18n'
import { amount, exactly, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useMe, useNetworkName } from '../shell/me'
import { lineOf, shown } from '../shell/name'
import { Trouble, Wait } from '../shell/Wait'
import { Marked } from './Marked'
import { withFilter } from './parts'
import s from './SearchPage.module.css'
import { searchQuery } from './searchQuery'

const typingRests = 200 // ms

/** How far down a question was read, and which row was opened: whoever comes back from a case is where they were. */
const places = new Map<string, { top: number; row?: string }>()

/** Everything that was ever said, by the words in it; people and cases by what they are called. */
export function SearchPage() {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const { q = '' } = useSearch({ strict: false })
  const [typed, setTyped] = useState(q)
  const [asked, setAsked] = useState(q)
  const [own, setOwn] = useState<string>()
  const field = useRef<HTMLInputElement>(null)
  const page = useRef<HTMLElement>(null)

  // The address may change by itself: back, or another search from the palette.
  if (asked !== q) {
    setAsked(q)
    if (q !== own) {
      setTyped(q)
      setOwn(undefined)
    }
  }
  useEffect(() => {
    if (typed.trim() === q) return
    const timer = setTimeout(() => ask(typed), typingRests)
    return () => clearTimeout(timer)
  })
  useEffect(() => {
    document.title = `${q ? `${q} – ` : ''}${t('search.title')} · ${me.brand.name} · hilft`
  }, [q, t, me.brand.name])
  useEffect(() => {
    if (!places.has(q)) field.current?.focus()
  }, [q])

  function ask(words: string) {
    const now = words.trim()
    setOwn(now)
    places.clear()
    void navigate({ to: '/search', search: now ? { q: now } : {}, replace: true })
  }
  function rows(): HTMLElement[] {
    return [...(page.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
  }
  function move(by: 1 | -1) {
    const all = rows()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = at < 0 ? (by > 0 ? 0 : -1) : at + by
    if (to < 0) field.current?.focus()
    else all[to]?.focus()
  }
  useOffers({
    search: { run: () => field.current?.select() },
    down: { run: () => move(1) },
    up: { run: () => move(-1) },
  })
  function onKeyDown(e: KeyboardEvent) {
    if (e.nativeEvent.isComposing) return
    if (e.key === 'ArrowDown') move(1)
    else if (e.key === 'ArrowUp') move(-1)
    else if (e.key === 'Escape') field.current?.blur()
    else if (e.key === 'Enter' && e.target === field.current) {
      if (typed.trim() !== q) ask(typed)
      else move(1)
    } else return
    e.preventDefault()
  }

  return (
    <main id="main" ref={page} tabIndex={-1} className={s.page} onKeyDown={onKeyDown}>
      <h1 className="unseen">{t('search.title')}</h1>
      <div className={s.top} role="search">
        <input
          ref={field}
          type="search"
          className={s.field}
          value={typed}
          onChange={(e) => setTyped(e.target.value)}
          aria-label={t('search.type')}
          placeholder={t('search.type')}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="search"
        />
        <Filters q={typed} onPick={(f) => setTyped(withFilter(typed, f))} />
      </div>
      {q ? <Results key={q} q={q} /> : <Hints />}
    </main>
  )
}

/** Filters as buttons: each adds what one could have typed. */
function Filters({ q, onPick }: { q: string; onPick: (filter: string) => void }) {
  const { t } = useText()
  const me = useMe()
  const accounts = useQuery(accountsQuery).data ?? []
  const networkName = useNetworkName()
  const networks = [...new Set(accounts.map((a) => networkName(a.network)))].filter((n) => !/\s/.test(n))
  const now = useNow()
  const week = new Date(now - 7 * 86_400_000).toISOString().slice(0, 10)
  const all = [
    t('search.filter.open'),
    t('search.filter.waiting'),
    t('search.filter.solved'),
    t('search.filter.week', { day: week }),
    t('search.filter.me', { name: me.name.split(' ')[0] ?? me.name }),
    ...networks.map((name) => t('search.filter.network', { name })),
  ]
  const has = q.toLowerCase().split(/\s+/)
  return (
    <div className={s.filters} role="group" aria-label={t('search.filters')}>
      {all.map((f) => (
        <button key={f} className={s.filter} aria-pressed={has.includes(f.toLowerCase())} onClick={() => onPick(f)}>
          {f}
        </button>
      ))}
    </div>
  )
}

/** What can be typed, before anything was. */
function Hints() {
  const { t } = useText()
  const hints = ['words', 'phrase', 'from', 'channel', 'state', 'dates'] as const
  return (
    <section className={s.hints}>
      <h2>{t('search.how')}</h2>
      <dl>
        {hints.map((hint) => (
          <div key={hint}>
            <dt>
              <code>{t(`search.hint.${hint}`)}</code>
            </dt>
            <dd>{t(`search.hint.${hint}Says`)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Results({ q }: { q: string }) {
  const { t, language } = useText()
  const now = useNow()
  const query = useInfiniteQuery(searchQuery(q))
  const scroller = useRef<HTMLDivElement>(null)
  const drawn = !!query.data
  useLayoutEffect(() => {
    const box = scroller.current
    if (!box) return
    const place = places.get(q)
    if (!place) return
    box.scrollTop = place.top
    if (place.row) box.querySelector<HTMLElement>(`[data-row="${CSS.escape(place.row)}"]`)?.focus({ preventScroll: true })
  }, [q, drawn])

  if (query.isPending) return <Wait lines={8} />
  const pages = query.data?.pages ?? []
  const first = pages[0]
  if (!first) {
    const refused = query.error instanceof Problem && query.error.status === 422 // asked again, it would be refused again
    return <Trouble error={query.error} {...(!refused && { again: () => void query.refetch() })} />
  }
  const hits = pages.flatMap((p) => p.messages)
  const nothing = hits.length + first.people.length + first.cases.length === 0
  return (
    <div ref={scroller} className={s.results} onScroll={(e) => places.set(q, { ...places.get(q), top: e.currentTarget.scrollTop })}>
      {first.behind > 0 && (
        <p className={s.behind} role="status">
          {first.behind < behindMost ? t('search.behind', { count: first.behind, n: amount(first.behind, language) }) : t('search.farBehind')}
        </p>
      )}
      <p role="status" className={nothing && !query.hasNextPage ? s.none : 'unseen'}>
        {nothing && !query.hasNextPage ? t('search.none') : t('search.hits', { count: hits.length })}
      </p>
      <Nearby found={first} q={q} />
      {hits.length > 0 && <h2 className={s.group}>{t('search.messages')}</h2>}
      <ul className={s.list}>
        {hits.map((h) => (
          <li key={h.message_id}>
            <HitRow hit={h} q={q} now={now} />
          </li>
        ))}
      </ul>
      {query.isError && <Trouble error={query.error} again={() => void query.fetchNextPage()} />}
      {query.hasNextPage && !query.isError && (
        <Button variant="default" className={s.more} data-row loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {hits.length === 0 ? t('search.further') : t('search.more')}
        </Button>
      )}
    </div>
  )
}

const behindMost = 10_000 // up to which the server counts

/** The people and cases that are called so. */
function Nearby({ found, q }: { found: Found; q: string }) {
  const { t } = useText()
  const networkName = useNetworkName()
  return (
    <>
      {found.people.length > 0 && (
        <section>
          <h2 className={s.group}>{t('search.people')}</h2>
          <ul className={s.list}>
            {found.people.map((p) => (
              <li key={p.id}>
                <Row id={`person.${p.id}`} to={p.case_id} q={q}>
                  <bdi className={s.name}>{shown(p.name) || t('nameless')}</bdi> {p.handle && <bdi className="soft">{lineOf(p.handle)}</bdi>}{' '}
                  <span className="soft">{networkName(p.network)}</span>
                </Row>
              </li>
            ))}
          </ul>
        </section>
      )}
      {found.cases.length > 0 && (
        <section>
          <h2 className={s.group}>{t('search.cases')}</h2>
          <ul className={s.list}>
            {found.cases.map((c) => (
              <li key={c.id}>
                <Row id={`case.${c.id}`} to={c.id} q={q}>
                  <b>#{c.number}</b> <bdi className={s.name}>{lineOf(c.title) || t('wordless')}</bdi> <span className="soft">{t(`search.state.${c.state}`)}</span>
                </Row>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

/** A row that leads to a case. */
function Row({ id, to, q, children }: { id: string; to: string; q: string; children: ReactNode }) {
  return (
    <Link to="/cases/$id" params={{ id: to }} className={s.row} data-row={id} onClick={() => places.set(q, { top: places.get(q)?.top ?? 0, row: id })}>
      {children}
    </Link>
  )
}

function HitRow({ hit, q, now }: { hit: SearchHit; q: string; now: number }) {
  const { t, language } = useText()
  const networkName = useNetworkName()
  return (
    <Row id={hit.message_id} to={hit.case_id} q={q}>
      <span className={s.head}>
        <bdi className={s.name}>{shown(hit.author, hit.person.name) || t('nameless')}</bdi>
        {hit.direction === 'note' ? (
          <span className="chip soon">{t('search.note')}</span>
        ) : (
          <span className={`chip ${hit.visibility}`}>
            <span className="unseen">{t(hit.visibility)} </span>
            {networkName(hit.network)}
          </span>
        )}
        <time className="soft" dateTime={hit.at} title={exactly(hit.at, language)}>
          {moment(hit.at, now, language)}
        </time>
      </span>
      <span className={s.snippet} dir="auto">
        {hit.snippet ? <Marked text={hit.snippet} marks={hit.marks} /> : t('wordless')}
      </span>
      <span className={`soft ${s.about}`}>
        #{hit.number} <bdi>{lineOf(hit.title)}</bdi> · {t(`search.state.${hit.state}`)}
      </span>
    </Row>
  )
}

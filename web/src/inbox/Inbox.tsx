// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { useOffers } from '../actions/offers'
import { caseQuery, inboxQuery, viewsQuery } from '../api/queries'
import type { View } from '../api/types'
import { useText, withLater } from '../i18n'
import { number } from '../i18n/format'
import { useMe } from '../shell/me'
import { shown } from '../shell/name'
import { announce } from '../shell/notices'
import { Bar } from './Bar'
import s from './Inbox.module.css'
import { List, type ListHandle } from './List'
import { isBuiltIn, isView, lookOf, nameOf } from './look'
import { allOf, toggled, upTo } from './marks'
import { prefetchCases, shorten, useNext } from './next'
import { rowsOf, step } from './order'
import type { Stuck } from './together'
import { TourOffer } from './TourOffer'
import { Views } from './Views'

const Bulk = lazy(() => withLater(import('./Bulk')))
const none: ReadonlySet<string> = new Set()
const nothing: Stuck = new Map()

/** Views on the left, who must be answered next beside them, and the case that is open. */
export function Inbox() {
  const { t, language } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const params = useParams({ strict: false })
  const search: { view?: View } = useSearch({ strict: false })
  const open = params.id
  const view = params.view && isView(params.view) ? params.view : (search.view ?? 'open')
  const query = useInfiniteQuery(inboxQuery(view))
  const rows = useMemo(() => rowsOf(query.data), [query.data])
  const { counts, saved: numbers } = query.data?.pages[0] ?? {}
  // Who has none is not asked for any.
  const { data: saved } = useQuery({ ...viewsQuery, enabled: !isBuiltIn(lookOf(view).id) || Object.keys(numbers ?? {}).length > 0 })
  const name = nameOf(view, saved, t)
  const next = useNext(view)
  const list = useRef<ListHandle>(null)
  const [cursor, setCursor] = useState<string>()
  const at = cursor ?? open
  const [marks, setMarks] = useState(none)
  const [stuck, setStuck] = useState(nothing)
  const [marking, setMarking] = useState(false)
  const from = useRef<string>(undefined)
  const marked = useMemo(() => (marks.size > 0 ? rows.filter((r) => marks.has(r.id)) : []), [rows, marks])
  const stood = useRef(-1)
  useEffect(() => {
    const place = rows.findIndex((r) => r.id === at)
    if (place >= 0) stood.current = place
  }, [rows, at])
  const shownCase = useQuery({ ...caseQuery(open ?? ''), enabled: false }).data
  const title = open && shownCase ? `#${shownCase.number} ${shown(shownCase.title, shownCase.person.name)}` : undefined

  // The cases that come next, and the code that shows them, are here before somebody asks.
  useEffect(() => {
    if (rows.length === 0) return
    const timer = setTimeout(() => {
      prefetchCases(rows, open)
      void import('../case/CasePane')
    }, 150)
    return () => clearTimeout(timer)
  }, [rows, open])

  // A view that was scrolled far down is short again the next time: nobody waits for a hundred pages.
  useEffect(() => () => shorten(view), [view])

  useEffect(() => {
    const waiting = counts ? `(${number(counts.open, language)}) ` : ''
    const place = title ?? name
    document.title = `${waiting}${place} · ${me.brand.name} · hilft`
  }, [counts, name, title, language, t, me.brand.name])

  // Marks are of one list: what is not seen any more is not acted on.
  const [markedIn, setMarkedIn] = useState(view)
  if (markedIn !== view) {
    setMarkedIn(view)
    clearMarks()
  }
  function clearMarks() {
    setMarks(none)
    setStuck(nothing)
    setMarking(false)
  }
  function mark(next: ReadonlySet<string>) {
    setMarks(next)
    setStuck(nothing)
    const count = rows.filter((r) => next.has(r.id)).length
    announce(count > 0 ? t('marks.many', { count }) : t('marks.none'))
  }
  const markOne = (id: string) => {
    from.current = id
    mark(toggled(marks, id))
  }
  const markTo = (id: string) => mark(upTo(marks, rows, from.current ?? at, id))
  useEffect(() => {
    if (marks.size === 0) return
    const onKey = (e: KeyboardEvent) => {
      const there = e.target instanceof Element ? e.target : null
      if (e.key !== 'Escape' || e.defaultPrevented || there?.closest('textarea, [contenteditable], dialog, [role=menu]')) return
      e.preventDefault()
      setMarks(none)
      setStuck(nothing)
      setMarking(false)
      announce(t('marks.none'))
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [marks, t])

  // Whoever goes on faster than the next page comes, goes on when it is there.
  const goesOn = useRef(false)
  useEffect(() => {
    if (!goesOn.current) return
    goesOn.current = false
    move(1)
  })
  function move(by: 1 | -1) {
    const row = step(rows, at, by, at ? stood.current : -1)
    if (by === 1 && row && row.id === at && query.hasNextPage) {
      void query.fetchNextPage().then(() => {
        goesOn.current = true
      })
    }
    if (!row) return undefined
    setCursor(row.id)
    list.current?.show(row.id)
    return row.id
  }
  function markOn(by: 1 | -1) {
    const begin = at
    const to = move(by)
    if (begin && !marks.has(begin)) from.current = begin
    if (to) mark(upTo(marks, rows, begin ?? to, to))
  }
  useOffers({
    mark: { run: () => at && markOne(at), cannot: at ? undefined : 'cannot.noRow' },
    markDown: { run: () => markOn(1) },
    markUp: { run: () => markOn(-1) },
    markAll: { run: () => mark(allOf(rows)) },
    unmark: { run: clearMarks, cannot: marks.size > 0 ? undefined : 'cannot.noMarks' },
    down: { run: () => move(1) },
    up: { run: () => move(-1) },
    open: {
      run: () => {
        if (at) void navigate({ to: '/cases/$id', params: { id: at }, search: { view } })
      },
    },
    next: { run: () => void next(open) },
  })

  return (
    <main id="main" tabIndex={-1} data-case-open={open ? true : undefined} className={open ? `${s.inbox} ${s.withCase}` : s.inbox}>
      {!open && <h1 className="unseen">{name}</h1>}
      <div className={s.views}>
        <Views view={view} counts={counts} saved={saved} numbers={numbers} onNext={() => void next(open)} />
      </div>
      <section className={s.list} aria-label={name} data-tour="list">
        {!me.toured && <TourOffer />}
        <Bar view={view} saved={saved} marking={marking} onMarking={() => (marking || marks.size > 0 ? clearMarks() : setMarking(true))} />
        <List
          ref={list}
          view={view}
          name={name}
          query={query}
          most={numbers?.[lookOf(view).id] ?? undefined}
          rows={rows}
          open={open}
          marks={marks}
          stuck={stuck}
          marking={marking}
          onCursor={setCursor}
          onMark={markOne}
          onMarkTo={markTo}
          onMarking={setMarking}
        />
        {/* Below the rows, so that none moves away from under the finger that marks the next. */}
        {marked.length > 0 && (
          <Suspense fallback={null}>
            <Bulk
              rows={marked}
              stuck={stuck}
              onClear={clearMarks}
              onDone={(left) => {
                setStuck(left)
                setMarks(new Set(left.keys()))
                if (left.size === 0) setMarking(false)
              }}
            />
          </Suspense>
        )}
      </section>
      <div className={s.case} key={open ?? 'none'}>
        <Outlet />
      </div>
    </main>
  )
}

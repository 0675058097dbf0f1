// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useOffers } from '../actions/offers'
import { caseQuery, inboxQuery } from '../api/queries'
import type { View } from '../api/types'
import { useText } from '../i18n'
import { number } from '../i18n/format'
import { useMe } from '../shell/me'
import { shown } from '../shell/name'
import s from './Inbox.module.css'
import { List, type ListHandle } from './List'
import { prefetchCases, shorten, useNext } from './next'
import { isView, rowsOf, step } from './order'
import { TourOffer } from './TourOffer'
import { Views } from './Views'

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
  const counts = query.data?.pages[0]?.counts
  const next = useNext(view)
  const list = useRef<ListHandle>(null)
  const [cursor, setCursor] = useState<string>()
  const at = cursor ?? open
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
    const place = title ?? t(`view.${view}`)
    document.title = `${waiting}${place} · ${me.brand.name} · hilft`
  }, [counts, view, title, language, t, me.brand.name])

  function move(by: 1 | -1) {
    const row = step(rows, at, by, at ? stood.current : -1)
    if (!row) return
    setCursor(row.id)
    list.current?.show(row.id)
  }
  useOffers({
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
      {!open && <h1 className="unseen">{t(`view.${view}`)}</h1>}
      <div className={s.views}>
        <Views view={view} counts={counts} onNext={() => void next(open)} />
      </div>
      <section className={s.list} aria-label={t(`view.${view}`)} data-tour="list">
        {!me.toured && <TourOffer />}
        <List ref={list} view={view} query={query} rows={rows} open={open} onCursor={setCursor} />
      </section>
      <div className={s.case} key={open ?? 'none'}>
        <Outlet />
      </div>
    </main>
  )
}

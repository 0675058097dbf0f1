// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, type Ref, type RefObject } from 'react'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { firstPage } from '../api/queries'
import type { CaseRow, View } from '../api/types'
import { useText } from '../i18n'
import { useNow } from '../i18n/relative'
import { useNetworkName } from '../shell/me'
import { Trouble, Wait } from '../shell/Wait'
import { Empty } from './Empty'
import s from './List.module.css'
import { shorten } from './next'
import { Row } from './Row'

export interface ListHandle {
  /** Scrolls to a row and puts the focus on it. */
  show: (id: string) => void
}

const rowHeight = 60

interface Props {
  ref: Ref<ListHandle>
  view: View
  query: Pick<UseInfiniteQueryResult, 'isPending' | 'isError' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>
  rows: CaseRow[]
  open: string | undefined
  onCursor: (id: string) => void
}

/** The rows of one view. Only what can be seen is on the page, however many there are. */
export function List({ ref, view, query, rows, open, onCursor }: Props) {
  const { t } = useText()
  const now = useNow()
  const networkName = useNetworkName()
  const scroller = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes this component
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 8,
  })

  useImperativeHandle(ref, () => ({
    show(id) {
      const at = rows.findIndex((r) => r.id === id)
      if (at < 0) return
      virtual.scrollToIndex(at)
      const focus = () => {
        const row = scroller.current?.querySelector<HTMLElement>(`[data-case="${CSS.escape(id)}"]`)
        row?.focus({ preventScroll: true })
        return row
      }
      // At once, so that an Enter typed fast opens this row; one that is not drawn yet is there after scrolling.
      if (!focus()) requestAnimationFrame(focus)
    },
  }))

  const drawn = virtual.getVirtualItems()
  const lastDrawn = drawn.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = query
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError && lastDrawn >= rows.length - 20) void fetchNextPage()
  }, [lastDrawn, rows.length, hasNextPage, isFetchingNextPage, isError, fetchNextPage])

  // Whoever is back at the top works from there: what was read further down is not asked for again with every event.
  useEffect(() => {
    if (rows.length > firstPage && lastDrawn < firstPage - 20) shorten(view)
  }, [lastDrawn, rows.length, view])

  useAnchor(scroller, rows, view)

  if (query.isPending) return <Wait lines={10} />
  if (rows.length === 0 && query.isError) return <Trouble error={query.error} again={() => void query.refetch()} />
  if (rows.length === 0) return <Empty view={view} />
  return (
    // Focusable, so that it can be scrolled by keyboard.
    <div ref={scroller} className={s.scroll} tabIndex={0} role="group" aria-label={t(`view.${view}`)}>
      <ul style={{ height: virtual.getTotalSize() }}>
        {drawn.map((item) => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <li
              key={item.key}
              aria-setsize={hasNextPage ? -1 : rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight }}
            >
              <Row row={row} view={view} open={row.id === open} now={now} networkName={networkName} onFocus={onCursor} />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/**
 * Keeps what somebody reads where it is when rows come and go above it. At the top they see what comes. Where the row goes that
 * has the focus, the one that stands there now has it.
 */
function useAnchor(scroller: RefObject<HTMLDivElement | null>, rows: CaseRow[], view: View): void {
  const before = useRef({ rows, view })
  const focused = useRef<string>(undefined)
  useLayoutEffect(() => {
    const box = scroller.current
    const was = before.current
    before.current = { rows, view }
    if (!box || was.view !== view || was.rows === rows) return
    const top = Math.floor(box.scrollTop / rowHeight)
    const now = new Map(rows.map((r, i) => [r.id, i]))
    const anchor = top > 0 ? was.rows.findIndex((r, i) => i >= top && now.has(r.id)) : -1
    const moved = (now.get(was.rows[anchor]?.id ?? '') ?? anchor) - anchor
    if (anchor >= 0 && moved !== 0) box.scrollTo({ top: box.scrollTop + moved * rowHeight })
    const had = focused.current
    if (!had || now.has(had) || (document.activeElement && document.activeElement !== document.body)) return
    const next = rows[Math.min(rows.length - 1, was.rows.findIndex((r) => r.id === had))]
    if (next) requestAnimationFrame(() => box.querySelector<HTMLElement>(`[data-case="${CSS.escape(next.id)}"]`)?.focus({ preventScroll: true }))
  }, [rows, view, scroller])
  useEffect(() => {
    const onFocus = (e: FocusEvent) => {
      focused.current = e.target instanceof Element ? (e.target.closest<HTMLElement>('[data-case]')?.dataset.case ?? undefined) : undefined
    }
    document.addEventListener('focusin', onFocus)
    return () => document.removeEventListener('focusin', onFocus)
  }, [])
}

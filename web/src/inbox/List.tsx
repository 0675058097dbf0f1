// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, type MouseEvent, type PointerEvent, type Ref, type RefObject } from 'react'
import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { firstPage } from '../api/queries'
import type { CaseRow, View } from '../api/types'
import { useNow } from '../i18n/relative'
import { useNetworkName } from '../shell/me'
import { Trouble, Wait } from '../shell/Wait'
import { Empty } from './Empty'
import { indexNear } from './order'
import type { Stuck } from './together'
import s from './List.module.css'
import { shorten } from './next'
import { Mark, Row } from './Row'

export interface ListHandle {
  /** Scrolls to a row and puts the focus on it. */
  show: (id: string) => void
}

const rowHeight = 60

interface Props {
  ref: Ref<ListHandle>
  view: View
  name: string
  query: Pick<UseInfiniteQueryResult, 'isPending' | 'isError' | 'error' | 'refetch' | 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>
  /** As many as there are, where that is known. */
  most: number | undefined
  rows: CaseRow[]
  open: string | undefined
  marks: ReadonlySet<string>
  stuck: Stuck
  /** Whether to touch a row is to mark it. */
  marking: boolean
  onCursor: (id: string) => void
  onMark: (id: string) => void
  onMarkTo: (id: string) => void
  onMarking: (on: boolean) => void
}

/** The rows of one view. Only what can be seen is on the page, however many there are. */
export function List({ ref, view, name, query, most, rows, open, marks, stuck, marking, onCursor, onMark, onMarkTo, onMarking }: Props) {
  const now = useNow()
  const networkName = useNetworkName()
  const scroller = useRef<HTMLDivElement>(null)
  // The same one as long as the rows are: else every step of scrolling would measure all of them anew.
  const keyOf = useCallback((i: number) => rows[i]?.id ?? i, [rows])
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler memoizes this component
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
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
  // Pages of a saved view may be short where there are more: whoever has all there are does not look for others.
  const all = most !== undefined && rows.length >= most
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError && !all && lastDrawn >= rows.length - 20) void fetchNextPage()
  }, [lastDrawn, rows.length, hasNextPage, isFetchingNextPage, isError, all, fetchNextPage])

  // Whoever is back at the top works from there: what was read further down is not asked for again with every event.
  useEffect(() => {
    if (rows.length > firstPage && lastDrawn < firstPage - 20) shorten(view)
  }, [lastDrawn, rows.length, view])

  useAnchor(scroller, rows, view)

  // What a finger does to a row: held long enough, it marks, and from then on a touch does.
  const held = useRef<{ timer: ReturnType<typeof setTimeout>; done: boolean }>(undefined)
  const letGo = () => clearTimeout(held.current?.timer)
  const touched = {
    onPointerDown(e: PointerEvent) {
      const id = rowAt(e.target)
      if (e.pointerType !== 'touch' || !id || marking) return
      const hold = { done: false, timer: setTimeout(() => { hold.done = true; onMarking(true); onMark(id) }, 500) }
      held.current = hold
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onPointerMove: (e: PointerEvent) => {
      if (Math.abs(e.movementX) + Math.abs(e.movementY) > 4) letGo()
    },
    onContextMenu(e: MouseEvent) {
      if (held.current?.done) e.preventDefault() // the mark is what was meant
    },
    onClickCapture(e: MouseEvent) {
      const id = rowAt(e.target)
      if (!id || e.ctrlKey || e.metaKey || e.altKey || (e.target instanceof Element && e.target.closest('label'))) return
      const kept = held.current?.done
      held.current = undefined
      if (!kept && !marking && !e.shiftKey) return
      e.preventDefault()
      e.stopPropagation()
      if (kept) return
      if (e.shiftKey) onMarkTo(id)
      else onMark(id)
    },
  }

  if (query.isPending) return <Wait lines={10} />
  if (rows.length === 0 && query.isError) return <Trouble error={query.error} again={() => void query.refetch()} />
  if (rows.length === 0 && hasNextPage && !all) return <Wait lines={10} />
  if (rows.length === 0) return <Empty view={view} />
  return (
    // Focusable, so that it can be scrolled by keyboard.
    <div ref={scroller} className={s.scroll} tabIndex={0} role="group" aria-label={name}>
      <ul style={{ height: virtual.getTotalSize() }} data-marking={marking || marks.size > 0 || undefined} {...touched}>
        {drawn.map((item) => {
          const row = rows[item.index]
          if (!row) return null
          return (
            <li
              key={item.key}
              aria-setsize={hasNextPage && !all ? -1 : rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight }}
            >
              <Row row={row} view={view} open={row.id === open} marked={marks.has(row.id)} why={stuck.get(row.id)} now={now} networkName={networkName} onFocus={onCursor} />
              <Mark row={row} on={marks.has(row.id)} shown={marking || marks.size > 0} onMark={onMark} onMarkTo={onMarkTo} />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** The case whose row this is in. */
function rowAt(target: EventTarget): string | undefined {
  return target instanceof Element ? target.closest('li')?.querySelector<HTMLElement>('[data-case]')?.dataset.case : undefined
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
    if (top > 0) {
      // The first of those that could be seen, or stood behind them, and is still there.
      for (let i = top; i < Math.min(was.rows.length, top + 100); i++) {
        const at = indexNear(rows, was.rows[i]?.id ?? '', i)
        if (at < 0) continue
        if (at !== i) box.scrollTo({ top: box.scrollTop + (at - i) * rowHeight })
        break
      }
    }
    const had = focused.current
    if (!had || (document.activeElement && document.activeElement !== document.body) || rows.some((r) => r.id === had)) return
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

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useLayoutEffect, useRef, useState } from 'react'

const near = 400

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 40
}

/** What a reader of a timeline sees of it. */
interface Reading {
  /** The key of the last entry, and whether the agent wrote it: where it goes out at once, it is never seen unsent. */
  last: string | undefined
  own: 'unsent' | 'sent' | undefined
  /** The first entry that is drawn, and how to draw more before it; undefined when all is drawn. */
  from: number
  earlier: (() => void) | undefined
  /** Draws less of what is far above whoever reads the end. */
  trim: () => void
}

/**
 * Opens a timeline at its end, but never past the beginning of what the person said last. It stays at the end while the
 * reader is there, and goes there when they write; whoever reads further up is not moved, but told that there is more
 * below. What is drawn above the reader does not move them either.
 */
export function useReading({ last, own, from, earlier, trim }: Reading) {
  const scroller = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const opened = useRef(false)
  const fromEnd = useRef(0)
  const before = useRef(own)
  const [below, setBelow] = useState(false)

  useLayoutEffect(() => {
    const box = scroller.current
    const wrote = own === 'unsent' || (own === 'sent' && before.current !== 'unsent')
    before.current = own
    if (!box) return
    if (!opened.current) {
      opened.current = true
      box.scrollTop = box.scrollHeight
      const said = box.querySelector<HTMLElement>('[data-last-word]')
      if (said) box.scrollTop = Math.min(box.scrollTop, Math.max(0, said.offsetTop - 48))
      atEnd.current = isAtEnd(box)
    } else if (atEnd.current || wrote) {
      box.scrollTop = box.scrollHeight
      atEnd.current = true
      trim()
    } else setBelow((there) => there || !own) // one’s own answer is no news
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new entry moves the reader, a new trim does not
  }, [last, own])

  useLayoutEffect(() => {
    const box = scroller.current
    if (box && fromEnd.current > 0) box.scrollTop = box.scrollHeight - fromEnd.current
    fromEnd.current = 0
  }, [from])

  useLayoutEffect(() => {
    const box = scroller.current
    if (!box) return
    const watch = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight
      else atEnd.current = isAtEnd(box)
    })
    watch.observe(box)
    if (box.firstElementChild) watch.observe(box.firstElementChild)
    return () => watch.disconnect()
  }, [])

  function more() {
    const box = scroller.current
    if (!box || !earlier) return
    fromEnd.current = box.scrollHeight - box.scrollTop
    earlier()
  }
  return {
    scroller,
    below,
    more,
    onScroll() {
      const box = scroller.current
      if (!box) return
      atEnd.current = isAtEnd(box)
      if (atEnd.current) setBelow(false)
      else if (box.scrollTop < near) more()
    },
    toEnd() {
      scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
    },
  }
}

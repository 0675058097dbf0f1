// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import s from './Tip.module.css'

const rests = 500 // how long the pointer or the keyboard has to rest on a button

/**
 * Shows what a button will do to others, before it is done: when the pointer rests on it, or the keyboard. The words are
 * those that a screen reader reads out with the button (useButton), so it hears nothing of this. Escape takes them away,
 * and they stay while the pointer is on them.
 */
export default function Tip() {
  const [at, setAt] = useState<HTMLElement>()
  const tip = useRef<HTMLDivElement>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    function rest(on: HTMLElement | null | undefined) {
      clearTimeout(timer)
      if (on) timer = setTimeout(() => setAt(on), rests)
      else setAt(undefined)
    }
    const button = (e: Event) => (e.target instanceof Element ? e.target.closest<HTMLElement>('[data-does]') : null)
    function onOver(e: PointerEvent) {
      if (e.pointerType === 'touch' || (e.target instanceof Node && tip.current?.contains(e.target))) return
      rest(button(e))
    }
    const onFocus = (e: FocusEvent) => rest(e.target instanceof Element && e.target.matches(':focus-visible') ? button(e) : undefined)
    const hide = () => rest(undefined)
    function onKey(e: KeyboardEvent) {
      if (!/^(Shift|Control|Alt|Meta|Tab)$/.test(e.key)) hide()
    }
    const listen = new AbortController()
    const { signal } = listen
    document.addEventListener('pointerover', onOver, { signal })
    document.addEventListener('focusin', onFocus, { signal })
    for (const kind of ['focusout', 'pointerdown'] as const) document.addEventListener(kind, hide, { signal })
    document.addEventListener('keydown', onKey, { signal, capture: true })
    document.addEventListener('scroll', hide, { signal, capture: true, passive: true })
    return () => {
      listen.abort()
      clearTimeout(timer)
    }
  }, [])

  useLayoutEffect(() => {
    const box = tip.current
    if (!box || !at) return
    const [b, own] = [at.getBoundingClientRect(), box.getBoundingClientRect()]
    // It touches the button, so that the pointer can go over to it; beside a rail it covers none of the others.
    const beside = b.right < 64
    const below = beside ? b.top : b.bottom + 1
    const top = below + own.height + 8 <= innerHeight ? below : (beside ? b.bottom : b.top - 1) - own.height
    box.style.top = `${Math.max(8, top)}px`
    box.style.left = `${Math.max(8, Math.min(beside ? b.right + 1 : b.left, innerWidth - own.width - 8))}px`
  }, [at])

  const words = at?.isConnected ? document.getElementById(at.getAttribute('aria-describedby') ?? '')?.textContent : undefined
  if (!at || !words || document.querySelector('dialog[open]')) return null
  const { first, does } = at.dataset
  return (
    <div ref={tip} className={s.tip} aria-hidden>
      {first && <b className={s.first}>{first}</b>}
      {does && <kbd>{does}</kbd>} {words}
    </div>
  )
}

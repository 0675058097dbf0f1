// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { bindings } from '../actions/bindings'
import { actionIDs } from '../actions/registry'
import { keyCap } from '../actions/useButton'
import { inboxQuery, queries } from '../api/queries'
import { useText } from '../i18n'
import { rowsOf } from '../inbox/order'
import { choose, useMe } from '../shell/me'
import { besides, type Box } from './place'
import s from './Tour.module.css'

/** What is shown, one after the other, and on which page it is. */
const steps = [
  { id: 'list', at: 'list', part: '[data-tour=list]' },
  { id: 'views', at: 'list', part: '[data-tour=views]' },
  { id: 'open', at: 'list', part: '[data-case]' },
  { id: 'case', at: 'case', part: '[data-tour=timeline]' },
  { id: 'person', at: 'case', part: '[data-tour=person]' },
  { id: 'reply', at: 'case', part: '[data-tour=reply]' },
  { id: 'handOver', at: 'case', part: '[data-tour=assign]' },
  { id: 'solve', at: 'case', part: '[data-tour=solve]' },
  { id: 'palette', at: 'list', part: '[data-tour=palette]' },
  { id: 'help', at: 'list', part: '[data-tour=help]' },
] as const

/**
 * Shows around on the real page, with whatever lies in the inbox. It opens a case to look at it and does nothing to it;
 * where there is none yet, it tells what would be there. Whoever ends it, wherever, has been shown around.
 */
export default function Tour({ onClose }: { onClose: () => void }) {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const dialog = useRef<HTMLDialogElement>(null)
  const card = useRef<HTMLDivElement>(null)
  const hole = useRef<HTMLDivElement>(null)
  const name = useId()
  const [n, setN] = useState(0)
  const step = steps[n] ?? steps[0]
  const last = n === steps.length - 1
  const keys = bindings(me.keys)
  const caps = Object.fromEntries(actionIDs.map((id) => [id, keyCap(keys[id] || keys.palette, t)]))

  useLayoutEffect(() => {
    const d = dialog.current
    if (d && !d.open) d.showModal()
    return () => {
      d?.close()
      if (document.activeElement === document.body) document.getElementById('main')?.focus()
    }
  }, [])

  useEffect(() => {
    const inCase = location.pathname.startsWith('/cases/')
    if (step.at === 'case' && !inCase) {
      const first = rowsOf(queries.getQueryData(inboxQuery('open').queryKey))[0]
      if (first) void navigate({ to: '/cases/$id', params: { id: first.id } })
    }
    if (step.at === 'list' && (inCase || !location.pathname.startsWith('/inbox'))) void navigate({ to: '/inbox/$view', params: { view: 'open' } })
  }, [step.at, navigate])

  // What is pointed at may come later, move and change its size.
  useEffect(() => {
    let frame = 0
    let before = ''
    function follow() {
      frame = requestAnimationFrame(follow)
      const [c, h] = [card.current, hole.current]
      if (!c || !h) return
      const part = [...document.querySelectorAll(step.part)].find((e) => e.checkVisibility({ visibilityProperty: true }))
      const box: Box | undefined = part?.getBoundingClientRect()
      const own = c.getBoundingClientRect()
      const now = [box?.left, box?.top, box?.width, box?.height, own.width, own.height, innerWidth, innerHeight].join()
      if (now === before) return
      before = now
      const { left, top } = besides(box, own, { width: innerWidth, height: innerHeight })
      Object.assign(c.style, { left: `${left}px`, top: `${top}px` })
      const b = box ?? { left: innerWidth / 2, top: innerHeight / 2, width: 0, height: 0 }
      Object.assign(h.style, { left: `${b.left}px`, top: `${b.top}px`, width: `${b.width}px`, height: `${b.height}px` })
    }
    follow()
    return () => cancelAnimationFrame(frame)
  }, [step.part])

  function end() {
    if (!me.toured) void choose({ toured: true })
    onClose()
  }
  function go(by: 1 | -1) {
    if (by > 0 && last) return end()
    setN((now) => Math.max(0, now + by))
  }
  function onKeyDown(e: KeyboardEvent) {
    if (e.key === 'ArrowRight' && !last) go(1)
    else if (e.key === 'ArrowLeft') go(-1)
    else return
    e.preventDefault()
  }

  return (
    <dialog
      ref={dialog}
      className={s.tour}
      aria-labelledby={`${name}-title`}
      aria-describedby={`${name}-text`}
      onKeyDown={onKeyDown}
      onCancel={(e) => {
        e.preventDefault()
        end()
      }}
    >
      <div ref={hole} className={s.hole} aria-hidden />
      <div ref={card} className={s.card}>
        <div aria-live="polite">
          <p className="soft">{t('tour.step', { n: n + 1, of: steps.length })}</p>
          <h2 id={`${name}-title`}>{t(`tour.${step.id}.title`)}</h2>
          <p id={`${name}-text`}>{t(`tour.${step.id}.text`, caps)}</p>
        </div>
        <div className={`acts ${s.acts}`}>
          <Button autoFocus onClick={() => go(1)}>
            {last ? t('tour.end') : t('tour.on')}
          </Button>
          {n > 0 && (
            <Button variant="default" onClick={() => go(-1)}>
              {t('tour.back')}
            </Button>
          )}
          {!last && (
            <Button variant="subtle" onClick={end}>
              {t('tour.skip')}
            </Button>
          )}
        </div>
      </div>
    </dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import { agentsQuery } from '../api/queries'
import type { Case, CaseEvent, Message } from '../api/types'
import type { Unsent } from '../composer/outbox'
import { useText } from '../i18n'
import { exactly, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { MessageView } from './MessageView'
import { timeline } from './timeline'
import s from './Timeline.module.css'
import { UnsentView } from './UnsentView'

/** Everything said in a case, over all its conversations, with what hilft did by itself. */
export function Timeline({ case: c, unsent, onTakeBack }: { case: Case; unsent: Unsent[]; onTakeBack: (key: string) => void }) {
  const { t } = useText()
  const now = useNow()
  const networkName = useNetworkName()
  const entries = useMemo(() => timeline(c.messages, c.events, unsent), [c.messages, c.events, unsent])
  const agents = useQuery({ ...agentsQuery, enabled: c.events.some((e) => e.kind === 'case.assigned') })
  const agentName = (id: string) => shown(agents.data?.find((a) => a.id === id)?.name) || t('event.somebody')
  const scroller = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const opened = useRef(false)
  const [below, setBelow] = useState(false)
  const last = entries.at(-1)?.key
  const lastWord = c.messages.findLast((m) => m.direction === 'inbound')?.id

  // Stays at the end while the reader is there; whoever reads further up is not moved, but told.
  useLayoutEffect(() => {
    const box = scroller.current
    if (!box) return
    if (!opened.current) {
      // Opened at the end, but never past the beginning of what the person said last.
      opened.current = true
      box.scrollTop = box.scrollHeight
      const said = box.querySelector<HTMLElement>('[data-last-word]')
      if (said && said.offsetTop - 48 < box.scrollTop) {
        box.scrollTop = said.offsetTop - 48
        atEnd.current = false
      }
    } else if (atEnd.current) box.scrollTop = box.scrollHeight
    else setBelow(true)
  }, [last])
  useLayoutEffect(() => {
    const box = scroller.current
    if (!box) return
    const watch = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight
    })
    watch.observe(box)
    if (box.firstElementChild) watch.observe(box.firstElementChild)
    return () => watch.disconnect()
  }, [])

  return (
    <div className={s.frame}>
      <div
        ref={scroller}
        className={s.scroll}
        tabIndex={0}
        role="group"
        aria-label={t('case.timeline')}
        onScroll={(e) => {
          const box = e.currentTarget
          atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40
          if (atEnd.current) setBelow(false)
        }}
      >
        <ol className={s.list}>
          {entries.map((e) => (
            <li key={e.key} data-last-word={e.key === lastWord || undefined} className={e.kind === 'rule' && e.moved ? s.moved : undefined}>
              {e.kind === 'rule' && <Rule message={e.message} networkName={networkName} moved={e.moved} />}
              {e.kind === 'message' && <MessageView message={e.message} caseId={c.id} now={now} />}
              {e.kind === 'event' && <Happened event={e.event} now={now} agentName={agentName} />}
              {e.kind === 'unsent' && <UnsentView unsent={e.unsent} now={now} onTakeBack={onTakeBack} />}
            </li>
          ))}
        </ol>
      </div>
      {below && (
        <button
          className={s.below}
          onClick={() => scroller.current?.scrollTo({ top: scroller.current.scrollHeight })}
        >
          {t('case.below')} ↓
        </button>
      )}
    </div>
  )
}

function Rule({ message: m, networkName, moved }: { message: Message; networkName: (id: string) => string; moved: boolean }) {
  const { t } = useText()
  return (
    <div className={`${s.rule} ${s[m.visibility]}`}>
      <span className={`chip ${m.visibility}`}>
        <span aria-hidden>{m.visibility === 'public' ? '◉' : '◆'} </span>
        {t(m.visibility)} · {networkName(m.network)}
      </span>
      <span className={s.about}>
        <bdi>{shown(m.account.name)}</bdi>
        {moved && <> · {t(m.visibility === 'private' ? 'rule.nowPrivate' : 'rule.nowPublic')}</>}
      </span>
    </div>
  )
}

function Happened({ event: e, now, agentName }: { event: CaseEvent; now: number; agentName: (id: string) => string }) {
  const { t, language } = useText()
  const who = e.agent ? shown(e.agent.name) : ''
  const to = e.data?.to ?? ''
  return (
    <p className={s.event}>
      <time dateTime={e.at} title={exactly(e.at, language)}>
        {moment(e.at, now, language)}
      </time>{' '}
      · {words()}
    </p>
  )
  function words(): string {
    switch (e.kind) {
      case 'case.opened':
        return t('event.opened')
      case 'case.reopened':
        return who ? t('event.reopenedBy', { who }) : t('event.reopened')
      case 'case.solved':
        return who ? t('event.solvedBy', { who }) : t('event.solved')
      default:
        if (!to) return who ? t('event.unassignedBy', { who }) : t('event.unassigned')
        if (e.agent?.id === to) return t('event.taken', { who })
        return who ? t('event.assignedBy', { who, to: agentName(to) }) : t('event.assigned', { to: agentName(to) })
    }
  }
}

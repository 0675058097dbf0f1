// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { agentsQuery } from '../api/queries'
import type { Case, CaseEvent, Message, Priority } from '../api/types'
import type { Unsent } from '../composer/outbox'
import { useText } from '../i18n'
import { coming, exactly, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { stoppedWriting, writing } from '../live/writing'
import { useMe, useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { useSignal } from '../shell/signal'
import { MessageView } from './MessageView'
import { begins, drawnAtOnce, drawnFrom, timeline } from './timeline'
import s from './Timeline.module.css'
import { UnsentView } from './UnsentView'
import { useReading } from './useReading'

interface Props {
  case: Case
  unsent: Unsent[]
  onTakeBack: (key: string) => void
  onReuse: ((text: string) => void) | undefined
}

/** Everything said in a case, over all its conversations, with what hilft did by itself. */
export function Timeline({ case: c, unsent, onTakeBack, onReuse }: Props) {
  const { t } = useText()
  const now = useNow()
  const networkName = useNetworkName()
  const me = useMe()
  const entries = useMemo(() => timeline(c.messages, c.events, unsent), [c.messages, c.events, unsent])
  const lastWord = c.messages.findLast((m) => m.direction === 'inbound')?.id
  // Most long cases are only looked at from their end: what is far above is drawn when somebody goes there.
  const [from, setFrom] = useState(() => begins(entries, lastWord))
  const drawn = useMemo(() => drawnFrom(entries, from), [entries, from])
  const agents = useQuery({ ...agentsQuery, enabled: c.events.some((e) => e.kind === 'case.assigned' || e.kind === 'draft.taken') })
  const agentName = (id: string) => shown(agents.data?.find((a) => a.id === id)?.name) || t('event.somebody')
  const last = entries.at(-1)
  const { scroller, below, more, onScroll, toEnd } = useReading({
    last: last?.key,
    own: last?.kind === 'unsent' ? 'unsent' : last?.kind === 'message' && last.message.agent?.id === me.id ? 'sent' : undefined,
    from,
    earlier: from > 0 ? () => setFrom(Math.max(0, from - drawnAtOnce)) : undefined,
    // It may be opened with what was known of the case before, and stay open while hundreds of words come in.
    trim: () => setFrom((old) => Math.max(old, begins(entries, lastWord))),
  })

  return (
    <div className={s.frame}>
      <div ref={scroller} className={s.scroll} data-tour="timeline" tabIndex={0} role="group" aria-label={t('case.timeline')} onScroll={onScroll}>
        <ol className={s.list}>
          {from > 0 && (
            <li>
              <button
                className={s.earlier}
                onClick={() => {
                  more()
                  scroller.current?.focus() // the button goes when all is drawn
                }}
              >
                {t('case.earlier', { count: from })}
              </button>
            </li>
          )}
          {drawn.map((e) => (
            <li key={e.key} data-last-word={e.key === lastWord || undefined} className={e.kind === 'rule' && e.moved ? s.moved : undefined}>
              {e.kind === 'rule' && <Rule message={e.message} networkName={networkName} moved={e.moved} />}
              {e.kind === 'message' && <MessageView message={e.message} caseId={c.id} now={now} onReuse={onReuse} />}
              {e.kind === 'event' && <Happened event={e.event} now={now} agentName={agentName} />}
              {e.kind === 'unsent' && <UnsentView unsent={e.unsent} now={now} onTakeBack={onTakeBack} />}
            </li>
          ))}
        </ol>
      </div>
      <Writing case={c} lastWord={lastWord} />
      {below && (
        <button className={s.below} onClick={toEnd}>
          {t('case.below')} ↓
        </button>
      )}
    </div>
  )
}

/** That the customer writes just now. It is not read aloud: what they say will be. */
function Writing({ case: c, lastWord }: { case: Case; lastWord: string | undefined }) {
  const { t } = useText()
  useEffect(() => stoppedWriting(c.id), [c.id, lastWord])
  if (!useSignal(writing).has(c.id)) return null
  return <p className={s.writing}>{t('case.writing', { name: shown(c.person.name) || t('nameless') })}</p>
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

function isPriority(p: string): p is Priority {
  return p === 'urgent' || p === 'high' || p === 'normal' || p === 'low'
}

function Happened({ event: e, now, agentName }: { event: CaseEvent; now: number; agentName: (id: string) => string }) {
  const { t, language } = useText()
  const who = e.agent ? shown(e.agent.name) : ''
  const to = e.data?.to ?? ''
  const number = e.data?.number ?? ''
  const parted = ['case.split', 'case.continued', 'case.opened'].includes(e.kind) // what went into this one leads here
  const other = parted ? (e.data?.case ?? e.data?.from) : undefined
  return (
    <p className={s.event}>
      <time dateTime={e.at} title={exactly(e.at, language)}>
        {moment(e.at, now, language)}
      </time>{' '}
      · {words()}
      {other && (
        <>
          {' '}
          <Link to="/cases/$id" params={{ id: other }}>
            {t('unsent.look')}
          </Link>
        </>
      )}
    </p>
  )
  function words(): string {
    switch (e.kind) {
      case 'case.opened':
        if (e.data?.by === 'case.split') return t('event.openedSplit', { who, number })
        if (e.data?.by === 'case.continued') return t('event.openedNext', { who, number })
        return who ? t('event.openedBy', { who }) : t('event.opened')
      case 'case.merged':
        return who ? t('event.mergedBy', { who, number }) : t('event.merged', { number })
      case 'case.took':
        return t('event.tookBy', { who, number })
      case 'case.split':
        return t('event.splitBy', { who, number })
      case 'case.continued':
        return who ? t('event.continuedBy', { who, number }) : t('event.continued')
      case 'case.reopened':
        return who ? t('event.reopenedBy', { who }) : t('event.reopened')
      case 'case.undone':
        switch (e.data?.act) {
          case 'case.solved':
            return t('event.unsolved', { who })
          case 'case.reopened':
            return t('event.unreopened', { who })
          case 'case.assigned':
            return t('event.unassignedBack', { who })
          case 'case.priority':
            return t('event.undone.priority', { who })
          case 'case.named':
            return t('event.undone.named', { who })
          case 'case.tagged':
            return t('event.undone.tagged', { who })
          case 'case.slept':
            return t('event.undone.slept', { who })
          case 'case.woken':
            return t('event.undone.woken', { who })
          case 'case.took':
          case 'case.merged':
            return t('event.undone.merged', { who, number })
          case 'case.split':
            return t('event.undone.split', { who, number })
          case 'case.continued':
            return t('event.undone.continued', { who, number })
          default:
            return t('event.takenBack', { who })
        }
      case 'draft.taken':
        return t('event.draftTaken', { who, of: agentName(e.data?.of ?? '') })
      case 'case.priority':
        return t('event.priority', { who, to: isPriority(to) ? t(`priority.${to}`) : to })
      case 'case.named':
        return to ? t('event.named', { who, to }) : t('event.unnamed', { who })
      case 'case.tagged':
        return [e.data?.added && t('event.tagged', { who, names: e.data.added }), e.data?.removed && t('event.untagged', { who, names: e.data.removed })].filter(Boolean).join(' · ')
      case 'case.slept':
        return t('event.slept', { who, when: coming(new Date(Number(e.data?.until) / 1000).toISOString(), language) })
      case 'case.woken':
        return who ? t('event.wokenBy', { who }) : t('event.woken')
      case 'case.solved':
        return who ? t('event.solvedBy', { who }) : t('event.solved')
      default:
        if (!to) return who ? t('event.unassignedBy', { who }) : t('event.unassigned')
        if (who && e.data?.note) return t('event.assignedWithNote', { who, to: agentName(to) })
        if (e.agent?.id === to) return t('event.taken', { who })
        return who ? t('event.assignedBy', { who, to: agentName(to) }) : t('event.assigned', { to: agentName(to) })
    }
  }
}

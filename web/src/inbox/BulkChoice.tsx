// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { agentsQuery, tagsQuery } from '../api/queries'
import type { CaseRow, Priority } from '../api/types'
import carry from '../case/Carry.module.css'
import { local, napsQuery } from '../case/naps'
import { useText } from '../i18n'
import { coming } from '../i18n/format'
import { useNow } from '../i18n/relative'
import choices from '../shell/Choices.module.css'
import { Dialog } from '../shell/Dialog'
import { useMe } from '../shell/me'
import { lineOf } from '../shell/name'
import { Trouble, Wait } from '../shell/Wait'
import type { Act } from './together'

/** What is to be chosen for all that is marked. */
export type Chosen = 'assign' | 'tags' | 'priority' | 'sleep'

interface Props {
  what: Chosen
  rows: readonly CaseRow[]
  onClose: () => void
  onAct: (act: Act, did: (count: number) => string) => void
}

const titles = { assign: 'assign.title', tags: 'carry.tags', priority: 'carry.priority', sleep: 'sleep.title' } as const

export default function BulkChoice(props: Props) {
  const { t } = useText()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.querySelector<HTMLElement>('[data-first]')?.focus(), []) // who opened it with a key types
  const Part = { assign: Owner, tags: Tags, priority: Urgency, sleep: Until }[props.what]
  return (
    <Dialog title={`${t(titles[props.what])} · ${t('marks.many', { count: props.rows.length })}`} onClose={props.onClose}>
      <div ref={box} className={carry.parts}>
        <Part {...props} />
        <div className={carry.foot}>
          <button type="button" onClick={props.onClose}>
            {t('close')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Owner({ onAct }: Props) {
  const { t } = useText()
  const me = useMe()
  const agents = useQuery(agentsQuery)
  const give = (id: string, name: string) =>
    onAct({ act: 'assign', agent_id: id }, (count) => (name ? t('marks.assigned', { count, name }) : t('marks.unassigned', { count })))
  const others = (agents.data ?? []).filter((a) => a.id !== me.id && a.works)
  return (
    <>
      <ul className={choices.list}>
        {[{ id: me.id, initials: me.initials, name: me.name, words: t('assign.me') }, ...others.map((a) => ({ ...a, words: a.name })), { id: '', initials: '–', name: '', words: t('row.nobody') }].map((a) => (
          <li key={a.id}>
            <button className={choices.choice} onClick={() => give(a.id, a.name)}>
              <span className={choices.initials} aria-hidden>
                {a.initials}
              </span>
              <bdi>{a.words}</bdi>
            </button>
          </li>
        ))}
      </ul>
      {agents.isPending && <Wait lines={2} />}
      {agents.isError && <Trouble error={agents.error} again={() => void agents.refetch()} />}
    </>
  )
}

const priorities: readonly Priority[] = ['urgent', 'high', 'normal', 'low']

function Urgency({ onAct }: Props) {
  const { t } = useText()
  return (
    <ul className={choices.list}>
      {priorities.map((p) => (
        <li key={p}>
          <button className={choices.choice} onClick={() => onAct({ act: 'priority', priority: p }, (count) => t('marks.prioritised', { count, priority: t(`priority.${p}`) }))}>
            {t(`priority.${p}`)}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** One tag for all, or one off all: what they have stands first. */
function Tags({ rows, onAct }: Props) {
  const { t } = useText()
  const id = useId()
  const known = useQuery(tagsQuery)
  const [name, setName] = useState('')
  const line = lineOf(name)
  const long = [...line].length > 40
  const has = new Map(rows.flatMap((r) => r.tags).map((g) => [g.id, g.name]))
  const begun = line.toLocaleLowerCase()
  const offered = (known.data?.tags ?? []).filter((g) => g.name.toLocaleLowerCase().includes(begun)).slice(0, 12)
  const add = (what: string) => onAct({ act: 'tag', add: [what] }, (count) => t('marks.tagged', { count, name: what }))
  return (
    <form
      className={`${carry.parts} ${carry.part}`}
      onSubmit={(e) => {
        e.preventDefault()
        if (line && !long) add(line)
      }}
    >
      {has.size > 0 && (
        <ul className={carry.tags} aria-label={t('marks.have')}>
          {[...has].map(([tag, called]) => (
            <li key={tag}>
              <button
                type="button"
                aria-label={t('carry.takeOff', { name: lineOf(called) })}
                onClick={() => onAct({ act: 'tag', remove: [tag] }, (count) => t('marks.untagged', { count, name: lineOf(called) }))}
              >
                <bdi>{lineOf(called)}</bdi> <span aria-hidden>×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <label htmlFor={id}>{t('carry.tags')}</label>
      <div className={carry.line}>
        <input
          id={id}
          dir="auto"
          value={name}
          data-first
          autoComplete="off"
          aria-invalid={long || undefined}
          aria-describedby={`${id}-help`}
          onChange={(e) => setName(e.target.value)}
        />
        <button type="submit" disabled={!line || long}>
          {t('carry.add')}
        </button>
      </div>
      <small id={`${id}-help`} className={long ? 'wrong' : 'soft'} role={long ? 'alert' : undefined}>
        {long ? t('error.tag.long') : t(known.data?.closed ? 'carry.tagsClosed' : 'carry.tagsHelp')}
      </small>
      {offered.length > 0 && (
        <ul className={carry.tags} aria-label={t('carry.offered')}>
          {offered.map((g) => (
            <li key={g.id}>
              <button type="button" onClick={() => add(g.name)}>
                <span aria-hidden>+ </span>
                <bdi>{lineOf(g.name)}</bdi>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

/** The moments are those of the first case that is marked: all are of one brand. */
function Until({ rows, onAct }: Props) {
  const { t, language } = useText()
  const id = useId()
  const now = useNow()
  const naps = useQuery(napsQuery(rows[0]?.id ?? ''))
  const [own, setOwn] = useState('')
  const list = useRef<HTMLUListElement>(null)
  const at = own ? new Date(own) : undefined
  const over = at !== undefined && !(at.getTime() > now + 60_000)
  const until = (when: string) => onAct({ act: 'sleep', until: when }, (count) => t('marks.asleep', { count, when: coming(when, language) }))
  useEffect(() => {
    if (naps.data) list.current?.querySelector('button')?.focus()
  }, [naps.data])
  return (
    <div className={carry.parts}>
      {naps.isPending && <Wait lines={4} />}
      {naps.isError && <Trouble error={naps.error} again={() => void naps.refetch()} />}
      <ul className={choices.list} ref={list}>
        {naps.data?.map((n) => (
          <li key={n.name}>
            <button className={choices.choice} onClick={() => until(n.at)}>
              <span>{t(`sleep.${n.name}`)}</span>
              <span className="soft">{coming(n.at, language)}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        className={carry.part}
        onSubmit={(e) => {
          e.preventDefault()
          if (at && !over) until(at.toISOString())
        }}
      >
        <label htmlFor={id}>{t('sleep.own')}</label>
        <div className={carry.line}>
          <input id={id} type="datetime-local" value={own} min={local(new Date(now))} required aria-invalid={over || undefined} aria-describedby={`${id}-help`} onChange={(e) => setOwn(e.target.value)} />
          <button type="submit">{t('case.sleep')}</button>
        </div>
        <small id={`${id}-help`} className={over ? 'wrong' : 'soft'} role={over ? 'alert' : undefined}>
          {over ? t('error.sleep.when') : t('marks.asleepHelp')}
        </small>
      </form>
    </div>
  )
}

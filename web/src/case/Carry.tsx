// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, type FormEvent } from 'react'
import { tagsQuery } from '../api/queries'
import type { Case, Priority } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { lineOf } from '../shell/name'
import { prioritise, rename, tag } from './acts'
import s from './Carry.module.css'

const priorities: readonly Priority[] = ['urgent', 'high', 'normal', 'low']

/** What one can begin with. */
export type Carried = 'title' | 'priority' | 'tags'

interface Props {
  case: Case
  first: Carried
  onClose: () => void
  onSleep: () => void
}

/** What people here say about a case: what it is called, how urgent it is, what it belongs to. */
export default function Carry({ case: c, first, onClose, onSleep }: Props) {
  const { t } = useText()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const at = box.current?.querySelector<HTMLElement>(`[data-first=${first}]`)
    at?.focus()
    if (at instanceof HTMLInputElement) at.select()
  }, [first])
  return (
    <Dialog title={t('carry.title')} onClose={onClose}>
      <div ref={box} className={s.parts}>
        <Tags case={c} />
        <fieldset className={s.priorities}>
          <legend>{t('carry.priority')}</legend>
          {priorities.map((p) => (
            <button
              key={p}
              type="button"
              aria-pressed={c.priority === p}
              data-first={c.priority === p ? 'priority' : undefined}
              onClick={() => {
                onClose()
                if (p !== c.priority) void prioritise(c, p)
              }}
            >
              {t(`priority.${p}`)}
            </button>
          ))}
          <small className="soft">{t('carry.priorityHelp')}</small>
        </fieldset>
        <Title case={c} onClose={onClose} />
        <div className={s.foot}>
          {c.state !== 'solved' && (
            <button type="button" onClick={onSleep}>
              {t('case.sleep')} …
            </button>
          )}
          <button type="button" onClick={onClose}>
            {t('close')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Title({ case: c, onClose }: { case: Case; onClose: () => void }) {
  const { t } = useText()
  const id = useId()
  const [title, setTitle] = useState(c.title)
  const long = [...lineOf(title)].length > 80
  function save(e: FormEvent) {
    e.preventDefault()
    if (long) return
    onClose()
    if (lineOf(title) !== c.title) void rename(c, lineOf(title))
  }
  return (
    <form onSubmit={save} className={s.part}>
      <label htmlFor={id}>{t('carry.name')}</label>
      <div className={s.line}>
        <input id={id} data-first="title" dir="auto" value={title} aria-invalid={long || undefined} aria-describedby={`${id}-help`} onChange={(e) => setTitle(e.target.value)} />
        <button type="submit">{t('save')}</button>
      </div>
      <small id={`${id}-help`} className={long ? 'wrong' : 'soft'} role={long ? 'alert' : undefined}>
        {long ? t('error.case.title.long') : t('carry.nameHelp')}
      </small>
    </form>
  )
}

/** Tags are taken off with a click and given by typing; what begins alike is offered. */
function Tags({ case: c }: { case: Case }) {
  const { t } = useText()
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const known = useQuery(tagsQuery)
  const [name, setName] = useState('')
  const line = lineOf(name)
  const long = [...line].length > 40
  const has = new Set(c.tags.map((g) => g.id))
  const begun = line.toLocaleLowerCase()
  const others = (known.data?.tags ?? []).filter((g) => !has.has(g.id))
  const offered = others.filter((g) => g.name.toLocaleLowerCase().includes(begun)).slice(0, 8)
  const add = (what: string) => {
    setName('')
    field.current?.focus()
    void tag(c, [what], [])
  }
  return (
    <form
      className={s.part}
      onSubmit={(e) => {
        e.preventDefault()
        if (line && !long) add(line)
      }}
    >
      <label htmlFor={id}>{t('carry.tags')}</label>
      {c.tags.length > 0 && (
        <ul className={s.tags}>
          {c.tags.map((g) => (
            <li key={g.id || g.name}>
              <button type="button" disabled={!g.id} onClick={() => void tag(c, [], [g.id])} aria-label={t('carry.takeOff', { name: lineOf(g.name) })}>
                <bdi>{lineOf(g.name)}</bdi> <span aria-hidden>×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={s.line}>
        <input
          id={id}
          ref={field}
          data-first="tags"
          dir="auto"
          value={name}
          autoComplete="off"
          aria-invalid={long || undefined}
          aria-describedby={`${id}-help`}
          onChange={(e) => setName(e.target.value)}
        />
        <button type="submit" disabled={!line || long}>
          {t('carry.add')}
        </button>
      </div>
      <small id={`${id}-help`} className={long || known.isError ? 'wrong' : 'soft'} role={long ? 'alert' : undefined}>
        {long ? t('error.tag.long') : known.isError ? wordsFor(known.error) : t(known.data?.closed ? 'carry.tagsClosed' : 'carry.tagsHelp')}
      </small>
      {offered.length > 0 && (
        <ul className={s.tags} aria-label={t('carry.offered')}>
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

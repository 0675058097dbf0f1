// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useId, useState, type FormEvent } from 'react'
import type { Case, Message } from '../api/types'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { Dialog } from '../shell/Dialog'
import { useNetworkName } from '../shell/me'
import { lineOf, shown } from '../shell/name'
import { split } from './acts'
import carry from './Carry.module.css'
import s from './Parts.module.css'
import { splittable } from './splittable'

/** Which messages become a case of their own, conversation by conversation, and what it is called. */
export default function Split({ case: c, onClose, onSplit }: { case: Case; onClose: () => void; onSplit: (id: string) => void }) {
  const { t } = useText()
  const id = useId()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [title, setTitle] = useState('')
  const long = [...lineOf(title)].length > 80
  const talks = [...new Set(c.messages.map((m) => m.conversation_id))]
  const cannot = splittable(c.messages, chosen)

  function mark(ids: string[], on: boolean) {
    const next = new Set(chosen)
    for (const m of ids) {
      if (on) next.add(m)
      else next.delete(m)
    }
    setChosen(next)
  }
  function go(e: FormEvent) {
    e.preventDefault()
    if (cannot || long) return
    onClose()
    void split(c, [...chosen], lineOf(title), onSplit)
  }
  return (
    <Dialog title={t('split.title')} onClose={onClose}>
      <form className={carry.parts} onSubmit={go}>
        <div className={s.scroll}>
          {talks.map((talk) => (
            <Talk key={talk} messages={c.messages.filter((m) => m.conversation_id === talk)} chosen={chosen} onMark={mark} />
          ))}
        </div>
        <div className={carry.part}>
          <label htmlFor={id}>{t('split.name')}</label>
          <div className={carry.line}>
            <input id={id} dir="auto" value={title} aria-invalid={long || undefined} aria-describedby={`${id}-help`} onChange={(e) => setTitle(e.target.value)} />
          </div>
          <small id={`${id}-help`} className={long ? 'wrong' : 'soft'} role={long ? 'alert' : undefined}>
            {long ? t('error.case.title.long') : t('split.nameHelp')}
          </small>
        </div>
        <p className="soft" role="status">
          {chosen.size > 0 && cannot ? t(cannot) : t('split.says')}
        </p>
        <div className={s.foot}>
          <button type="button" onClick={onClose}>
            {t('close')}
          </button>
          <button type="submit" className={s.go} disabled={!!cannot || long}>
            {chosen.size > 0 ? t('split.go', { count: chosen.size }) : t('act.split')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Talk({ messages, chosen, onMark }: { messages: Message[]; chosen: ReadonlySet<string>; onMark: (ids: string[], on: boolean) => void }) {
  const { t, language } = useText()
  const now = useNow()
  const networkName = useNetworkName()
  const first = messages[0]
  if (!first) return null
  const note = first.direction === 'note'
  const ids = messages.map((m) => m.id)
  const where = note ? t('note') : `${t(first.visibility)} · ${networkName(first.network)}`
  return (
    <fieldset className={s.talk}>
      <legend>{where}</legend>
      {messages.length > 1 && !note && (
        <label className={s.pick}>
          <input type="checkbox" checked={ids.every((m) => chosen.has(m))} onChange={(e) => onMark(ids, e.target.checked)} />
          <b>{t('split.whole')}</b>
        </label>
      )}
      {messages.map((m) => (
        <label key={m.id} className={s.pick}>
          <input type="checkbox" checked={chosen.has(m.id)} onChange={(e) => onMark([m.id], e.target.checked)} />
          <span className={s.words}>
            <bdi className={s.line}>{lineOf(m.subject || m.body) || t('wordless')}</bdi>
            <small className="soft">
              <bdi>{m.agent ? shown(m.agent.name) : shown(m.author?.name, m.author?.handle) || t('nameless')}</bdi> · {moment(m.at, now, language)}
            </small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

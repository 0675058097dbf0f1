// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { agentsQuery } from '../api/queries'
import type { Agent, Case, Me } from '../api/types'
import { keptDraft, putDraft } from '../composer/draft'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import s from '../shell/Choices.module.css'
import { Trouble, Wait } from '../shell/Wait'
import { handOver } from './acts'

/**
 * Who is to have the case, and what they must know. Oneself stands first: twice a key is the common way. The note is the one that was
 * begun in the case, if one was, and stays that when nobody is chosen.
 */
export function Assign({ case: c, me, onClose }: { case: Case; me: Me; onClose: () => void }) {
  const { t } = useText()
  const agents = useQuery(agentsQuery)
  const others = (agents.data ?? []).filter((a) => a.id !== me.id && a.works)

  const id = useId()
  const [note, setNote] = useState(() => keptDraft(me.id, c.id).note)

  function write(text: string) {
    setNote(text)
    putDraft(me.id, c.id, { ...keptDraft(me.id, c.id), note: text })
  }
  function give(to: Agent | null) {
    onClose()
    const text = note.trim()
    if (to?.id === c.agent?.id) return
    if (to && text && to.id !== me.id) {
      putDraft(me.id, c.id, { ...keptDraft(me.id, c.id), note: '' })
      void handOver(c, to, text, me.id)
    } else void handOver(c, to, '', me.id)
  }
  return (
    <Dialog title={t('assign.title')} onClose={onClose}>
      <ul className={s.list}>
        <Choice agent={me} words={t('assign.me')} has={c.agent?.id === me.id} onClick={() => give({ id: me.id, name: me.name, initials: me.initials })} />
        {others.map((a) => (
          <Choice key={a.id} agent={a} words={a.name} has={c.agent?.id === a.id} onClick={() => give({ id: a.id, name: a.name, initials: a.initials })} />
        ))}
        <Choice agent={null} words={t('row.nobody')} has={c.agent === null} onClick={() => give(null)} />
      </ul>
      {agents.isPending && <Wait lines={2} />}
      {others.length > 0 && (
        <div className={s.with}>
          <label htmlFor={id}>{t('assign.note')}</label>
          <textarea id={id} rows={2} dir="auto" value={note} aria-describedby={`${id}-help`} onChange={(e) => write(e.target.value)} />
          <small id={`${id}-help`} className="soft">
            {t('assign.noteHelp')}
          </small>
        </div>
      )}
      {agents.isError && <Trouble error={agents.error} again={() => void agents.refetch()} />}
    </Dialog>
  )
}

function Choice({ agent, words, has, onClick }: { agent: Pick<Agent, 'initials'> | null; words: string; has: boolean; onClick: () => void }) {
  const { t } = useText()
  return (
    <li>
      <button onClick={onClick} className={s.choice} aria-current={has || undefined}>
        <span className={s.initials} aria-hidden>
          {agent?.initials ?? '–'}
        </span>
        <bdi>{words}</bdi>
        {has && <span className="soft">{t('assign.now')}</span>}
      </button>
    </li>
  )
}

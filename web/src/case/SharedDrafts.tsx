// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useState } from 'react'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Case, SharedDraft } from '../api/types'
import { wordsFor } from '../api/words'
import { adopt, keepNow } from '../composer/keeping'
import { keptOf } from '../composer/startKeeping'
import { useText } from '../i18n'
import { useWriters } from '../presence/Beside'
import { tell, warn } from '../shell/notices'
import { shown } from '../shell/name'
import { askAgain } from './acts'
import { Words } from './MessageView'
import s from './SharedDrafts.module.css'

interface Props {
  case: Case
  me: string
  may: { note: boolean; work: boolean }
  /** One's own draft is another one now: it is shown where it is written. */
  onTaken: () => void
}

/** What colleagues have begun to write in a case: to be read, and gone on with. */
export function SharedDrafts({ case: c, me, may, onTaken }: Props) {
  const { t } = useText()
  const [taking, setTaking] = useState(false)
  const writers = useWriters(c.id)
  const writes = (d: SharedDraft) => writers.some((w) => w.agent.id === d.agent?.id)
  const theirs = c.drafts.filter((d) => d.agent && d.agent.id !== me)
  if (theirs.length === 0) return null

  async function takeOver(d: SharedDraft) {
    setTaking(true)
    try {
      await keepNow(c.id) // what is written here belongs to it
      const mine = await take(
        client.POST('/api/cases/{id}/drafts/{way}/take', { params: { path: { id: c.id, way: d.way } }, body: { agent_id: d.agent?.id ?? '', version: d.version }, headers: once() }),
      )
      queries.setQueryData<Case>(['case', c.id], (old) => old && { ...old, drafts: [...old.drafts.filter((o) => o !== d && (o.way !== d.way || o.agent?.id !== me)), mine] })
      adopt(c.id, keptOf(mine), true)
      onTaken()
      const lost = d.files.filter((f) => !mine.files.some((o) => o.name === f.name)).length
      tell(lost > 0 ? t('draft.takenWithout', { count: lost }) : t('draft.taken'))
    } catch (e) {
      warn(wordsFor(e))
      askAgain(c.id)
    } finally {
      setTaking(false)
    }
  }

  return (
    <div className={s.drafts}>
      {theirs.map((d) => {
        const name = shown(d.agent?.name)
        return (
          <details key={`${d.agent?.id}/${d.way}`} className={d.way === 'note' ? s.note : s.reply}>
            <summary>{writes(d) ? t(d.way === 'note' ? 'draft.noteOf' : 'draft.replyOf', { name }) : t(d.way === 'note' ? 'draft.noteBy' : 'draft.replyBy', { name })}</summary>
            <div className={s.text}>
              {d.subject && (
                <p dir="auto">
                  <b>{d.subject}</b>
                </p>
              )}
              <Words text={d.text} empty={t('wordless')} />
              {d.files.length > 0 && (
                <ul>
                  {d.files.map((f, i) => (
                    <li key={i}>
                      <bdi>{f.name}</bdi>
                    </li>
                  ))}
                </ul>
              )}
            </div>
            {(d.way === 'note' ? may.note : may.work) && (
              <button disabled={taking} onClick={() => void takeOver(d)} title={t('draft.takeDoes', { name })}>
                {t('draft.take')}
              </button>
            )}
          </details>
        )
      })}
    </div>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { tagsQuery } from '../api/queries'
import carry from '../case/Carry.module.css'
import { useText } from '../i18n'
import choices from '../shell/Choices.module.css'
import { Dialog } from '../shell/Dialog'
import { lineOf } from '../shell/name'
import { Trouble, Wait } from '../shell/Wait'
import { narrows, type Look } from './look'

/** What a list is narrowed to: a tag, a priority. */
export default function Narrow({ look, onClose, onLook }: { look: Look; onClose: () => void; onLook: (look: Look) => void }) {
  const { t } = useText()
  const id = useId()
  const known = useQuery(tagsQuery)
  const [typed, setTyped] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), []) // who opened it with a key types
  const begun = lineOf(typed).toLocaleLowerCase()
  const tags = (known.data?.tags ?? []).filter((g) => g.name.toLocaleLowerCase().includes(begun)).slice(0, 30)
  const go = (change: Partial<Look>) => {
    onClose()
    onLook({ ...look, ...change })
  }
  return (
    <Dialog title={t('narrow.title')} onClose={onClose}>
      <form
        className={carry.parts}
        onSubmit={(e) => {
          e.preventDefault()
          if (begun && tags[0]) go({ tag: tags[0].id })
        }}
      >
        <fieldset className={carry.priorities}>
          <legend>{t('carry.priority')}</legend>
          {(['', ...narrows] as const).map((p) => (
            <button key={p} type="button" aria-pressed={look.priority === p} onClick={() => go({ priority: p })}>
              {p ? t(`priority.${p}`) : t('narrow.any')}
            </button>
          ))}
        </fieldset>
        <div className={carry.part}>
          <label htmlFor={id}>{t('narrow.tag')}</label>
          <div className={carry.line}>
            <input id={id} ref={field} dir="auto" value={typed} autoComplete="off" onChange={(e) => setTyped(e.target.value)} />
          </div>
          {known.isPending && <Wait lines={2} />}
          {known.isError && <Trouble error={known.error} again={() => void known.refetch()} />}
          <ul className={choices.list}>
            {look.tag && (
              <li>
                <button type="button" className={choices.choice} onClick={() => go({ tag: '' })}>
                  {t('narrow.anyTag')}
                </button>
              </li>
            )}
            {tags.map((g) => (
              <li key={g.id}>
                <button type="button" className={choices.choice} aria-current={g.id === look.tag || undefined} onClick={() => go({ tag: g.id })}>
                  <bdi>{lineOf(g.name)}</bdi>
                </button>
              </li>
            ))}
          </ul>
          {known.data && tags.length === 0 && <p className="soft">{t(begun ? 'narrow.noSuchTag' : 'narrow.noTags')}</p>}
        </div>
        <div className={carry.foot}>
          <button type="button" onClick={onClose}>
            {t('close')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

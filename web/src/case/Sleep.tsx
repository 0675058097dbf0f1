// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState } from 'react'
import type { Case } from '../api/types'
import { useText } from '../i18n'
import { coming } from '../i18n/format'
import { timeLeft, useNow } from '../i18n/relative'
import choices from '../shell/Choices.module.css'
import { Dialog } from '../shell/Dialog'
import { Trouble, Wait } from '../shell/Wait'
import { sleep, wake } from './acts'
import s from './Carry.module.css'
import { local, napsQuery } from './naps'

interface Props {
  case: Case
  onClose: () => void
  onAsleep: () => void
  onOpen: () => void
  /** Takes the moment instead: something goes with it. */
  onChosen?: ((until: string) => void) | undefined
}

/** Until when a case is put aside: common moments, and one of one's own. */
export default function Sleep({ case: c, onClose, onAsleep, onOpen, onChosen }: Props) {
  const { t, language } = useText()
  const id = useId()
  const now = useNow()
  const naps = useQuery(napsQuery(c.id))
  const [own, setOwn] = useState('')
  const at = own ? new Date(own) : undefined
  const over = at !== undefined && !(at.getTime() > now + 60_000)
  function until(when: string) {
    onClose()
    if (onChosen) {
      onChosen(when)
      return
    }
    onAsleep()
    void sleep(c, when, onOpen)
  }
  // The moments come a moment later than the dialog; who opened it with a key chooses with Enter.
  useEffect(() => {
    if (naps.data) document.querySelector<HTMLElement>('[data-nap]')?.focus()
  }, [naps.data])
  return (
    <Dialog title={t(onChosen ? 'sleep.send' : 'sleep.title')} onClose={onClose}>
      <div className={s.parts}>
        {c.due_at && !onChosen && (
          <p className="soft">
            {Date.parse(c.due_at) < now
              ? t('sleep.dueSince', { time: timeLeft(c.due_at, now, t).replace('−', '') })
              : t('sleep.due', { when: coming(c.due_at, language) })}
          </p>
        )}
        {naps.isPending && <Wait lines={4} />}
        {naps.isError && <Trouble error={naps.error} again={() => void naps.refetch()} />}
        <ul className={choices.list}>
          {naps.data?.map((n) => (
            <li key={n.name}>
              <button className={choices.choice} data-nap={n.name} onClick={() => until(n.at)}>
                <span>{t(`sleep.${n.name}`)}</span>
                <span className="soft">{coming(n.at, language)}</span>
              </button>
            </li>
          ))}
          {c.state === 'asleep' && !onChosen && (
            <li>
              <button
                className={choices.choice}
                onClick={() => {
                  onClose()
                  void wake(c)
                }}
              >
                {t('sleep.wake')}
              </button>
            </li>
          )}
        </ul>
        <form
          className={s.part}
          onSubmit={(e) => {
            e.preventDefault()
            if (at && !over) until(at.toISOString())
          }}
        >
          <label htmlFor={id}>{t('sleep.own')}</label>
          <div className={s.line}>
            <input id={id} type="datetime-local" value={own} min={local(new Date(now))} required aria-invalid={over || undefined} aria-describedby={`${id}-help`} onChange={(e) => setOwn(e.target.value)} />
            <button type="submit">{t('case.sleep')}</button>
          </div>
          <small id={`${id}-help`} className={over ? 'wrong' : 'soft'} role={over ? 'alert' : undefined}>
            {over ? t('error.sleep.when') : t('sleep.help')}
          </small>
        </form>
      </div>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useId, useState, type FormEvent } from 'react'
import type { Case } from '../api/types'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { lineOf, shown } from '../shell/name'
import { goOn } from './acts'
import carry from './Carry.module.css'
import s from './Parts.module.css'

/** A case that is opened by hand and continues another. */
export default function Continue({ case: c, onClose, onOpened }: { case: Case; onClose: () => void; onOpened: (id: string) => void }) {
  const { t } = useText()
  const id = useId()
  const [title, setTitle] = useState(c.title)
  const long = [...lineOf(title)].length > 80
  function go(e: FormEvent) {
    e.preventDefault()
    if (long) return
    onClose()
    void goOn(c, lineOf(title), onOpened)
  }
  const moves = c.state === 'solved' && c.ways.some((w) => w.visibility === 'private' && !w.starts)
  return (
    <Dialog title={t('continue.title')} onClose={onClose}>
      <form className={carry.parts} onSubmit={go}>
        <p>
          {t('continue.says', { name: shown(c.person.name) || t('nameless'), number: c.number })}
          {moves && ` ${t('continue.moves', { number: c.number })}`}
        </p>
        <div className={carry.part}>
          <label htmlFor={id}>{t('continue.name')}</label>
          <div className={carry.line}>
            <input id={id} dir="auto" value={title} aria-invalid={long || undefined} aria-describedby={`${id}-help`} onChange={(e) => setTitle(e.target.value)} onFocus={(e) => e.target.select()} />
          </div>
          <small id={`${id}-help`} className="wrong" role={long ? 'alert' : undefined}>
            {long && t('error.case.title.long')}
          </small>
        </div>
        <div className={s.foot}>
          <button type="button" onClick={onClose}>
            {t('close')}
          </button>
          <button type="submit" className={s.go} disabled={long}>
            {t('continue.go')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

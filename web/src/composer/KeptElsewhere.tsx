// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect } from 'react'
import type { Case } from '../api/types'
import { Words } from '../case/MessageView'
import { useText } from '../i18n'
import { useSignal } from '../shell/signal'
import s from './Composer.module.css'
import { choose, heard, keepNow, keyOf, onlyHere, others, type Way } from './keeping'

/** Follows what the server says of one's own drafts in a case. Tells whether what is written is in this browser alone. */
export function useKeeping(c: Pick<Case, 'id' | 'drafts'>, me: string): boolean {
  useEffect(() => heard(c.id, c.drafts.filter((d) => d.agent?.id === me)), [c.id, c.drafts, me])
  useEffect(() => () => void keepNow(c.id), [c.id]) // whoever leaves the case does not wait
  return useSignal(onlyHere).has(c.id)
}

/** Another version of the draft, from another page or device: nothing is overwritten, the agent chooses. */
export function KeptElsewhere({ caseId, way }: { caseId: string; way: Way }) {
  const { t } = useText()
  const other = useSignal(others).get(keyOf(caseId, way))
  if (!other) return null
  return (
    <div className={s.elsewhere} role="status">
      <b>{t('draft.elsewhere')}</b>
      <div className={s.otherText} tabIndex={0} role="group" aria-label={t('draft.elsewhereText')}>
        <Words text={other.text} empty={t('wordless')} />
      </div>
      <button onClick={() => choose(caseId, way, true)}>{t('draft.takeOther')}</button>
      <button onClick={() => choose(caseId, way, false)}>{t('draft.keepMine')}</button>
    </div>
  )
}

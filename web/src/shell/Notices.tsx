// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useText } from '../i18n'
import { Icon } from './Icon'
import { dismiss, notices, spoken, type Notice } from './notices'
import s from './Notices.module.css'
import { useSignal } from './signal'

/** What was done and what went wrong, in a corner and aloud. The regions are always there: one that appears is not read. */
export function Notices() {
  const { t } = useText()
  const all = useSignal(notices)
  const words = useSignal(spoken)
  return (
    <div className={s.corner}>
      <div className="unseen" role="status">
        {words}
      </div>
      <div role="status" aria-label={t('notices')}>
        {all.filter((n) => n.tone === 'done').map((n) => <One key={n.id} notice={n} />)}
      </div>
      <div role="alert" aria-label={t('errors')}>
        {all.filter((n) => n.tone === 'bad').map((n) => <One key={n.id} notice={n} />)}
      </div>
    </div>
  )
}

function One({ notice }: { notice: Notice }) {
  const { t } = useText()
  return (
    <div className={notice.tone === 'bad' ? s.bad : s.done}>
      <span dir="auto">{notice.text}</span>
      {notice.act && (
        <button
          onClick={() => {
            dismiss(notice.id)
            notice.act?.run()
          }}
        >
          {notice.act.label}
        </button>
      )}
      <button aria-label={t('dismiss')} onClick={() => dismiss(notice.id)}>
        <Icon name="close" size={16} />
      </button>
    </div>
  )
}

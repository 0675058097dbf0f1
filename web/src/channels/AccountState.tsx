// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Account } from '../api/types'
import { say, useText } from '../i18n'
import { exactly } from '../i18n/format'
import { timeSince, useNow } from '../i18n/relative'

const looks = { ok: 'good', starting: '', trouble: 'soon', sign_in: 'bad', paused: '' } as const

/** How an account's line is doing. */
export function StateChip({ account: a }: { account: Account }) {
  const { t } = useText()
  return <span className={`chip ${looks[a.state]}`}>{t(`account.${a.state}`)}</span>
}

/** Why it is so, where there is something to say. */
export function whyOf(a: Account): string {
  return a.reason ? say('reason', a.reason, a.reason) : ''
}

/** "3 min ago", or "never". */
export function Ago({ at }: { at: string | null }) {
  const { t, language } = useText()
  const now = useNow()
  if (!at) return <span className="soft">{t('never')}</span>
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {now - Date.parse(at) < 60_000 ? t('ago.now') : t('ago', { time: timeSince(at, now, t) })}
    </time>
  )
}

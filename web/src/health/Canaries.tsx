// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Health } from '../api/types'
import { Ago } from '../channels/AccountState'
import { useText } from '../i18n'
import { number } from '../i18n/format'
import { shown } from '../shell/name'
import s from './HealthPage.module.css'
import { Table } from './Table'

/** Messages that accounts send to themselves, to see that the whole way works. */
export function Canaries({ items }: { items: Health['canaries'] }) {
  const { t, language } = useText()
  if (items.length === 0) return null
  return (
    <>
      <h2>{t('canary.title')}</h2>
      <Table
        head={[t('health.account'), t('health.state'), t('canary.sent'), t('canary.back'), t('canary.took')]}
        empty=""
        rows={items.map((c) => ({
          key: c.account.id,
          cells: [
            <bdi key="a">{shown(c.account.name)}</bdi>,
            <span key="s">
              <span className={`chip ${c.missing || c.error ? 'soon' : c.heard_at ? 'good' : ''}`}>
                {c.error ? t('canary.failed') : c.missing ? t('canary.missing') : c.heard_at ? t('canary.well') : t('canary.waits')}
              </span>{' '}
              {c.error && <small className={s.why}>{c.error}</small>}
            </span>,
            <Ago key="o" at={c.sent_at} />,
            <Ago key="h" at={c.heard_at} />,
            c.heard_at ? `${number(Math.round(c.took_ms / 100) / 10, language)} s` : '–',
          ],
        }))}
      />
    </>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Health } from '../api/types'
import { Ago } from '../channels/AccountState'
import { useText } from '../i18n'
import { number } from '../i18n/format'
import { shown } from '../shell/name'
import s from './HealthPage.module.css'
import { Table } from './Table'
import { workName } from './work'

type Alert = Health['alerts'][number]

const named = (a: Alert) => (a.condition === 'dead' || a.condition === 'lag' ? workName(a.name) : shown(a.name))

/** What needs a person now, with what to do about it, and what lately did. */
export function Alerts({ items }: { items: Health['alerts'] }) {
  const { t, language } = useText()
  const open = items.filter((a) => !a.resolved_at)
  const over = items.filter((a) => a.resolved_at)
  return (
    <>
      {open.length > 0 && (
        <>
          <h2>{t('health.alerts')}</h2>
          <ul className={s.alerts}>
            {open.map((a) => (
              <li key={a.id}>
                <b>{t(`alert.${a.condition}`)}</b>
                {a.count > 0 && <span className="chip bad">{number(a.count, language)}</span>}
                {a.name && <bdi>{named(a)}</bdi>}
                <small className="soft">
                  <Ago at={a.raised_at} />
                </small>
                <p className="soft">{t(`alert.do.${a.condition}`)}</p>
              </li>
            ))}
          </ul>
        </>
      )}
      {over.length > 0 && (
        <details className={s.over}>
          <summary>{t('health.resolved', { n: over.length })}</summary>
          <Table
            head={[t('health.why'), t('health.what'), t('health.since'), t('health.until')]}
            empty=""
            rows={over.map((a) => ({
              key: a.id,
              cells: [t(`alert.${a.condition}`), <bdi key="n">{named(a)}</bdi>, <Ago key="r" at={a.raised_at} />, <Ago key="o" at={a.resolved_at} />],
            }))}
          />
        </details>
      )}
    </>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { Health } from '../api/types'
import { Ago } from '../channels/AccountState'
import { useText } from '../i18n'
import { bytes, number } from '../i18n/format'
import { timeSince, useNow } from '../i18n/relative'
import s from './HealthPage.module.css'
import { Table } from './Table'

/** What databases are called. */
export const databaseNames = { sqlite: 'SQLite', postgres: 'Postgres' }

/** The processes of the house, their disks, the database, and the last backup. */
export function Machine({ health: h }: { health: Health }) {
  const { t, language } = useText()
  const now = useNow()
  const ms = (v: number) => `${number(Math.round(v * 10) / 10, language)} ms`
  const low = h.nodes.some((n) => n.disks.some((d) => d.low))
  const live = h.nodes.filter((n) => !n.lost)
  const deaf = live.length > 1 && live.some((n) => !n.nats)
  const mixed = new Set(live.map((n) => n.version)).size > 1
  return (
    <>
      <h2>{t('health.machine')}</h2>
      {low && <p className={`soft ${s.how}`}>{t('health.diskHow', { size: bytes(h.reserve, language) })}</p>}
      {deaf && <p className={`soft ${s.how}`}>{t('health.deafHow')}</p>}
      {mixed && <p className={`soft ${s.how}`}>{t('health.mixedHow')}</p>}
      <Table
        head={[t('health.node'), t('health.state'), t('health.up'), t('health.commit'), t('health.disk'), t('health.version')]}
        empty={t('health.noNodes')}
        rows={h.nodes.map((n) => ({
          key: n.name + n.began_at,
          cells: [
            n.name,
            <span key="s">
              <span className={`chip ${n.lost ? 'bad' : 'good'}`}>{n.lost ? t('health.lost') : t('health.runs')}</span> {n.lost && <Ago at={n.seen_at} />}
            </span>,
            timeSince(n.began_at, now, t),
            ms(n.commit_ms),
            <span key="d">
              {n.disks.map((d) => (
                <span key={d.what} className={s.disk}>
                  {n.disks.length > 1 && `${t(`health.disk.${d.what}`)}: `}
                  {t('health.free', { free: bytes(d.free, language), total: bytes(d.total, language) })}{' '}
                  {(d.low || d.full) && <span className={`chip ${d.full ? 'bad' : 'soon'}`}>{d.full ? t('health.full') : t('health.low')}</span>}
                </span>
              ))}
            </span>,
            n.version,
          ],
        }))}
      />
      <p className={s.figures}>
        {t('health.database', { kind: databaseNames[h.database.kind] })}: {bytes(h.database.size, language)}, {ms(h.database.latency_ms)} · {t('health.backup')}: <Ago at={h.backup_at} />
        {h.backup_damaged > 0 && (
          <>
            {' '}
            <span className="chip bad">{t('health.backupDamaged', { count: h.backup_damaged })}</span>
          </>
        )}
      </p>
    </>
  )
}

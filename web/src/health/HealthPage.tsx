// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { healthQuery, queries } from '../api/queries'
import type { Health } from '../api/types'
import { wordsFor } from '../api/words'
import { Ago, StateChip, whyOf } from '../channels/AccountState'
import { useText } from '../i18n'
import { bytes, number } from '../i18n/format'
import { span } from '../i18n/relative'
import { useMe, useNetworkName } from '../shell/me'
import { Dialog } from '../shell/Dialog'
import { shown } from '../shell/name'
import { warn } from '../shell/notices'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import { Alerts } from './Alerts'
import { Canaries } from './Canaries'
import s from './HealthPage.module.css'
import { databaseNames, Machine } from './Machine'
import { Table } from './Table'
import { workName } from './work'

const Watching = lazy(() => import('./Watching'))

/** Whether everything runs, and everything that a person has to look at because hilft could not finish it alone. */
export function HealthPage() {
  const { t, language } = useText()
  const query = useQuery(healthQuery)
  const networkName = useNetworkName()
  const me = useMe()
  const mayMend = me.runs
  const h = query.data
  return (
    <Page title={t('nav.health')} wide>
      {query.isPending && <Wait />}
      {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
      {h && (
        <>
          <p className={h.ok ? s.fine : s.notFine} role="status">
            <b>{h.ok ? t('health.ok') : t('health.notOk')}</b>{' '}
            <span>
              {t('health.database', { kind: databaseNames[h.database.kind] })} {h.database.ok ? '✓' : t('health.databaseBad')} · hilft {h.version}
            </span>
          </p>
          <Alerts items={h.alerts} />
          <h2>{t('health.accounts')}</h2>
          <Table
            head={[t('health.account'), t('health.state'), t('account.heard'), t('health.asked'), t('account.sentLast'), t('health.refused')]}
            empty={t('channels.none')}
            rows={h.accounts.map((a) => ({
              key: a.id,
              cells: [
                <span key="n">
                  <bdi>{shown(a.name) || networkName(a.network)}</bdi> <small className="soft">{networkName(a.network)}</small>
                </span>,
                <span key="s">
                  <StateChip account={a} /> {whyOf(a) && <small className={s.why}>{whyOf(a)}</small>}
                </span>,
                <Ago key="h" at={a.heard_at} />,
                <Ago key="p" at={a.polled_at} />,
                <Ago key="o" at={a.sent_at} />,
                number(a.refused, language),
              ],
            }))}
          />
          <Canaries items={h.canaries} />
          <Unknown items={h.unknown} />
          <Stuck items={h.stuck} mayMend={me.brand.rights.includes('lead')} />
          <Dead items={h.dead} mayMend={mayMend} />
          <h2>{t('health.queues')}</h2>
          <Table
            head={[t('health.queue'), t('health.waiting'), t('health.running'), t('health.oldest'), t('health.dead')]}
            empty={t('health.noQueues')}
            rows={h.queues.map((q) => ({
              key: q.kind,
              cells: [workName(q.kind), number(q.waiting, language), number(q.running, language), q.waiting > 0 ? span(q.oldest_s * 1000, t) : '–', number(q.dead, language)],
            }))}
          />
          <Machine health={h} />
          {mayMend && (
            <Suspense fallback={<Wait lines={2} />}>
              <Watching accounts={h.accounts} canaries={h.canaries} />
            </Suspense>
          )}
        </>
      )}
    </Page>
  )
}

/** Messages of ours of which nobody knows whether they arrived: a person decides, in the case. */
function Unknown({ items }: { items: Health['unknown'] }) {
  const { t } = useText()
  if (items.length === 0) return null
  return (
    <>
      <h2>{t('health.unknown')}</h2>
      <p className={`soft ${s.how}`}>{t('health.unknownHow')}</p>
      <Table
        head={[t('health.case'), t('health.account'), t('health.when')]}
        empty=""
        rows={items.map((u) => ({
          key: u.message_id,
          cells: [
            <Link key="c" to="/cases/$id" params={{ id: u.case_id }}>
              #{u.number}
            </Link>,
            <bdi key="a">{shown(u.account.name)}</bdi>,
            <Ago key="w" at={u.at} />,
          ],
        }))}
      />
    </>
  )
}

/** What a network sent and nobody could read: kept as it came. */
function Stuck({ items, mayMend }: { items: Health['stuck']; mayMend: boolean }) {
  const { t, language } = useText()
  const [putting, setPutting] = useState<number>()
  return (
    <>
      <h2>{t('health.stuck')}</h2>
      {items.length > 0 && <p className={`soft ${s.how}`}>{t('health.stuckHow')}</p>}
      <Table
        head={[t('health.account'), t('health.kind'), t('health.when'), t('health.why'), t('health.size'), t('health.acts')]}
        empty={t('health.noStuck')}
        rows={items.map((i) => ({
          key: i.id,
          cells: [
            <bdi key="a">{shown(i.account.name)}</bdi>,
            i.kind,
            <Ago key="w" at={i.received_at} />,
            <span key="e" className={s.error}>
              {i.error}
            </span>,
            bytes(i.size, language),
            mayMend && (
              <span key="x" className="acts">
                <Again ask={(key) => take(client.POST('/api/stuck/{id}/retry', { params: { path: { id: i.id }, query: inBrand() }, headers: once(key) }))} />
                <a href={`/api/stuck/${i.id}/raw?${new URLSearchParams({ ...inBrand() })}`} download>
                  {t('health.raw')}
                </a>
                <Button size="xs" variant="subtle" onClick={() => setPutting(i.id)}>
                  {t('health.aside')}
                </Button>
              </span>
            ),
          ],
        }))}
      />
      {putting !== undefined && (
        <Sure
          title={t('health.asideSure')}
          how={t('health.asideHow')}
          words={t('health.aside')}
          ask={(key) => take(client.DELETE('/api/stuck/{id}', { params: { path: { id: putting }, query: inBrand() }, headers: once(key) }))}
          onClose={() => setPutting(undefined)}
        />
      )}
    </>
  )
}

/** Work that was tried as often as it should be and still did not succeed. */
function Dead({ items, mayMend }: { items: Health['dead']; mayMend: boolean }) {
  const { t, language } = useText()
  const [discarding, setDiscarding] = useState<number>()
  const kinds = [...new Set(items.map((d) => d.kind))]
  return (
    <>
      <h2>{t('health.dead')}</h2>
      {items.length > 0 && <p className={`soft ${s.how}`}>{t('health.deadHow')}</p>}
      {mayMend && items.length > kinds.length && (
        <p className={`acts ${s.how}`}>
          {kinds.map((kind) => (
            <Again
              key={kind}
              words={t('health.allAgain', { kind: workName(kind) })}
              ask={(key) => take(client.POST('/api/dead/retry', { body: { kind }, headers: once(key) }))}
            />
          ))}
        </p>
      )}
      <Table
        head={[t('health.queue'), t('health.why'), t('health.attempts'), t('health.when'), t('health.acts')]}
        empty={t('health.noDead')}
        rows={items.map((d) => ({
          key: d.id,
          cells: [
            workName(d.kind),
            <span key="e" className={s.error}>
              {d.error}
            </span>,
            number(d.attempt, language),
            <Ago key="w" at={d.dead_at} />,
            mayMend && (
              <span key="x" className="acts">
                <Again ask={(key) => take(client.POST('/api/dead/{id}/retry', { params: { path: { id: d.id } }, headers: once(key) }))} />
                <Button size="xs" variant="subtle" c="var(--bad)" onClick={() => setDiscarding(d.id)}>
                  {t('health.discard')}
                </Button>
              </span>
            ),
          ],
        }))}
      />
      {discarding !== undefined && (
        <Sure
          title={t('health.discardSure')}
          how={t('health.discardHow')}
          words={t('health.discard')}
          ask={(key) => take(client.DELETE('/api/dead/{id}', { params: { path: { id: discarding } }, headers: once(key) }))}
          onClose={() => setDiscarding(undefined)}
        />
      )}
    </>
  )
}

interface SureProps {
  title: string
  how: string
  words: string
  ask: (key?: string) => Promise<unknown>
  onClose: () => void
}

/** Asks once more before something is over. */
function Sure({ title, how, words, ask, onClose }: SureProps) {
  const { t } = useText()
  return (
    <Dialog title={title} onClose={onClose}>
      <p className={s.how}>{how}</p>
      <div className="acts">
        <Again words={words} ask={(key) => ask(key).then(onClose)} />
        <Button size="xs" variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
      </div>
    </Dialog>
  )
}

function Again({ ask, words }: { ask: (key?: string) => Promise<unknown>; words?: string }) {
  const { t } = useText()
  const [busy, setBusy] = useState(false)
  return (
    <Button
      size="xs"
      variant="default"
      loading={busy}
      onClick={() => {
        setBusy(true)
        ask()
          .catch((e: unknown) => warn(wordsFor(e)))
          .finally(() => {
            setBusy(false)
            void queries.invalidateQueries({ queryKey: ['health'] })
          })
      }}
    >
      {words ?? t('again')}
    </Button>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { agentsQuery, queries, staffQuery } from '../api/queries'
import type { Trail as Page1, TrailEntry } from '../api/types'
import { wordsFor } from '../api/words'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { exactly, moment, number } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { shown } from '../shell/name'
import { tell, warn } from '../shell/notices'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import s from './Trail.module.css'

interface Asked {
  agent: string
  group: string
  from: string // a day; empty: no bound
  to: string
}

/** The beginning of a day here, so many days on. */
function beginning(of: string, later = 0): string {
  const d = new Date(`${of}T00:00:00`)
  d.setDate(d.getDate() + later)
  return d.toISOString()
}

function trailQuery(asked: Asked) {
  return infiniteQueryOptions({
    queryKey: ['trail', asked],
    queryFn: ({ pageParam, signal }): Promise<Page1> =>
      take(
        client.GET('/api/trail', {
          params: {
            query: {
              ...inBrand(),
              limit: 50,
              ...(pageParam && { before: pageParam }),
              ...(asked.agent && { agent: asked.agent }),
              ...(asked.group && { group: asked.group }),
              ...(asked.from && { from: beginning(asked.from) }),
              ...(asked.to && { to: beginning(asked.to, 1) }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last: Page1) => last.next || undefined,
    staleTime: 0, // nothing tells that something was done
  })
}

/** What was done here, and whether somebody has changed what is written of it. Nothing is changed here. */
export function Trail() {
  const { t } = useText()
  const me = useMe()
  const [asked, setAsked] = useState<Asked>({ agent: '', group: '', from: '', to: '' })
  const trail = useInfiniteQuery(trailQuery(asked))
  const entries = trail.data?.pages.flatMap((p) => p.entries) ?? []
  const first = trail.data?.pages[0]
  return (
    <Page title={t('trail.title')}>
      <p className={s.back}>
        <Link to="/settings">{t('security.back')}</Link>
      </p>
      <p className={`soft ${s.how}`}>{t('trail.how')}</p>
      {first && <Chain chain={first.chain} runs={me.runs} />}
      <Filter asked={asked} groups={first?.groups ?? []} onAsk={setAsked} />
      {trail.isPending && <Wait lines={6} />}
      {trail.isError && <Trouble error={trail.error} again={() => void trail.refetch()} />}
      {trail.isSuccess && entries.length === 0 && <p className="soft">{t('trail.nobody')}</p>}
      {entries.length > 0 && (
        <ol className={s.entries}>
          {entries.map((e) => (
            <Row key={e.n} entry={e} />
          ))}
        </ol>
      )}
      {trail.hasNextPage && (
        <Button mt="md" variant="default" loading={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()}>
          {t('trail.older')}
        </Button>
      )}
    </Page>
  )
}

function Chain({ chain, runs }: { chain: Page1['chain']; runs: boolean }) {
  const { t, language } = useText()
  const now = useNow()
  const check = useAct(
    (_: null, key) => take(client.POST('/api/trail/check', { headers: once(key) })),
    (found) => {
      if (!found.fault) tell(t('trail.checked'))
      void queries.invalidateQueries({ queryKey: ['trail'] })
    },
  )
  const rows = number(chain.n, language)
  return (
    <div className={chain.fault ? s.broken : s.holds}>
      {chain.fault ? (
        <p role="alert">
          <b>{t('trail.broken')}</b> <code lang="en">{chain.fault}</code>
          <br />
          {t('trail.brokenHelp')}
        </p>
      ) : (
        <p>{chain.checked_at ? t('trail.holds', { rows, at: moment(chain.checked_at, now, language) }) : t('trail.unchecked', { rows })}</p>
      )}
      {runs && (
        <>
          <div>
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate(null, { onError: (e) => warn(wordsFor(e)) })}>
              {t('trail.check')}
            </Button>
          </div>
          <details>
            <summary>{t('trail.head')}</summary>
            <Copy label={t('trail.head')} help={t('trail.headHelp')} text={chain.hash} lines={2} />
          </details>
        </>
      )}
    </div>
  )
}

function Filter({ asked, groups, onAsk }: { asked: Asked; groups: string[]; onAsk: (asked: Asked) => void }) {
  const { t } = useText()
  const me = useMe()
  const staff = useQuery({ ...staffQuery, enabled: me.runs }).data?.agents
  const colleagues = useQuery({ ...agentsQuery, enabled: !me.runs }).data
  const people = (me.runs ? staff : colleagues) ?? []
  const set = (change: Partial<Asked>) => onAsk({ ...asked, ...change })
  return (
    <div role="search" aria-label={t('trail.title')} className={s.filter}>
      <NativeSelect
        label={t('trail.who')}
        value={asked.agent}
        onChange={(e) => set({ agent: e.currentTarget.value })}
        data={[{ value: '', label: t('trail.everybody') }, ...people.map((p) => ({ value: p.id, label: shown(p.name) }))]}
      />
      <NativeSelect
        label={t('trail.group')}
        value={asked.group}
        onChange={(e) => set({ group: e.currentTarget.value })}
        data={[{ value: '', label: t('trail.all') }, ...groups.map((g) => ({ value: g, label: t(`trail.group_${g as 'session'}`) }))]}
      />
      <TextInput type="date" label={t('trail.from')} value={asked.from} onChange={(e) => set({ from: e.currentTarget.value })} />
      <TextInput type="date" label={t('trail.to')} value={asked.to} onChange={(e) => set({ to: e.currentTarget.value })} />
    </div>
  )
}

function Row({ entry: e }: { entry: TrailEntry }) {
  const { t, language } = useText()
  const now = useNow()
  const byNobody = e.what.startsWith('session.') ? t('trail.unknown') : t('trail.hilft')
  const details = Object.entries(e.detail).map(([k, v]) => `${t(`trail.detail.${k as 'role'}`)}: ${v}`)
  return (
    <li>
      <time dateTime={e.at} title={exactly(e.at, language)}>
        {moment(e.at, now, language)}
      </time>
      <span className={s.what}>
        <b>
          <bdi>{e.agent ? shown(e.agent.name) : byNobody}</bdi>
        </b>{' '}
        {t(`trail.did.${e.what.replace('.', '_') as 'session_failed'}`)}
        {e.name && e.about !== e.agent?.id && (
          <>
            : <bdi>{shown(e.name)}</bdi>
          </>
        )}{' '}
        {e.what === 'read.case' && (
          <Link to="/cases/$id" params={{ id: e.about }}>
            {t('trail.case')}
          </Link>
        )}
        <small className="soft">
          {[...(e.brand ? [e.brand.name] : []), ...details, `#${e.n}`].join(' · ')}
        </small>
      </span>
    </li>
  )
}

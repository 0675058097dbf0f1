// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Deliveries } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { exactly, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './Webhooks.module.css'

const postedQuery = (hook: string) =>
  infiniteQueryOptions({
    queryKey: ['posted', hook],
    queryFn: ({ pageParam, signal }): Promise<Deliveries> =>
      take(
        client.GET('/api/webhooks/{id}/deliveries', {
          params: { path: { id: hook }, query: { ...inBrand(), limit: 20, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last: Deliveries) => last.next || undefined,
    staleTime: 0,
    refetchInterval: 5_000, // what was just posted
  })

/** What was posted to a webhook is to be asked for anew. */
export function postedAgain(hook: string): void {
  void queries.invalidateQueries({ queryKey: ['posted', hook] })
}

/** What was posted to a webhook, and what became of it; what is over can be posted again. */
export function Posted({ hook, on }: { hook: string; on: boolean }) {
  const { t, language } = useText()
  const now = useNow()
  const posted = useInfiniteQuery(postedQuery(hook))
  const replay = useAct(
    (delivery: string, key) => take(client.POST('/api/webhooks/{id}/deliveries/{delivery}/replay', { params: { path: { id: hook, delivery }, query: inBrand() }, headers: once(key) })),
    () => {
      tell(t('hooks.replayed'))
      postedAgain(hook)
    },
  )
  if (posted.isPending) return <Wait lines={2} />
  if (posted.isError) return <Trouble error={posted.error} again={() => void posted.refetch()} />
  const all = posted.data.pages.flatMap((p) => p.deliveries)
  if (all.length === 0) return <p className="soft">{t('hooks.nothing')}</p>
  return (
    <>
      <ol className={s.posted}>
        {all.map((d) => (
          <li key={d.id}>
            <span className={s.what}>
              <time dateTime={d.made_at} title={exactly(d.made_at, language)}>
                {moment(d.made_at, now, language)}
              </time>{' '}
              <b>{t(`hooks.type.${d.type.replace('.', '_') as 'case_opened'}`)}</b>{' '}
              {d.case_id && (
                <Link to="/cases/$id" params={{ id: d.case_id }}>
                  {t('trail.case')}
                </Link>
              )}
              <small>
                <span className={`chip ${d.state === 'delivered' ? 'good' : d.state === 'failed' ? 'bad' : 'soon'}`}>{t(`hooks.posted.${d.state}`)}</span>{' '}
                {d.attempts > 0 && t('hooks.attempt', { n: d.attempts, status: d.status || '–', took: d.took_ms })}
              </small>
              {d.error && <small className={s.error}>{d.error}</small>}
              {d.answer && <small className={`soft ${s.error}`}>{d.answer}</small>}
            </span>
            {d.state !== 'waiting' && on && (
              <Button variant="default" onClick={() => replay.mutate(d.id, { onError: (e) => warn(wordsFor(e)) })}>
                {t('hooks.replay')}
              </Button>
            )}
          </li>
        ))}
      </ol>
      {posted.hasNextPage && (
        <Button mt="sm" variant="default" loading={posted.isFetchingNextPage} onClick={() => void posted.fetchNextPage()}>
          {t('trail.older')}
        </Button>
      )}
    </>
  )
}

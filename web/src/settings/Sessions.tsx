// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { exactly, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './Settings.module.css'

const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/me/sessions', { signal }))).sessions,
  staleTime: 0, // nothing tells of sign-ins elsewhere
})

/** Where one is signed in: each can be ended, and all others at once. */
export function Sessions() {
  const { t, language } = useText()
  const now = useNow()
  const sessions = useQuery(sessionsQuery)
  const again = () => void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
  const end = useAct(
    (id: string, key) => take(client.DELETE('/api/me/sessions/{id}', { params: { path: { id } }, headers: once(key) })),
    () => {
      tell(t('security.ended'))
      again()
    },
  )
  const endOthers = useAct(
    (_: null, key) => take(client.DELETE('/api/me/other-sessions', { headers: once(key) })),
    () => {
      tell(t('security.othersEnded'))
      again()
    },
  )
  const complain = {
    onError: (e: unknown) => {
      warn(wordsFor(e))
      again()
    },
  }
  if (sessions.isPending) return <Wait lines={2} />
  if (sessions.isError) return <Trouble error={sessions.error} again={() => void sessions.refetch()} />
  const name = (browser: string) => browser || t('security.unknownBrowser')
  return (
    <>
      <p className={`soft ${s.narrow}`}>{t('security.sessionsHelp')}</p>
      <ul className={s.things}>
        {sessions.data.map((one) => (
          <li key={one.id}>
            <span className={s.thing}>
              <b>{name(one.browser)}</b> {one.mine && <span className="chip">{t('security.thisOne')}</span>}
              <small className="soft">
                {one.place && <>{t('security.from', { place: one.place })} · </>}
                <time dateTime={one.made_at} title={exactly(one.made_at, language)}>
                  {t('security.since', { at: moment(one.made_at, now, language) })}
                </time>{' '}
                ·{' '}
                <time dateTime={one.seen_at} title={exactly(one.seen_at, language)}>
                  {t('security.seen', { at: moment(one.seen_at, now, language) })}
                </time>
              </small>
            </span>
            {!one.mine && (
              <Button variant="default" aria-label={t('security.endOf', { browser: name(one.browser) })} onClick={() => end.mutate(one.id, complain)}>
                {t('security.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sessions.data.length > 1 && (
        <Button mt="md" variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate(null, complain)}>
          {t('security.endOthers')}
        </Button>
      )}
    </>
  )
}

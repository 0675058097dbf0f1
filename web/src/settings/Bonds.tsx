// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Bond } from '../api/types'
import { problemWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { bondsQuery } from './bondsQuery'
import s from './Settings.module.css'
import { useProof } from './useProof'

/** By whose word one may sign in. Where the house knows nobody but itself, there is nothing to see. */
export function Bonds() {
  const { t, language } = useText()
  const now = useNow()
  const { done, wrong } = useSearch({ from: '/desk/settings/security' })
  const bonds = useQuery(bondsQuery)
  const { withProof, dialog } = useProof()
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const bind = useAct(async (provider: string) => {
    const { url } = await withProof(() => take(client.POST('/api/me/bonds', { body: { provider, back: '/settings/security' } })))
    location.assign(url)
  })
  const end = useAct(
    (b: Bond, key) => withProof(() => take(client.DELETE('/api/me/bonds/{id}', { params: { path: { id: b.id } }, headers: once(key) }))),
    (_, b) => {
      tell(t('bond.ended', { name: b.name }))
      void queries.invalidateQueries({ queryKey: bondsQuery.queryKey })
    },
  )
  if (!bonds.data || (bonds.data.bonds.length === 0 && bonds.data.providers.length === 0)) return null
  const { bonds: all, providers } = bonds.data
  return (
    <>
      <h2>{t('bond.title')}</h2>
      <div className={s.narrow}>
        {dialog}
        {wrong && (
          <p role="alert" className="wrong">
            {problemWords(wrong, '')}
          </p>
        )}
        {done && <p role="status">{t(`bond.done_${done}`)}</p>}
        <p className="soft">{t('bond.how')}</p>
        {all.length > 0 && (
          <ul className={s.things}>
            {all.map((b) => (
              <li key={b.id}>
                <span className={s.thing}>
                  <b>
                    <bdi>{b.name}</bdi>
                  </b>
                  <small className="soft">{t('passkey.used', { at: moment(b.used_at, now, language) })}</small>
                </span>
                <Button variant="subtle" c="var(--bad)" aria-label={t('bond.endOf', { name: b.name })} onClick={() => end.mutate(b, complain)}>
                  {t('bond.end')}
                </Button>
              </li>
            ))}
          </ul>
        )}
        <div className={`acts ${s.add}`}>
          {providers.map((p) => (
            <Button key={p.id} variant="default" loading={bind.isPending && bind.variables === p.id} onClick={() => bind.mutate(p.id, complain)}>
              {t('bond.make', { name: p.name })}
            </Button>
          ))}
        </div>
      </div>
    </>
  )
}

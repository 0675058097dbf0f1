// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Checkbox } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { PushKind } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { beTold, beToldNothing, canTell, type Refusal } from '../shell/worker'
import s from './Settings.module.css'

const pushQuery = queryOptions({
  queryKey: ['push'],
  queryFn: ({ signal }) => take(client.GET('/api/me/push', { signal })),
})

const kinds: PushKind[] = ['assigned', 'late', 'trouble']

/** What one is told on this device while the desk is not open. It is asked for by a click, never by itself. */
export function Devices() {
  const { t } = useText()
  const me = useMe()
  const push = useQuery(pushQuery)
  const [refused, setRefused] = useState<Refusal>()
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const again = () => void queries.invalidateQueries({ queryKey: pushQuery.queryKey })
  const on = useAct(
    (key: string) => beTold(me.id, key),
    (refusal) => {
      setRefused(refusal)
      if (!refusal) tell(t('push.isOn'))
      again()
    },
  )
  const off = useAct(async (_: null) => {
    await take(client.DELETE('/api/me/push'))
    await beToldNothing()
  }, again)
  const choose = useAct(
    (chosen: PushKind[], key) => take(client.PUT('/api/me/push/kinds', { body: { kinds: chosen }, headers: once(key) })),
    (kept) => {
      queries.setQueryData(pushQuery.queryKey, kept)
      tell(t('saved'))
    },
  )
  if (push.isPending) return <Wait lines={2} />
  if (push.isError) return <Trouble error={push.error} again={() => void push.refetch()} />
  const { key, here, kinds: chosen } = push.data
  const able = canTell()
  return (
    <div className={`sheet fields ${s.narrow}`}>
      <p className="soft">{t('push.how')}</p>
      {!able && <p>{t('push.impossible')}</p>}
      {able && (
        <div>
          {here ? (
            <Button variant="default" loading={off.isPending} onClick={() => off.mutate(null, complain)}>
              {t('push.off')}
            </Button>
          ) : (
            <Button loading={on.isPending} onClick={() => on.mutate(key, complain)}>
              {t('push.on')}
            </Button>
          )}
        </div>
      )}
      <div role="alert" className="wrong">
        {refused && t(`push.refused_${refused}`)}
      </div>
      <fieldset className={`fields ${s.choices}`}>
        <legend>{t('push.kinds')}</legend>
        {kinds.map((kind) => (
          <Checkbox
            key={kind}
            size="md"
            label={t(`push.kind_${kind}`)}
            checked={chosen.includes(kind)}
            onChange={(e) => choose.mutate(e.currentTarget.checked ? [...chosen, kind] : chosen.filter((k) => k !== kind), complain)}
          />
        ))}
      </fieldset>
    </div>
  )
}

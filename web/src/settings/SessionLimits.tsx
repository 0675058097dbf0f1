// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { hours, minutes } from './hours'
import s from './Settings.module.css'

const limitsQuery = queryOptions({
  queryKey: ['session-limits'],
  queryFn: ({ signal }) => take(client.GET('/api/house/session-limits', { signal })),
})

/** How long a sign-in lasts, for everybody. */
export function SessionLimits() {
  const { t, language } = useText()
  const form = useRef<HTMLFormElement>(null)
  const limits = useQuery(limitsQuery)
  const save = useAct(
    (body: { idle_minutes: number; longest_minutes: number }, key) => take(client.PUT('/api/house/session-limits', { body, headers: once(key) })),
    (kept) => {
      queries.setQueryData(limitsQuery.queryKey, kept)
      tell(t('saved'))
    },
  )
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])
  if (limits.isPending) return <Wait lines={2} />
  if (limits.isError) return <Trouble error={limits.error} again={() => void limits.refetch()} />
  const wrong = (field: string) => fieldWords(save.error, field)
  const field = { inputMode: 'decimal' as const, required: true, autoComplete: 'off', maxLength: 8 }
  return (
    <form
      ref={form}
      className={`sheet fields ${s.narrow}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        save.mutate({ idle_minutes: minutes(v.idle), longest_minutes: minutes(v.longest) })
      }}
    >
      <p className="soft">{t('security.limitsHelp')}</p>
      <TextInput
        {...field}
        name="idle"
        label={t('security.idle')}
        description={t('security.idleHelp')}
        defaultValue={hours(limits.data.idle_minutes, language)}
        error={wrong('idle_minutes')}
      />
      <TextInput
        {...field}
        name="longest"
        label={t('security.longest')}
        description={t('security.longestHelp')}
        defaultValue={hours(limits.data.longest_minutes, language)}
        error={wrong('longest_minutes')}
      />
      <div role="alert" className="wrong">
        {formWords(save.error, wrong('idle_minutes'), wrong('longest_minutes'))}
      </div>
      <div>
        <Button type="submit" loading={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

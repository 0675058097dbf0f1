// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { client, once, take } from '../api/client'
import { meQuery, queries } from '../api/queries'
import { fieldWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, shortestPassword, useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { tell } from '../shell/notices'
import { Secret } from '../shell/Secret'
import s from './Settings.module.css'

/** One's own password. Whoever is signed in elsewhere with the old one is signed out there. */
export function Password() {
  const { t } = useText()
  const me = useMe()
  const form = useRef<HTMLFormElement>(null)
  const change = useAct(
    (body: { old: string; password: string }, key) => take(client.PUT('/api/me/password', { body, headers: once(key) })),
    (now) => {
      queries.setQueryData(meQuery.queryKey, now)
      form.current?.reset()
      tell(t('saved'))
    },
  )
  useEffect(() => {
    if (change.isError) focusFirstError(form.current)
  }, [change.isError])
  return (
    <form
      ref={form}
      className={`sheet fields ${s.narrow}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        change.mutate({ old: v.old ?? '', password: v.password ?? '' })
      }}
    >
      <input type="text" name="username" value={me.email} autoComplete="username" readOnly hidden />
      <Secret name="old" label={t('settings.oldPassword')} required autoComplete="current-password" error={fieldWords(change.error, 'old')} />
      <Secret
        name="password"
        label={t('settings.newPassword')}
        description={t('settings.newPasswordHelp', { n: shortestPassword })}
        required
        minLength={shortestPassword}
        autoComplete="new-password"
        error={fieldWords(change.error, 'password')}
      />
      <div role="alert" className="wrong">
        {change.isError ? wordsFor(change.error) : ''}
      </div>
      <div>
        <Button type="submit" loading={change.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { client, take } from '../api/client'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { entered, useAct } from '../shell/form'
import { Gate } from './Gate'

/** For who has forgotten their password. It says the same whether anybody has the address. */
export function Forgotten() {
  const { t } = useText()
  const ask = useAct((email: string) => take(client.POST('/api/session/forgotten', { body: { email } })))
  return (
    <Gate title={t('forgotten.title')}>
      <p>{t('forgotten.how')}</p>
      <form
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          ask.mutate((entered(e.currentTarget).email ?? '').trim())
        }}
      >
        <TextInput name="email" type="email" label={t('field.email')} autoComplete="username" required withAsterisk={false} size="md" autoFocus />
        <div role="alert" className="wrong">
          {ask.isError ? wordsFor(ask.error) : ''}
        </div>
        <div role="status">{ask.isSuccess ? t('forgotten.sent') : ''}</div>
        <Button type="submit" size="md" loading={ask.isPending}>
          {t('forgotten.go')}
        </Button>
      </form>
      <Link to="/sign-in" search={{}}>
        {t('forgotten.back')}
      </Link>
    </Gate>
  )
}

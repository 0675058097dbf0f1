// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { meQuery, queries, setupQuery } from '../api/queries'
import type { Language } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { speak, useText } from '../i18n'
import { entered, focusFirstError, shortestPassword, useAct } from '../shell/form'
import { Secret } from '../shell/Secret'
import { Gate } from '../signin/Gate'
import s from './Setup.module.css'


/** The first start: who runs the desk and for which brand. The first channel follows. No mail server is needed. */
export function Setup() {
  const { t, language } = useText()
  const navigate = useNavigate()
  const form = useRef<HTMLFormElement>(null)
  // The address that the program has printed holds the code behind the #.
  const [invited] = useState(() => window.location.hash.slice(1))
  const setup = useQuery(setupQuery)
  const begin = useAct(
    (body: { code: string; brand: { name: string; language: Language }; administrator: { name: string; email: string; password: string } }, key) =>
      take(client.POST('/api/setup', { body, headers: once(key) })),
    (me) => {
      queries.removeQueries({ queryKey: ['setup'] })
      queries.setQueryData(meQuery.queryKey, me)
      void navigate({ to: '/channels', search: { first: true } })
    },
  )
  // Somebody else has set it up. Our own doing so leads on, and not to a second sign-in.
  const done = setup.data?.needed === false && !begin.isPending && !begin.isSuccess
  useEffect(() => {
    if (done) void navigate({ to: '/sign-in', search: {}, replace: true })
  }, [done, navigate])
  // What the administrator entered is judged where people are added: it may be named without its parent.
  const wrong = (field: string) => fieldWords(begin.error, field)
  useEffect(() => {
    if (begin.isError) focusFirstError(form.current)
  }, [begin.isError])

  return (
    <Gate title={t('setup.title')} wide>
      <p className="soft">{t('setup.intro')}</p>
      <ol className={s.steps} aria-label={t('setup.steps')}>
        <li aria-current="step">{t('setup.step1')}</li>
        <li>{t('setup.step2')}</li>
      </ol>
      <form
        ref={form}
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          begin.mutate({
            code: (v.code ?? '').trim(),
            brand: { name: (v.brand ?? '').trim(), language: v.language === 'de' ? 'de' : 'en' },
            administrator: { name: (v.name ?? '').trim(), email: (v.email ?? '').trim(), password: v.password ?? '' },
          })
        }}
      >
        <TextInput
          name="code"
          label={t('setup.code')}
          description={t('setup.codeHelp')}
          defaultValue={invited}
          required
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={wrong('code')}
        />
        <TextInput name="brand" label={t('setup.brand')} description={t('setup.brandHelp')} required maxLength={100} autoComplete="organization" error={wrong('brand.name')} />
        <NativeSelect
          name="language"
          label={t('setup.language')}
          description={t('setup.languageHelp')}
          value={language}
          onChange={(e) => void speak(e.currentTarget.value === 'de' ? 'de' : 'en')}
          data={[
            { value: 'de', label: 'Deutsch' },
            { value: 'en', label: 'English' },
          ]}
        />
        <TextInput name="name" label={t('setup.name')} required maxLength={100} autoComplete="name" error={wrong('administrator.name')} />
        <TextInput name="email" type="email" label={t('field.email')} description={t('setup.emailHelp')} required autoComplete="username" error={wrong('administrator.email')} />
        <Secret
          name="password"
          label={t('field.password')}
          description={t('setup.passwordHelp', { n: shortestPassword })}
          required
          minLength={shortestPassword}
          autoComplete="new-password"
          error={wrong('administrator.password')}
          aria-invalid={wrong('administrator.password') ? true : undefined}
        />
        <div role="alert" className="wrong">
          {formWords(begin.error, ...['brand.name', 'administrator.name', 'administrator.email', 'administrator.password'].map(wrong))}
        </div>
        <Button type="submit" size="md" loading={begin.isPending}>
          {t('setup.go')}
        </Button>
      </form>
    </Gate>
  )
}

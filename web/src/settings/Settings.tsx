// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { client, once, take } from '../api/client'
import { meQuery, queries } from '../api/queries'
import type { Language, Me, Scheme } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { keysOn, switchKeys } from '../shell/keys'
import { useMe } from '../shell/me'
import { tell, warn } from '../shell/notices'
import { Page } from '../shell/Page'
import { useSignal } from '../shell/signal'
import { Agents } from './Agents'
import { Letters } from './Letters'
import { Password } from './Password'
import s from './Settings.module.css'

type Change = Partial<Pick<Me, 'language' | 'scheme' | 'name' | 'initials' | 'signature'>>

/** How the desk is for the one who sits at it, and who else works here. */
export function Settings() {
  const { t } = useText()
  const me = useMe()
  const keys = useSignal(keysOn)
  const save = useAct(
    (body: Change, key) => take(client.PATCH('/api/me', { body, headers: once(key) })),
    (now) => queries.setQueryData(meQuery.queryKey, now),
  )

  const form = useRef<HTMLFormElement>(null)
  const wrong = (field: string) => fieldWords(save.error, field)
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])

  /** Shown at once; taken back when the server does not take it. */
  function choose(change: Change) {
    const before = me
    queries.setQueryData(meQuery.queryKey, { ...me, ...change })
    save.mutate(change, {
      onError(e) {
        queries.setQueryData(meQuery.queryKey, before)
        warn(wordsFor(e))
      },
    })
  }

  return (
    <Page title={t('nav.settings')}>
      {me.second_step === 'soon' && (
        <p className={`${s.narrow} ${s.due}`}>
          {t('second.soonShort')} <Link to="/settings/security">{t('security.title')}</Link>
        </p>
      )}
      <div className={`sheet fields ${s.narrow}`}>
        <NativeSelect
          label={t('settings.language')}
          value={me.language}
          onChange={(e) => choose({ language: e.currentTarget.value as Language })}
          data={[
            { value: 'de', label: 'Deutsch' },
            { value: 'en', label: 'English' },
          ]}
        />
        <NativeSelect
          label={t('settings.scheme')}
          value={me.scheme}
          onChange={(e) => choose({ scheme: e.currentTarget.value as Scheme })}
          data={[
            { value: 'auto', label: t('settings.auto') },
            { value: 'light', label: t('settings.light') },
            { value: 'dark', label: t('settings.dark') },
          ]}
        />
        <Switch label={t('settings.keys')} description={t('settings.keysHelp')} checked={keys} onChange={(e) => switchKeys(e.currentTarget.checked)} />
      </div>
      <h2>{t('settings.you')}</h2>
      <form
        ref={form}
        className={`sheet fields ${s.narrow}`}
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          save.mutate({ name: (v.name ?? '').trim(), initials: (v.initials ?? '').trim(), signature: v.signature ?? '' }, { onSuccess: () => tell(t('saved')) })
        }}
      >
        <TextInput name="name" label={t('settings.name')} description={t('settings.nameHelp')} defaultValue={me.name} required maxLength={100} autoComplete="name" error={wrong('name')} />
        <TextInput name="initials" label={t('settings.initials')} description={t('settings.initialsHelp')} defaultValue={me.initials} required maxLength={3} error={wrong('initials')} />
        <Textarea
          name="signature"
          label={t('settings.signature')}
          description={t('settings.signatureHelp')}
          defaultValue={me.signature}
          rows={3}
          maxLength={4000}
          resize="vertical"
          error={wrong('signature')}
        />
        <p className="soft">
          {t('field.email')}: <bdi>{me.email}</bdi>
        </p>
        <div role="alert" className="wrong">
          {formWords(save.error, wrong('name'), wrong('initials'), wrong('signature'))}
        </div>
        <div>
          <Button type="submit">{t('save')}</Button>
        </div>
      </form>
      <h2>{t('field.password')}</h2>
      <Password />
      <p className={s.onward}>
        <Link to="/settings/security">{t('security.go')}</Link> <small className="soft">{t('security.goHelp')}</small>
      </p>
      {me.role === 'administrator' && (
        <>
          <h2>{t('letters.title', { brand: me.brand.name })}</h2>
          <Letters />
        </>
      )}
      <h2>{t('settings.agents')}</h2>
      <Agents canAdd={me.role === 'administrator'} />
      <p className={`soft ${s.version}`}>
        {me.brand.name} · hilft {me.version}
      </p>
    </Page>
  )
}

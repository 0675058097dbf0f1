// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { meQuery, queries } from '../api/queries'
import type { Language, Me, Scheme } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { choose, useMe } from '../shell/me'
import { tell } from '../shell/notices'
import { Page } from '../shell/Page'
import { After } from './After'
import { AddAgent, Agents } from './Agents'
import { Brand } from './Brand'
import { Devices } from './Devices'
import { Invitations } from './Invitations'
import { Keys } from './Keys'
import { Letters } from './Letters'
import { Password } from './Password'
import { Service } from './Service'
import { Staff } from './Staff'
import { Tags } from './Tags'
import s from './Settings.module.css'

type Change = Partial<Pick<Me, 'name' | 'initials' | 'signature' | 'signs_as'>>

/** How the desk is for the one who sits at it, and who else works here. */
export function Settings() {
  const { t } = useText()
  const me = useMe()
  const save = useAct(
    (body: Change, key) => take(client.PATCH('/api/me', { params: { query: inBrand() }, body, headers: once(key) })),
    (now) => queries.setQueryData(meQuery.queryKey, now),
  )

  const form = useRef<HTMLFormElement>(null)
  const wrong = (field: string) => fieldWords(save.error, field)
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])

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
          onChange={(e) => void choose({ language: e.currentTarget.value as Language })}
          data={[
            { value: 'de', label: 'Deutsch' },
            { value: 'en', label: 'English' },
          ]}
        />
        <NativeSelect
          label={t('settings.scheme')}
          value={me.scheme}
          onChange={(e) => void choose({ scheme: e.currentTarget.value as Scheme })}
          data={[
            { value: 'auto', label: t('settings.auto') },
            { value: 'light', label: t('settings.light') },
            { value: 'dark', label: t('settings.dark') },
          ]}
        />
      </div>
      <h2 id="keys">{t('keys.title')}</h2>
      <Keys />
      <h2 id="after">{t('after.title')}</h2>
      <After />
      <h2 id="push">{t('push.title')}</h2>
      <Devices />
      <h2 id="you">{t('settings.you')}</h2>
      <form
        ref={form}
        className={`sheet fields ${s.narrow}`}
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          save.mutate({ name: (v.name ?? '').trim(), initials: (v.initials ?? '').trim(), signs_as: v.signs_as ?? '', signature: v.signature ?? '' }, { onSuccess: () => tell(t('saved')) })
        }}
      >
        <TextInput name="name" label={t('settings.name')} description={t('settings.nameHelp')} defaultValue={me.name} required maxLength={100} autoComplete="name" error={wrong('name')} />
        <TextInput name="initials" label={t('settings.initials')} description={t('settings.initialsHelp')} defaultValue={me.initials} required maxLength={3} error={wrong('initials') || (me.initials_clash && t('settings.clash', { name: me.initials_clash }))} />
        <TextInput name="signs_as" label={t('settings.signsAs')} description={t('settings.signsAsHelp')} defaultValue={me.signs_as} dir="auto" maxLength={20} error={wrong('signs_as')} />
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
          {formWords(save.error, wrong('name'), wrong('initials'), wrong('signs_as'), wrong('signature'))}
        </div>
        <div>
          <Button type="submit">{t('save')}</Button>
        </div>
      </form>
      <h2 id="password">{t('field.password')}</h2>
      <Password />
      <p className={s.onward}>
        <Link to="/settings/security">{t('security.go')}</Link> <small className="soft">{t('security.goHelp')}</small>
      </p>
      {me.brand.rights.includes('lead') && (
        <>
          <p className={s.onward}>
            <Link to="/settings/trail">{t('trail.go')}</Link> <small className="soft">{me.runs ? t('trail.goHelp') : t('trail.goLead')}</small>
          </p>
          {me.runs && (
            <p className={s.onward}>
              <Link to="/settings/webhooks">{t('hooks.title')}</Link> <small className="soft">{t('hooks.goHelp')}</small>
            </p>
          )}
          <h2>{t('letters.title', { brand: me.brand.name })}</h2>
          <Letters />
          <h2>{t('tags.title')}</h2>
          <Tags />
          <h2>{t('service.title')}</h2>
          <Service />
        </>
      )}
      {me.brand.id !== '' && (
        <>
          <h2 id="agents">{t('settings.agents', { brand: me.brand.name })}</h2>
          {me.runs ? <Staff me={me} /> : <Agents />}
          {me.runs && <Invitations />}
          {me.runs && <AddAgent />}
        </>
      )}
      {me.runs && (
        <>
          <h2>{t('brands.one')}</h2>
          <Brand me={me} />
        </>
      )}
      <p className={`soft ${s.version}`}>
        {me.brand.name} · hilft {me.version}
      </p>
    </Page>
  )
}

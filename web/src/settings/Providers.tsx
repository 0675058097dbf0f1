// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { queries, setupQuery } from '../api/queries'
import type { Grant, Provider, ProviderBody } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { entered, focusFirstError, useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { tell, warn } from '../shell/notices'
import { Page } from '../shell/Page'
import { Secret } from '../shell/Secret'
import { Trouble, Wait } from '../shell/Wait'
import { bondsQuery } from './bondsQuery'
import { roles } from './roles'
import s from './Settings.module.css'
import { useProof } from './useProof'

const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => take(client.GET('/api/providers', { signal })),
})

function again() {
  for (const { queryKey } of [providersQuery, setupQuery, bondsQuery]) void queries.invalidateQueries({ queryKey })
}

/** By whose word people sign in to this house. Administrators decide it. */
export function Providers() {
  const { t, language } = useText()
  const me = useMe()
  const now = useNow()
  const query = useQuery({ ...providersQuery, enabled: me.runs })
  const [open, setOpen] = useState('')
  const { withProof, dialog } = useProof()
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const remove = useAct(
    (id: string, key) => withProof(() => take(client.DELETE('/api/providers/{id}', { params: { path: { id } }, headers: once(key) }))),
    again,
  )
  const own = useAct(
    (who: 'everybody' | 'administrators', key) => withProof(() => take(client.PUT('/api/house/own-sign-in', { body: { own: who }, headers: once(key) }))),
    () => {
      tell(t('saved'))
      again()
    },
  )
  const done = () => {
    setOpen('')
    again()
  }
  return (
    <Page title={t('provider.title')}>
      {dialog}
      <p className={s.onward}>
        <Link to="/settings/security">{t('security.title')}</Link>
      </p>
      <p className={`soft ${s.narrow}`}>{t('provider.how')}</p>
      {query.isPending && me.runs && <Wait lines={3} />}
      {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
      {query.data && (
        <>
          {query.data.providers.length === 0 && open !== query.data.next.id && <p className="soft">{t('provider.none')}</p>}
          {query.data.providers.length > 0 && (
            <ul className={s.things}>
              {query.data.providers.map((p) => (
                <li key={p.id}>
                  <span className={s.thing}>
                    <b>
                      <bdi>{p.name}</bdi>
                    </b>{' '}
                    <span className={`chip ${p.on ? 'good' : ''}`}>{t(p.on ? 'provider.isOn' : 'provider.isOff')}</span>
                    <small className="soft">
                      <bdi>{p.issuer}</bdi> · {p.used_at ? t('passkey.used', { at: moment(p.used_at, now, language) }) : t('passkey.unused')}
                    </small>
                  </span>
                  <span className="acts">
                    <Button variant="default" aria-expanded={open === p.id} aria-label={t('provider.changeOf', { name: p.name })} onClick={() => setOpen(open === p.id ? '' : p.id)}>
                      {t('hooks.change')}
                    </Button>
                    <Button variant="subtle" c="var(--bad)" aria-label={t('provider.removeOf', { name: p.name })} onClick={() => remove.mutate(p.id, complain)}>
                      {t('passkey.remove')}
                    </Button>
                  </span>
                  {open === p.id && <Form id={p.id} callback={p.callback} provider={p} withProof={withProof} onDone={done} />}
                </li>
              ))}
            </ul>
          )}
          {open === query.data.next.id ? (
            <Form id={query.data.next.id} callback={query.data.next.name} withProof={withProof} onDone={done} />
          ) : (
            <Button mt="md" variant="default" onClick={() => setOpen(query.data.next.id)}>
              {t('provider.add')}
            </Button>
          )}
          <h2>{t('provider.own')}</h2>
          <div className={`sheet fields ${s.narrow}`}>
            <Checkbox
              size="md"
              label={t('provider.ownAll')}
              description={t('provider.ownHelp')}
              checked={query.data.own === 'everybody'}
              onChange={(e) => own.mutate(e.currentTarget.checked ? 'everybody' : 'administrators', complain)}
            />
          </div>
        </>
      )}
    </Page>
  )
}

interface FormProps {
  id: string
  callback: string
  provider?: Provider
  withProof: <T>(act: () => Promise<T>) => Promise<T>
  onDone: () => void
}

function Form({ id, callback, provider: p, withProof, onDone }: FormProps) {
  const { t } = useText()
  const me = useMe()
  const form = useRef<HTMLFormElement>(null)
  const [grants, setGrants] = useState<Grant[]>(p?.grants ?? [])
  const save = useAct(
    (body: ProviderBody, key) => withProof(() => take(client.PUT('/api/providers/{id}', { params: { path: { id } }, body, headers: once(key) }))),
    () => {
      tell(t('saved'))
      onDone()
    },
  )
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])
  const wrong = (field: string) => fieldWords(save.error, field)
  const brands = me.brands.map((b) => ({ value: b.id, label: b.name }))
  const roleChoices = roles.filter((r) => r !== 'administrator').map((r) => ({ value: r as string, label: t(`role.${r}`) }))
  const change = (i: number, part: Partial<Grant>) => setGrants(grants.map((g, at) => (at === i ? { ...g, ...part } : g)))
  const text = { maxLength: 500, autoComplete: 'off', spellCheck: false, withAsterisk: false } as const
  return (
    <form
      ref={form}
      className={`sheet fields ${s.narrow} ${s.add}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        save.mutate({
          name: (v.name ?? '').trim(),
          issuer: (v.issuer ?? '').trim(),
          client_id: (v.client_id ?? '').trim(),
          ...(v.secret ? { secret: v.secret } : {}),
          domains: (v.domains ?? '').split(/[\s,;]+/).filter(Boolean),
          vouches: v.vouches === 'on',
          claim: (v.claim ?? '').trim(),
          grants,
          otherwise: { role: (v.role ?? '') as Grant['role'], brand_id: v.brand ?? '' },
          second: v.second === 'on',
          second_level: (v.second_level ?? '').trim(),
          on: v.on === 'on',
        })
      }}
    >
      <Copy label={t('provider.callback')} help={t('provider.callbackHelp')} text={callback} />
      <TextInput {...text} name="name" label={t('provider.name')} description={t('provider.nameHelp')} defaultValue={p?.name ?? ''} required maxLength={100} autoFocus error={wrong('name')} />
      <TextInput {...text} name="issuer" type="url" label={t('provider.issuer')} description={t('provider.issuerHelp')} placeholder="https://" defaultValue={p?.issuer ?? ''} required error={wrong('issuer')} />
      <TextInput {...text} name="client_id" label={t('provider.client')} defaultValue={p?.client_id ?? ''} required error={wrong('client_id')} />
      <Secret name="secret" label={t('provider.secret')} description={t(p?.has_secret ? 'provider.secretKept' : 'provider.secretHelp')} autoComplete="off" error={wrong('secret')} />
      <Textarea {...text} name="domains" label={t('provider.domains')} description={t('provider.domainsHelp')} defaultValue={(p?.domains ?? []).join('\n')} maxLength={10_000} rows={2} autosize={false} resize="vertical" error={wrong('domains')} />
      <Checkbox size="md" name="vouches" label={t('provider.vouches')} description={t('provider.vouchesHelp')} defaultChecked={p?.vouches ?? false} />
      <fieldset className={`fields ${s.choices}`}>
        <legend>{t('provider.strangers')}</legend>
        <p className="soft">{t('provider.strangersHelp')}</p>
        <NativeSelect name="role" label={t('provider.otherwise')} defaultValue={p?.otherwise.role ?? ''} data={[{ value: '', label: t('provider.nobody') }, ...roleChoices]} error={wrong('otherwise')} />
        <NativeSelect name="brand" label={t('brands.one')} defaultValue={p?.otherwise.brand_id || me.brand.id} data={brands} />
        <TextInput {...text} name="claim" label={t('provider.claim')} description={t('provider.claimHelp')} defaultValue={p?.claim ?? ''} error={wrong('claim')} />
        {grants.map((g, i) => (
          <div key={i} className={s.grant}>
            <TextInput {...text} label={t('provider.value')} value={g.value ?? ''} onChange={(e) => change(i, { value: e.currentTarget.value })} error={wrong('grants')} />
            <NativeSelect label={t('provider.role')} value={g.role} onChange={(e) => change(i, { role: e.currentTarget.value as Grant['role'] })} data={roleChoices} />
            <NativeSelect label={t('brands.one')} value={g.brand_id} onChange={(e) => change(i, { brand_id: e.currentTarget.value })} data={brands} />
            <Button variant="subtle" c="var(--bad)" aria-label={t('provider.ungrantOf', { value: g.value ?? '' })} onClick={() => setGrants(grants.filter((_, at) => at !== i))}>
              {t('passkey.remove')}
            </Button>
          </div>
        ))}
        <div>
          <Button variant="default" onClick={() => setGrants([...grants, { value: '', role: 'agent', brand_id: me.brand.id }])}>
            {t('provider.grant')}
          </Button>
        </div>
      </fieldset>
      <Checkbox size="md" name="second" label={t('provider.second')} description={t('provider.secondHelp')} defaultChecked={p?.second ?? false} />
      <TextInput {...text} name="second_level" label={t('provider.level')} description={t('provider.levelHelp')} defaultValue={p?.second_level ?? ''} error={wrong('second_level')} />
      <Checkbox size="md" name="on" label={t('provider.on')} description={t('provider.onHelp')} defaultChecked={p?.on ?? true} />
      <div role="alert" className="wrong">
        {formWords(save.error, ...['name', 'issuer', 'client_id', 'secret', 'domains', 'otherwise', 'claim', 'grants', 'second_level'].map(wrong))}
      </div>
      <div className="acts">
        <Button type="submit" loading={save.isPending}>
          {t('save')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

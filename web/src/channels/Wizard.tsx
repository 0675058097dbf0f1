// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { accountsQuery, networksQuery, queries } from '../api/queries'
import type { Account, Description } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { inWords, useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { shown } from '../shell/name'
import { tell } from '../shell/notices'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import s from './Channels.module.css'
import { holdAtFirst } from './Hold'
import { SettingField } from './SettingField'
import { settingsFrom } from './settingsFrom'
import { signInAt, signsIn } from './signInAgain'

/** Connects a new account of a network, as the network's description says. */
export function NewChannel() {
  const { network } = useParams({ from: '/desk/channels/new/$network' })
  return <Described network={network}>{(d) => <Form key={d.id} description={d} />}</Described>
}

/** Changes an account that is there. */
export function EditChannel() {
  const { t } = useText()
  const { id } = useParams({ from: '/desk/channels/$id' })
  const accounts = useQuery(accountsQuery)
  const account = accounts.data?.find((a) => a.id === id)
  if (account) return <Described network={account.network}>{(d) => <Form key={id} description={d} account={account} />}</Described>
  return (
    <Page title={t('nav.channels')}>
      {accounts.isPending ? <Wait /> : accounts.isError ? <Trouble error={accounts.error} again={() => void accounts.refetch()} /> : <p>{t('channels.gone')}</p>}
      <Back />
    </Page>
  )
}

function Described({ network, children }: { network: string; children: (d: Description) => React.ReactNode }) {
  const { t } = useText()
  const networks = useQuery(networksQuery)
  const d = networks.data?.find((n) => n.id === network)
  if (d) return children(d)
  return (
    <Page title={t('nav.channels')}>
      {networks.isPending ? <Wait /> : networks.isError ? <Trouble error={networks.error} again={() => void networks.refetch()} /> : <p>{t('channels.noNetwork')}</p>}
      <Back />
    </Page>
  )
}

function Back() {
  const { t } = useText()
  return (
    <p>
      <Link to="/channels" search={{}}>
        {t('channels.back')}
      </Link>
    </p>
  )
}

function Form({ description: d, account: a }: { description: Description; account?: Account }) {
  const { t, language } = useText()
  const navigate = useNavigate()
  const form = useRef<HTMLFormElement>(null)
  const network = inWords(d.name, language)
  const [chosen, setChosen] = useState<Record<string, string> | undefined>(a?.settings)
  const bySignIn = signsIn(d, chosen) && (!a || !signsIn(d, a.settings))
  const save = useAct(
    async (input: { name: string; settings: Record<string, string> }, key): Promise<Account | undefined> => {
      if (a && !bySignIn) {
        return take(client.PATCH('/api/accounts/{id}', { params: { path: { id: a.id }, query: inBrand() }, body: input, headers: once(key) }))
      }
      const body = { network: d.id, ...input }
      if (bySignIn) {
        await signInAt({ ...body, account_id: a?.id }, key)
        return undefined
      }
      return take(client.POST('/api/accounts', { params: { query: inBrand() }, body: { ...body, hold_s: holdAtFirst(!!d.can.mailbox) }, headers: once(key) }))
    },
    (account) => {
      if (!account) return // the browser is on its way to the network
      void queries.invalidateQueries({ queryKey: ['accounts'] })
      if (a) tell(t('channels.changed'))
      void navigate({ to: '/channels', search: a ? {} : { connected: account.id } })
    },
  )
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError, save.error])

  const wrong = (field: string) => fieldWords(save.error, field)
  const fields = d.settings.filter((f) => !f.hidden)
  const draw = (advanced: boolean) =>
    fields
      .filter((f) => !!f.advanced === advanced)
      .map((f) => (
        <SettingField key={f.key} field={f} value={a?.settings[f.key]} isSet={a?.set.includes(f.key) ?? false} error={wrong(`settings.${f.key}`)} />
      ))
  const hasAdvanced = fields.some((f) => f.advanced)
  const wrongInside = fields.some((f) => f.advanced && wrong(`settings.${f.key}`))

  return (
    <Page title={a ? t('channels.changeTitle', { name: shown(a.name) || network }) : t('channels.connectTitle', { network })}>
      <p className="soft">{inWords(d.about, language)}</p>
      {!a && d.guide.length > 0 && (
        <>
          <h2>{t('channels.guide')}</h2>
          <ol className={s.guide}>
            {d.guide.map((g, i) => (
              <li key={i}>{inWords(g, language)}</li>
            ))}
          </ol>
        </>
      )}
      <h2>{t('channels.settings')}</h2>
      <form
        ref={form}
        className="sheet fields"
        onChange={(e) => {
          const v = entered(e.currentTarget)
          setChosen(Object.fromEntries(d.settings.map((f) => [f.key, v[`s.${f.key}`] ?? ''])))
        }}
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          save.mutate({ name: (v.name ?? '').trim(), settings: settingsFrom(d.settings, v, a?.settings) })
        }}
      >
        <TextInput name="name" label={t('channels.name')} description={t('channels.nameHelp')} required maxLength={100} defaultValue={a?.name ?? network} error={wrong('name')} />
        {draw(false)}
        {hasAdvanced && (
          <details className={s.more} open={wrongInside || undefined}>
            <summary>{t('channels.advanced')}</summary>
            <div className="fields">{draw(true)}</div>
          </details>
        )}
        <div role="alert" className="wrong">
          {formWords(save.error, wrong('name'), ...fields.map((f) => wrong(`settings.${f.key}`)))}
        </div>
        <div className="acts">
          <Button type="submit" loading={save.isPending}>
            {bySignIn ? t('channels.signInAt', { network }) : a ? t('save') : t('channels.test')}
          </Button>
          <Link to="/channels" search={{}} className={s.linkButton}>
            {t('cancel')}
          </Link>
        </div>
        {save.isPending && <p role="status">{t('channels.testing')}</p>}
      </form>
    </Page>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, Checkbox, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Webhook, WebhookBody } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { entered, focusFirstError, useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { shown } from '../shell/name'
import { tell, warn } from '../shell/notices'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import { Posted, postedAgain } from './Posted'
import s from './Webhooks.module.css'

const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: ({ signal }) => take(client.GET('/api/webhooks', { params: { query: inBrand() }, signal })),
  refetchInterval: 15_000, // whether something could be posted
})

const again = () => void queries.invalidateQueries({ queryKey: webhooksQuery.queryKey })

/** Where the brand's events are posted. Administrators decide it. */
export function Webhooks() {
  const { t } = useText()
  const me = useMe()
  const query = useQuery({ ...webhooksQuery, enabled: me.runs })
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState('')
  return (
    <Page title={t('hooks.title')}>
      <p className={s.back}>
        <Link to="/settings">{t('security.back')}</Link>
      </p>
      <p className={`soft ${s.how}`}>{t('hooks.how', { brand: me.brand.name })}</p>
      {query.isPending && me.runs && <Wait lines={3} />}
      {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
      {query.data?.webhooks.length === 0 && !adding && <p className="soft">{t('hooks.none')}</p>}
      {query.data && query.data.webhooks.length > 0 && (
        <ul className={s.hooks}>
          {query.data.webhooks.map((h) => (
            <One key={h.id} hook={h} types={query.data.types} onSecret={setSecret} />
          ))}
        </ul>
      )}
      {secret && (
        <div className={`sheet fields ${s.form}`}>
          <Copy label={t('hooks.secret')} help={t('hooks.secretHelp')} text={secret} lines={2} />
          <div>
            <Button onClick={() => setSecret('')}>{t('token.kept')}</Button>
          </div>
        </div>
      )}
      {query.data && adding && (
        <Add
          types={query.data.types}
          onAdded={(made) => {
            setSecret(made)
            setAdding(false)
            again()
          }}
          onDone={() => setAdding(false)}
        />
      )}
      {query.data && !adding && !secret && (
        <Button mt="md" variant="default" onClick={() => setAdding(true)}>
          {t('hooks.add')}
        </Button>
      )}
    </Page>
  )
}

function One({ hook, types, onSecret }: { hook: Webhook; types: string[]; onSecret: (secret: string) => void }) {
  const { t, language } = useText()
  const now = useNow()
  const [changing, setChanging] = useState(false)
  const [log, setLog] = useState(false)
  const at = { params: { path: { id: hook.id }, query: inBrand() } }
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const test = useAct(
    (_: null, key) => take(client.POST('/api/webhooks/{id}/test', { ...at, headers: once(key) })),
    () => {
      tell(t('hooks.tested'))
      setLog(true)
      postedAgain(hook.id)
    },
  )
  const change = useAct(
    (body: WebhookBody & { on: boolean }, key) => take(client.PUT('/api/webhooks/{id}', { ...at, body, headers: once(key) })),
    () => {
      setChanging(false)
      again()
    },
  )
  const renew = useAct(
    (_: null, key) => take(client.POST('/api/webhooks/{id}/secret', { ...at, headers: once(key) })),
    (made) => onSecret(made.secret),
  )
  const remove = useAct((_: null, key) => take(client.DELETE('/api/webhooks/{id}', { ...at, headers: once(key) })), again)
  const types_ = hook.types as WebhookBody['types']
  const on = hook.state !== 'off'
  return (
    <li>
      <div className={s.one}>
        <b>
          <bdi>{shown(hook.url)}</bdi>
        </b>
        <small className="soft">{hook.types.map((type) => t(`hooks.type.${type.replace('.', '_') as 'case_opened'}`)).join(' · ')}</small>
        <span>
          <span className={`chip ${hook.state === 'ok' ? 'good' : hook.state === 'failing' ? 'soon' : 'bad'}`}>{t(`hooks.state.${hook.state}`)}</span>{' '}
          {hook.state === 'failing' && (
            <small>{t('hooks.failing', { since: moment(hook.failing_since ?? '', now, language), next: moment(hook.retry_at ?? '', now, language) })}</small>
          )}
          {hook.state === 'off' && <small>{t(`hooks.off.${(hook.off_why || 'person') as 'person'}`)}</small>}
        </span>
      </div>
      <div className="acts">
        {on && (
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate(null, complain)}>
            {t('watch.test')}
          </Button>
        )}
        <Button variant="default" aria-expanded={log} onClick={() => setLog(!log)}>
          {t('hooks.log')}
        </Button>
        <Button variant="default" aria-expanded={changing} onClick={() => setChanging(!changing)}>
          {t('hooks.change')}
        </Button>
        <Button variant="default" loading={change.isPending} onClick={() => change.mutate({ url: hook.url, types: types_, on: !on }, complain)}>
          {on ? t('hooks.turnOff') : t('hooks.turnOn')}
        </Button>
        <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate(null, complain)}>
          {t('hooks.renew')}
        </Button>
        <Button variant="subtle" c="var(--bad)" aria-label={t('hooks.removeOf', { url: hook.url })} onClick={() => remove.mutate(null, complain)}>
          {t('watch.remove')}
        </Button>
      </div>
      {changing && (
        <Form types={types} hook={hook} error={change.error} saving={change.isPending} words={t('save')} onDone={() => setChanging(false)} onSave={(body) => change.mutate({ ...body, on })} />
      )}
      {log && <Posted hook={hook.id} on={on} />}
    </li>
  )
}

function Add({ types, onAdded, onDone }: { types: string[]; onAdded: (secret: string) => void; onDone: () => void }) {
  const { t } = useText()
  const add = useAct(
    (body: WebhookBody, key) => take(client.POST('/api/webhooks', { params: { query: inBrand() }, body, headers: once(key) })),
    (made) => onAdded(made.secret),
  )
  return <Form types={types} error={add.error} saving={add.isPending} words={t('hooks.add')} onDone={onDone} onSave={(body) => add.mutate(body)} />
}

function Form(p: { types: string[]; hook?: Webhook; error: unknown; saving: boolean; words: string; onSave: (body: WebhookBody) => void; onDone: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (p.error) focusFirstError(form.current)
  }, [p.error])
  const wrong = (field: string) => fieldWords(p.error, field)
  return (
    <form
      ref={form}
      className={`sheet fields ${s.form}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        p.onSave({ url: (v.url ?? '').trim(), types: p.types.filter((type) => v[type] === 'on') as WebhookBody['types'] })
      }}
    >
      <TextInput
        name="url"
        type="url"
        label={t('watch.address')}
        description={t('hooks.urlHelp')}
        placeholder="https://"
        defaultValue={p.hook?.url ?? ''}
        required
        withAsterisk={false}
        maxLength={2000}
        autoFocus
        autoComplete="off"
        error={wrong('url')}
      />
      <fieldset className={`fields ${s.choices}`}>
        <legend>{t('hooks.types')}</legend>
        {p.types.map((type) => (
          <Checkbox key={type} name={type} size="md" label={t(`hooks.type.${type.replace('.', '_') as 'case_opened'}`)} defaultChecked={p.hook?.types.includes(type) ?? true} />
        ))}
      </fieldset>
      <div role="alert" className="wrong">
        {wrong('types') ? t('error.webhook.bad_types') : formWords(p.error, wrong('url'))}
      </div>
      <div className="acts">
        <Button type="submit" loading={p.saving}>
          {p.words}
        </Button>
        <Button variant="default" onClick={p.onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

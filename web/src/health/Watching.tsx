// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { networksQuery, queries } from '../api/queries'
import type { Health, TargetBody, Watch } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { Ago } from '../channels/AccountState'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import '../shell/formStyles'
import { shown } from '../shell/name'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './HealthPage.module.css'

const watchQuery = queryOptions({
  queryKey: ['watch'],
  queryFn: ({ signal }) => take(client.GET('/api/watch', { params: { query: inBrand() }, signal })),
  refetchInterval: 15_000, // whether somebody could be told
})

const again = () => {
  void queries.invalidateQueries({ queryKey: watchQuery.queryKey })
  void queries.invalidateQueries({ queryKey: ['health'] })
}

/** What is watched for, who is told, and which accounts send themselves signs of life. Administrators decide it. */
export default function Watching({ accounts, canaries }: { accounts: Health['accounts']; canaries: Health['canaries'] }) {
  const { t } = useText()
  const query = useQuery(watchQuery)
  return (
    <>
      <h2>{t('watch.title')}</h2>
      <p className={`soft ${s.how}`}>{t('watch.how')}</p>
      {query.isPending && <Wait lines={2} />}
      {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
      {query.data && (
        <>
          <Targets watch={query.data} />
          <h3 className={s.part}>{t('watch.limits')}</h3>
          <Limits limits={query.data.limits} />
        </>
      )}
      <CanaryForms accounts={accounts} canaries={canaries} />
    </>
  )
}

function Targets({ watch }: { watch: Watch }) {
  const { t } = useText()
  const [adding, setAdding] = useState(false)
  const test = useAct(
    (id: string, key) => take(client.POST('/api/watch/targets/{id}/test', { params: { path: { id }, query: inBrand() }, headers: once(key) })),
    () => {
      tell(t('watch.tested'))
      again()
    },
  )
  const remove = useAct((id: string, key) => take(client.DELETE('/api/watch/targets/{id}', { params: { path: { id }, query: inBrand() }, headers: once(key) })), again)
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  return (
    <>
      {watch.targets.length === 0 && <p className="soft">{t('watch.nobody')}</p>}
      {watch.targets.length > 0 && (
        <ul className={s.targets}>
          {watch.targets.map((g) => (
            <li key={g.id}>
              <span>
                <span className="chip">{t(`watch.${g.kind}`)}</span> <bdi>{shown(g.address)}</bdi>{' '}
                <small className="soft">
                  {t('watch.last')} <Ago at={g.told_at} />
                </small>
                {g.error && <small className={s.why}>{g.error}</small>}
              </span>
              <span className="acts">
                <Button size="xs" variant="default" onClick={() => test.mutate(g.id, complain)}>
                  {t('watch.test')}
                </Button>
                <Button size="xs" variant="subtle" c="var(--bad)" onClick={() => remove.mutate(g.id, complain)}>
                  {t('watch.remove')}
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {adding ? (
        <AddTarget ways={watch.ways} onDone={() => setAdding(false)} />
      ) : (
        <Button mt="sm" variant="default" onClick={() => setAdding(true)}>
          {t('watch.add')}
        </Button>
      )}
    </>
  )
}

function AddTarget({ ways, onDone }: { ways: Watch['ways']; onDone: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const [kind, setKind] = useState<TargetBody['kind']>(ways.length > 0 ? 'email' : 'webhook')
  const add = useAct(
    (body: TargetBody, key) => take(client.POST('/api/watch/targets', { params: { query: inBrand() }, body, headers: once(key) })),
    () => {
      again()
      onDone()
    },
  )
  const wrong = (field: string) => fieldWords(add.error, field)
  useEffect(() => {
    if (add.isError) focusFirstError(form.current)
  }, [add.isError])
  return (
    <form
      ref={form}
      className={`sheet fields ${s.form}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        add.mutate({ kind, address: (v.address ?? '').trim(), account_id: v.account_id ?? '', secret: v.secret ?? '' })
      }}
    >
      <NativeSelect
        label={t('watch.kind')}
        value={kind}
        onChange={(e) => setKind(e.currentTarget.value as TargetBody['kind'])}
        data={[
          ...(ways.length > 0 ? [{ value: 'email', label: t('watch.email') }] : []),
          { value: 'webhook', label: t('watch.webhook') },
        ]}
        description={ways.length === 0 ? t('watch.noMail') : undefined}
      />
      <TextInput
        name="address"
        type={kind === 'email' ? 'email' : 'url'}
        label={kind === 'email' ? t('field.email') : t('watch.address')}
        required
        autoFocus
        autoComplete="off"
        error={wrong('address')}
      />
      {kind === 'email' && (
        <NativeSelect
          name="account_id"
          label={t('watch.over')}
          data={ways.map((w) => ({ value: w.account.id, label: w.address }))}
          error={wrong('account_id')}
        />
      )}
      {kind === 'webhook' && (
        <PasswordInput name="secret" label={t('watch.secret')} description={t('watch.secretHelp')} required minLength={16} autoComplete="off" error={wrong('secret')} />
      )}
      <div role="alert" className="wrong">
        {formWords(add.error, wrong('address'), wrong('secret'), wrong('account_id'))}
      </div>
      <div className="acts">
        <Button type="submit" loading={add.isPending}>
          {t('watch.add')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

const limitFields = ['account_minutes', 'lag_minutes', 'disk_mb', 'backup_hours'] as const

function Limits({ limits }: { limits: Watch['limits'] }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const save = useAct(
    (body: Watch['limits'], key) => take(client.PUT('/api/watch/limits', { params: { query: inBrand() }, body, headers: once(key) })),
    () => {
      tell(t('saved'))
      again()
    },
  )
  const wrong = (field: string) => fieldWords(save.error, field)
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])
  return (
    <form
      ref={form}
      className={`sheet fields ${s.form}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        const n = (k: string) => Math.round(Number(v[k] ?? '0'))
        save.mutate({ account_minutes: n('account_minutes'), lag_minutes: n('lag_minutes'), disk_mb: n('disk_mb'), backup_hours: n('backup_hours') })
      }}
    >
      {limitFields.map((k) => (
        <TextInput key={k} name={k} type="number" min={0} label={t(`watch.${k}`)} defaultValue={limits[k]} required withAsterisk={false} error={wrong(k)} />
      ))}
      <div role="alert" className="wrong">
        {formWords(save.error, ...limitFields.map(wrong))}
      </div>
      <div>
        <Button type="submit" variant="default" loading={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

const intervals = [0, 15, 60, 360, 1440]

function CanaryForms({ accounts, canaries }: { accounts: Health['accounts']; canaries: Health['canaries'] }) {
  const { t } = useText()
  const networks = useQuery(networksQuery).data
  const set = useAct(
    ({ id, every }: { id: string; every: number }, key) =>
      take(client.PUT('/api/accounts/{id}/canary', { params: { path: { id }, query: inBrand() }, body: { every_minutes: every }, headers: once(key) })),
    again,
  )
  const can = accounts.filter((a) => networks?.find((n) => n.id === a.network)?.can.canary)
  if (can.length === 0) return null
  return (
    <>
      <h3 className={s.part}>{t('canary.title')}</h3>
      <p className={`soft ${s.how}`}>{t('canary.how')}</p>
      <div className={`sheet fields ${s.form}`}>
        {can.map((a) => {
          const every = canaries.find((c) => c.account.id === a.id)?.every_minutes ?? 0
          return (
            <NativeSelect
              key={a.id}
              label={shown(a.name)}
              value={String(every)}
              onChange={(e) => set.mutate({ id: a.id, every: Number(e.currentTarget.value) }, { onError: (err) => warn(wordsFor(err)) })}
              data={[...new Set([...intervals, every])].map((n) => ({ value: String(n), label: n === 0 ? t('canary.off') : n < 60 ? t('canary.minutes', { n }) : t('canary.hours', { n: n / 60 }) }))}
            />
          )
        })}
      </div>
    </>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Scope, TokenBody } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { day, moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { entered, focusFirstError, useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './Settings.module.css'
import { useProof } from './useProof'

const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/me/tokens', { signal }))).tokens,
  staleTime: 0, // nothing tells that one was used
})

const again = () => void queries.invalidateQueries({ queryKey: tokensQuery.queryKey })

/** What one's own programs sign in with. */
export function Tokens() {
  const { t, language } = useText()
  const now = useNow()
  const tokens = useQuery(tokensQuery)
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState('')
  const end = useAct(
    (k: { id: string; name: string }, key) => take(client.DELETE('/api/me/tokens/{id}', { params: { path: { id: k.id } }, headers: once(key) })),
    (_, k) => {
      tell(t('token.ended', { name: k.name }))
      again()
    },
  )
  if (tokens.isPending) return <Wait lines={2} />
  if (tokens.isError) return <Trouble error={tokens.error} again={() => void tokens.refetch()} />
  return (
    <div className={s.narrow}>
      <p className="soft">{t('token.how')}</p>
      {tokens.data.length > 0 && (
        <ul className={s.things}>
          {tokens.data.map((k) => (
            <li key={k.id}>
              <span className={s.thing}>
                <b>
                  <bdi>{k.name}</bdi>
                </b>
                <small className="soft">
                  {k.scopes.map((scope) => t(`token.scope.${scope as Scope}`)).join(' · ')}
                  <br />
                  {t('token.until', { at: day(k.ends_at, language) })} · {k.used_at ? t('token.used', { at: moment(k.used_at, now, language) }) : t('token.unused')}
                </small>
              </span>
              <Button
                variant="subtle"
                c="var(--bad)"
                aria-label={t('token.endOf', { name: k.name })}
                onClick={() => end.mutate(k, { onError: (e) => warn(wordsFor(e)) })}
              >
                {t('token.end')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {secret && (
        <div className={`sheet fields ${s.add}`}>
          <Copy label={t('token.secret')} help={t('token.secretHelp')} text={secret} lines={2} />
          <div>
            <Button onClick={() => setSecret('')}>{t('token.kept')}</Button>
          </div>
        </div>
      )}
      {adding && (
        <MakeToken
          onMade={(made) => {
            setSecret(made)
            setAdding(false)
            again()
          }}
          onDone={() => setAdding(false)}
        />
      )}
      {!adding && !secret && (
        <Button mt="md" variant="default" onClick={() => setAdding(true)}>
          {t('token.add')}
        </Button>
      )}
    </div>
  )
}

const scopes = ['read', 'reply', 'work', 'administer'] as const

function MakeToken({ onMade, onDone }: { onMade: (secret: string) => void; onDone: () => void }) {
  const { t } = useText()
  const me = useMe()
  const form = useRef<HTMLFormElement>(null)
  const { withProof, dialog } = useProof()
  const make = useAct(
    (body: TokenBody) => withProof(() => take(client.POST('/api/me/tokens', { body }))),
    (made) => onMade(made.secret),
  )
  useEffect(() => {
    if (make.isError) focusFirstError(form.current)
  }, [make.isError])
  const wrong = (field: string) => fieldWords(make.error, field)
  return (
    <>
      {dialog}
      <form
        ref={form}
        className={`sheet fields ${s.add}`}
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          make.mutate({ name: (v.token ?? '').trim(), scopes: scopes.filter((scope) => v[scope] === 'on'), days: Number(v.days) })
        }}
      >
        <TextInput name="token" label={t('token.name')} description={t('token.nameHelp')} required withAsterisk={false} maxLength={100} autoComplete="off" autoFocus error={wrong('name')} />
        <fieldset className={`fields ${s.choices}`}>
          <legend>{t('token.scopes')}</legend>
          {scopes
            .filter((scope) => scope !== 'administer' || me.runs)
            .map((scope) => (
              <Checkbox key={scope} name={scope} size="md" label={t(`token.scope.${scope}`)} defaultChecked={scope === 'read'} />
            ))}
        </fieldset>
        <NativeSelect
          name="days"
          label={t('token.days')}
          defaultValue="90"
          data={[
            { value: '30', label: t('token.days30') },
            { value: '90', label: t('token.days90') },
            { value: '366', label: t('token.days366') },
          ]}
          error={wrong('days')}
        />
        <div role="alert" className="wrong">
          {wrong('scopes') ? t('error.token.scopes.unknown') : formWords(make.error, wrong('name'), wrong('days'))}
        </div>
        <div className="acts">
          <Button type="submit" loading={make.isPending}>
            {t('token.add')}
          </Button>
          <Button variant="default" onClick={onDone}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </>
  )
}

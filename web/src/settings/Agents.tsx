// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { agentsQuery, queries } from '../api/queries'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, shortestPassword, useAct } from '../shell/form'
import { useMe } from '../shell/me'
import { tell } from '../shell/notices'
import { Secret } from '../shell/Secret'
import { Trouble, Wait } from '../shell/Wait'
import { Invitations } from './Invitations'
import { PasswordLink } from './PasswordLink'
import s from './Settings.module.css'
import { TakeSecond } from './TakeSecond'

interface NewAgent {
  name: string
  email: string
  password: string
  role: 'administrator' | 'agent'
}

/** Who works here; administrators add to it. */
export function Agents({ canAdd }: { canAdd: boolean }) {
  const { t } = useText()
  const me = useMe()
  const agents = useQuery(agentsQuery)
  const [adding, setAdding] = useState(false)
  return (
    <>
      {agents.isPending && <Wait lines={2} />}
      {agents.isError && <Trouble error={agents.error} again={() => void agents.refetch()} />}
      {agents.data && (
        <ul className={s.agents}>
          {agents.data.map((a) => (
            <li key={a.id}>
              <b aria-hidden>{a.initials}</b>
              <span>
                <bdi>{a.name}</bdi> {a.email && <bdi className="soft">{a.email}</bdi>}
              </span>
              {a.role === 'administrator' && <span className="chip">{t('role.administrator')}</span>}
              {canAdd && a.id !== me.id && (
                <>
                  <PasswordLink of={a} />
                  <TakeSecond from={a} />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {canAdd && <Invitations />}
      {canAdd && (adding ? <AddAgent onDone={() => setAdding(false)} /> : <Button mt="md" variant="default" onClick={() => setAdding(true)}>{t('agents.add')}</Button>)}
    </>
  )
}

function AddAgent({ onDone }: { onDone: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const add = useAct(
    (body: NewAgent, key) => take(client.POST('/api/agents', { body, headers: once(key) })),
    (_, body) => {
      void queries.invalidateQueries({ queryKey: agentsQuery.queryKey })
      tell(t('agents.added', { name: body.name }))
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
      className={`sheet fields ${s.narrow} ${s.add}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        add.mutate({
          name: (v.name ?? '').trim(),
          email: (v.email ?? '').trim(),
          password: v.password ?? '',
          role: v.role === 'administrator' ? 'administrator' : 'agent',
        })
      }}
    >
      <TextInput name="name" label={t('settings.name')} required maxLength={100} autoComplete="off" autoFocus error={wrong('name')} />
      <TextInput name="email" type="email" label={t('field.email')} required autoComplete="off" error={wrong('email')} />
      <Secret
        name="password"
        label={t('field.password')}
        description={t('agents.passwordHelp', { n: shortestPassword })}
        required
        minLength={shortestPassword}
        autoComplete="new-password"
        error={wrong('password')}
        aria-invalid={wrong('password') ? true : undefined}
      />
      <NativeSelect
        name="role"
        label={t('agents.role')}
        data={[
          { value: 'agent', label: t('role.agent') },
          { value: 'administrator', label: t('role.administrator') },
        ]}
      />
      <div role="alert" className="wrong">
        {formWords(add.error, wrong('name'), wrong('email'), wrong('password'))}
      </div>
      <div className="acts">
        <Button type="submit" loading={add.isPending}>
          {t('agents.add')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

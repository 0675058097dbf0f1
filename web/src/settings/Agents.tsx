// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { agentsQuery, queries, staffQuery } from '../api/queries'
import type { Role } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, shortestPassword, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import { Secret } from '../shell/Secret'
import { Trouble, Wait } from '../shell/Wait'
import { roles } from './roles'
import s from './Settings.module.css'

interface NewAgent {
  name: string
  email: string
  password: string
  role: Role
}

/** Who works in the brand. */
export function Agents() {
  const { t } = useText()
  const agents = useQuery(agentsQuery)
  return (
    <>
      {agents.isPending && <Wait lines={2} />}
      {agents.isError && <Trouble error={agents.error} again={() => void agents.refetch()} />}
      {agents.data && (
        <ul className={s.agents}>
          {agents.data.map((a) => (
            <li key={a.id}>
              <b aria-hidden>{a.initials}</b>
              <span className={s.person}>
                <bdi>{a.name}</bdi> {a.email && <bdi className="soft">{a.email}</bdi>}
              </span>
              {a.role && <span className="chip">{t(`role.${a.role}`)}</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Lets one more work in the brand; for administrators. */
export function AddAgent() {
  const { t } = useText()
  const [adding, setAdding] = useState(false)
  if (adding) return <NewAgentForm onDone={() => setAdding(false)} />
  return (
    <Button mt="md" variant="default" onClick={() => setAdding(true)}>
      {t('agents.add')}
    </Button>
  )
}

function NewAgentForm({ onDone }: { onDone: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const add = useAct(
    (body: NewAgent, key) => take(client.POST('/api/agents', { params: { query: inBrand() }, body, headers: once(key) })),
    (_, body) => {
      void queries.invalidateQueries({ queryKey: agentsQuery.queryKey })
      void queries.invalidateQueries({ queryKey: staffQuery.queryKey })
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
          role: roles.find((r) => r === v.role) ?? 'agent',
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
        description={t('agents.roleHelp')}
        defaultValue="agent"
        data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
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

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { client, Problem, take } from '../api/client'
import { forgetAgent, meQuery, queries } from '../api/queries'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, shortestPassword, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import { Secret } from '../shell/Secret'
import { Trouble, Wait } from '../shell/Wait'
import { Gate } from './Gate'

/** Where a link leads: to begin to work here, or to choose a new password. Nothing is used up before a button is pressed. */
export function Welcome() {
  const { t } = useText()
  // What stands behind the # is sent to nobody, and is not left in the address for whoever looks over a shoulder.
  const [token] = useState(() => window.location.hash.slice(1))
  useEffect(() => window.history.replaceState(window.history.state, '', window.location.pathname), [])
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => take(client.POST('/api/links/look', { body: { token } })),
    retry: false,
    gcTime: 0,
  })
  if (link.isPending) return <Wait />
  if (link.isError) {
    const over = link.error instanceof Problem && link.error.code === 'link.over'
    return (
      <Gate title={over ? t('welcome.over') : t('broken.title')}>
        {over ? <p>{t('welcome.overHow')}</p> : <Trouble error={link.error} again={() => void link.refetch()} />}
        <Link to="/sign-in" search={{}}>
          {t('welcome.toSignIn')}
        </Link>
      </Gate>
    )
  }
  return <Choose token={token} {...link.data} />
}

interface ChooseProps {
  token: string
  kind: 'invite' | 'reset'
  name: string
  email: string
  brand: string
}

function Choose({ token, kind, name, email, brand }: ChooseProps) {
  const { t } = useText()
  const navigate = useNavigate()
  const form = useRef<HTMLFormElement>(null)
  const joins = kind === 'invite'
  const go = useAct(async (body: { name: string; password: string }) => {
    if (!joins) {
      await take(client.POST('/api/links/reset', { body: { token, password: body.password } }))
      forgetAgent()
      tell(t('welcome.saved'))
      return navigate({ to: '/sign-in', search: {} })
    }
    const me = await take(client.POST('/api/links/join', { body: { token, ...body } }))
    queries.clear()
    queries.setQueryData(meQuery.queryKey, me)
    return navigate({ to: '/inbox/$view', params: { view: 'open' } })
  })
  useEffect(() => {
    if (go.isError) focusFirstError(form.current)
  }, [go.isError])
  const wrong = (field: string) => fieldWords(go.error, field)
  return (
    <Gate title={joins ? t('welcome.join', { brand }) : t('welcome.reset')}>
      <p>{joins ? t('welcome.joinHow', { email }) : t('welcome.resetHow', { email })}</p>
      <form
        ref={form}
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          const v = entered(e.currentTarget)
          go.mutate({ name: (v.name ?? name).trim(), password: v.password ?? '' })
        }}
      >
        <input type="text" name="username" value={email} autoComplete="username" readOnly hidden />
        {joins && <TextInput name="name" label={t('setup.name')} defaultValue={name} required withAsterisk={false} maxLength={100} autoComplete="name" error={wrong('name')} />}
        <Secret
          name="password"
          label={t('field.password')}
          description={t('setup.passwordHelp', { n: shortestPassword })}
          required
          withAsterisk={false}
          minLength={shortestPassword}
          autoComplete="new-password"
          autoFocus
          error={wrong('password')}
        />
        <div role="alert" className="wrong">
          {formWords(go.error, wrong('name'), wrong('password'))}
        </div>
        <Button type="submit" size="md" loading={go.isPending}>
          {joins ? t('welcome.go') : t('welcome.save')}
        </Button>
      </form>
    </Gate>
  )
}

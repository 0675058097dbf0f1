// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { client, once, Problem, take } from '../api/client'
import { meQuery, queries, setupQuery } from '../api/queries'
import type { Me, SignInState } from '../api/types'
import { problemWords, wordsFor } from '../api/words'
import { speak, useText } from '../i18n'
import { entered, useAct } from '../shell/form'
import { Secret } from '../shell/Secret'
import { Gate } from './Gate'
import { PasskeyButton } from './PasskeyButton'
import { ProviderButtons } from './ProviderButtons'
import { SecondForm } from './SecondForm'

/** The door. In the demo the key is in the lock. */
export function SignIn() {
  const { t, language } = useText()
  const navigate = useNavigate()
  const router = useRouter()
  const { back, ended, wrong, second: halfway } = useSearch({ from: '/sign-in' })
  const setup = useQuery(setupQuery)
  const needed = setup.data?.needed
  useEffect(() => {
    if (needed) void navigate({ to: '/setup', replace: true })
  }, [needed, navigate])

  const [second, setSecond] = useState<SignInState>()
  const [own, setOwn] = useState(false)
  // Whoever comes back from a provider may have a step to do here.
  useEffect(() => {
    if (halfway) void take(client.GET('/api/session')).then((state) => state.step === 'second' && setSecond(state), () => {})
  }, [halfway])
  function enter(me: Me) {
    queries.clear()
    queries.setQueryData(meQuery.queryKey, me)
    if (back) router.history.push(back)
    else void navigate({ to: '/inbox/$view', params: { view: 'open' } })
  }
  const signIn = useAct(async (body: { email: string; password: string }, key) => {
    try {
      enter(await take(client.POST('/api/session', { body, headers: once(key) })))
    } catch (e) {
      if (!(e instanceof Problem) || e.code !== 'session.second_step') throw e
      setSecond(await take(client.GET('/api/session')))
    }
  })
  const demo = setup.data?.demo
  if (second) return <SecondForm ways={second} onIn={enter} onBack={() => setSecond(undefined)} />
  const other = language === 'de' ? 'en' : 'de'
  const doors = setup.data?.providers ?? []
  const onlyDoors = setup.data?.own === 'administrators' && !own
  return (
    <Gate title={t('signin.title')}>
      {ended && <p role="status">{t('signin.ended')}</p>}
      {demo && <p className="soft">{t('signin.demo')}</p>}
      {wrong && (
        <p role="alert" className="wrong">
          {problemWords(wrong, '')}
        </p>
      )}
      {doors.length > 0 && <ProviderButtons doors={doors} back={back} />}
      {onlyDoors ? (
        <button className="plainButton" onClick={() => setOwn(true)}>
          {t('signin.own')}
        </button>
      ) : (
        <form
          key={demo ? 'demo' : 'empty'}
          className="fields"
          onSubmit={(e) => {
            e.preventDefault()
            const { email = '', password = '' } = entered(e.currentTarget)
            signIn.mutate({ email: email.trim(), password })
          }}
        >
          <TextInput name="email" type="email" label={t('field.email')} autoComplete="username" required withAsterisk={false} defaultValue={demo?.email} size="md" autoFocus />
          <Secret
            name="password"
            label={t('field.password')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            defaultValue={demo?.password}
            size="md"
          />
          <div role="alert" className="wrong">
            {signIn.isError ? wordsFor(signIn.error) : ''}
          </div>
          <Button type="submit" size="md" loading={signIn.isPending}>
            {t('signin.go')}
          </Button>
        </form>
      )}
      {setup.data?.passkeys && !onlyDoors && <PasskeyButton words={t('signin.passkey')} onIn={enter} />}
      {!onlyDoors && <Link to="/forgotten">{t('signin.forgotten')}</Link>}
      <button className="plainButton" lang={other} onClick={() => void speak(other)}>
        {other === 'de' ? 'Deutsch' : 'English'}
      </button>
    </Gate>
  )
}

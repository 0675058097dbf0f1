// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { client, take } from '../api/client'
import { forgetAgent, meQuery, queries } from '../api/queries'
import type { NewApp } from '../api/types'
import { useText } from '../i18n'
import { App, BeginApp, Recovery } from '../settings/App'
import { MakePasskey, passkeysQuery } from '../settings/Passkeys'
import { useProof } from '../settings/useProof'
import { Gate } from './Gate'
import { knowsPasskeys } from './passkeys'

/** Where a sign-in leads that needs a second step and has none: it is set up here, and the desk follows. */
export function SetUpSecondStep() {
  const { t } = useText()
  const navigate = useNavigate()
  const router = useRouter()
  const { back } = useSearch({ from: '/second-step' })
  const me = useQuery(meQuery)
  const passkeys = useQuery(passkeysQuery)
  const { withProof, dialog } = useProof()
  const [begun, setBegun] = useState<NewApp>()
  const [codes, setCodes] = useState<string[]>()

  async function goOn() {
    await queries.refetchQueries({ queryKey: meQuery.queryKey })
    if (back) router.history.push(back)
    else void navigate({ to: '/inbox/$view', params: { view: 'open' } })
  }
  async function signOut() {
    await take(client.DELETE('/api/session'))
    await navigate({ to: '/sign-in', search: {} })
    forgetAgent()
  }
  return (
    <Gate title={t('second.title')} wide>
      {dialog}
      <p>{t('second.how')}</p>
      {!begun && !codes && (
        <>
          <p>{t('second.now')}</p>
          <BeginApp withProof={withProof} onBegun={setBegun} />
          {knowsPasskeys() && passkeys.data?.possible && (
            <MakePasskey withProof={withProof} onMade={(_, recovery) => setCodes(recovery)} />
          )}
        </>
      )}
      {begun && (
        <App
          begun={begun}
          withProof={withProof}
          onDone={(recovery) => {
            setBegun(undefined)
            setCodes(recovery)
          }}
        />
      )}
      {codes && <Recovery codes={codes} onKept={() => void goOn()} />}
      {me.data && !codes && (
        <button className="plainButton" onClick={() => void signOut()}>
          {t('nav.out', { name: me.data.name })}
        </button>
      )}
    </Gate>
  )
}

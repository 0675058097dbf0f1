// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { client, take } from '../api/client'
import type { NewApp } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { App, BeginApp, Recovery } from './App'
import s from './Settings.module.css'
import { useProof } from './useProof'
import { secondQuery, useSecondAgain } from './useSecondAgain'

/** One's own second step when signing in: an app that tells codes, and what stands in for it. */
export function SecondStep() {
  const { t } = useText()
  const second = useQuery(secondQuery)
  const { withProof, dialog } = useProof()
  const [begun, setBegun] = useState<NewApp>()
  const [codes, setCodes] = useState<string[]>()
  const again = useSecondAgain()
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const remove = useAct(
    (_: null) => withProof(() => take(client.DELETE('/api/me/totp'))),
    () => {
      tell(t('second.removed'))
      void again()
    },
  )
  const renew = useAct(
    (_: null) => withProof(() => take(client.POST('/api/me/recovery'))),
    (answer) => {
      setCodes(answer.recovery)
      void again()
    },
  )
  if (second.isPending) return <Wait lines={2} />
  if (second.isError) return <Trouble error={second.error} again={() => void second.refetch()} />
  const has = second.data
  return (
    <div className={`sheet fields ${s.narrow}`}>
      {dialog}
      <p className="soft">{t('second.how')}</p>
      {has.asked === 'soon' && <p>{t('second.soon')}</p>}
      {codes && <Recovery codes={codes} onKept={() => setCodes(undefined)} />}
      {(has.codes || has.passkeys > 0) && !codes && (
        <>
          <p>
            {has.codes && t('second.set')} {t('second.recoveryLeft', { count: has.recovery })}
          </p>
          <div className="acts">
            <Button variant="default" loading={renew.isPending} title={t('second.recoveryNewHelp')} onClick={() => renew.mutate(null, complain)}>
              {t('second.recoveryNew')}
            </Button>
            {has.codes && (
              <Button variant="subtle" c="var(--bad)" loading={remove.isPending} onClick={() => remove.mutate(null, complain)}>
                {t('second.remove')}
              </Button>
            )}
          </div>
        </>
      )}
      {!has.codes && !begun && <BeginApp withProof={withProof} onBegun={setBegun} />}
      {begun && (
        <App
          begun={begun}
          withProof={withProof}
          onLeave={() => setBegun(undefined)}
          onDone={(recovery) => {
            setBegun(undefined)
            if (recovery.length > 0) setCodes(recovery)
            tell(t('second.confirmed'))
            void again()
          }}
        />
      )}
    </div>
  )
}

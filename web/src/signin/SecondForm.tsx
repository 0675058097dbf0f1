// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { client, take } from '../api/client'
import type { Me, SignInState } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { Code } from '../settings/App'
import { entered, focusFirstError, useAct } from '../shell/form'
import { Gate } from './Gate'
import { PasskeyButton } from './PasskeyButton'

/** The second step of a sign-in: the password was right. */
export function SecondForm({ ways, onIn, onBack }: { ways: SignInState; onIn: (me: Me) => void; onBack: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const finish = useAct((code: string) => take(client.POST('/api/session/code', { body: { code } })), onIn)
  useEffect(() => {
    if (finish.isError) focusFirstError(form.current)
  }, [finish.isError])
  const wrong = fieldWords(finish.error, 'code')
  return (
    <Gate title={t('signin.second')}>
      <p>{ways.codes ? t('signin.secondHow') : t('signin.secondPasskeyHow')}</p>
      {ways.passkey && <PasskeyButton words={t('signin.passkeySecond')} onIn={onIn} />}
      <form
        ref={form}
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          finish.mutate(entered(e.currentTarget).code ?? '')
        }}
      >
        <Code label={t('signin.code')} help={ways.codes ? (ways.recovery ? t('signin.codeHelp') : t('signin.codeHelpApp')) : t('signin.codeHelpRecovery')} wrong={wrong} />
        <div role="alert" className="wrong">
          {formWords(finish.error, wrong)}
        </div>
        <Button type="submit" size="md" loading={finish.isPending}>
          {t('signin.go')}
        </Button>
      </form>
      <button className="plainButton" onClick={onBack}>
        {t('signin.else')}
      </button>
    </Gate>
  )
}

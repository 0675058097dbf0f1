// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { client, Problem, take } from '../api/client'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { entered, focusFirstError, useAct } from '../shell/form'
import { Secret } from '../shell/Secret'
import { bondsQuery } from './bondsQuery'

interface Asking {
  proven: () => void
  left: () => void
}

/**
 * For what whoever sits at a desk that was left open must not do: where the server wants to know once more who is there,
 * the password is asked for, and the act is carried out behind that. The dialog is to be drawn by whoever uses it.
 */
export function useProof(): { withProof: <T>(act: () => Promise<T>) => Promise<T>; dialog: ReactNode } {
  const [asking, setAsking] = useState<Asking | undefined>()
  async function withProof<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (e) {
      if (!(e instanceof Problem) || e.code !== 'session.prove') throw e
      await new Promise<void>((proven, left) => setAsking({ proven, left: () => left(e) })).finally(() => setAsking(undefined))
      return act()
    }
  }
  return { withProof, dialog: asking && <Proof {...asking} /> }
}

function Proof({ proven, left }: Asking) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const prove = useAct((password: string) => take(client.POST('/api/me/proof', { body: { password } })), proven)
  useEffect(() => {
    if (prove.isError) focusFirstError(form.current)
  }, [prove.isError])
  const bonds = useQuery(bondsQuery)
  const away = useAct(async (provider: string) => {
    const { url } = await take(client.POST('/api/me/proof/provider', { body: { provider, back: location.pathname } }))
    location.assign(url)
  })
  const wrong = fieldWords(prove.error, 'password')
  return (
    <Dialog title={t('proof.title')} onClose={left}>
      <form
        ref={form}
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          prove.mutate(entered(e.currentTarget).password ?? '')
        }}
      >
        <p>{t('proof.how')}</p>
        <Secret name="password" label={t('field.password')} required withAsterisk={false} autoComplete="current-password" autoFocus error={wrong} />
        <div role="alert" className="wrong">
          {formWords(prove.error ?? away.error, wrong)}
        </div>
        <div className="acts">
          <Button type="submit" loading={prove.isPending}>
            {t('proof.go')}
          </Button>
          {bonds.data &&
            bonds.data.bonds.length > 0 &&
            bonds.data.providers.map((p) => (
              <Button key={p.id} variant="default" loading={away.isPending && away.variables === p.id} onClick={() => away.mutate(p.id)}>
                {t('signin.provider', { name: p.name })}
              </Button>
            ))}
          <Button variant="default" onClick={left}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

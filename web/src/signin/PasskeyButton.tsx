// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { client, take } from '../api/client'
import type { Me } from '../api/types'
import { useAct } from '../shell/form'
import { knowsPasskeys, signWithPasskey } from './passkeys'
import { passkeyWords } from './passkeyWords'

/** Signs in with a passkey, or finishes with one. Where the browser knows none, there is no such button. */
export function PasskeyButton({ words, onIn }: { words: string; onIn: (me: Me) => void }) {
  const signIn = useAct(async (_: null) => {
    const { options } = await take(client.POST('/api/session/passkey/begin'))
    return take(client.POST('/api/session/passkey', { body: { credential: await signWithPasskey(options) } }))
  }, onIn)
  if (!knowsPasskeys()) return null
  return (
    <>
      <div role="alert" className="wrong">
        {signIn.isError ? passkeyWords(signIn.error) : ''}
      </div>
      <Button size="md" variant="default" loading={signIn.isPending} onClick={() => signIn.mutate(null)}>
        {words}
      </Button>
    </>
  )
}

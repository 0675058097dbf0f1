// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useState } from 'react'
import { client, once, take } from '../api/client'
import type { Agent } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { useProof } from './useProof'

/** Takes away the second step of somebody who has lost it. */
export function TakeSecond({ from }: { from: Agent }) {
  const { t } = useText()
  const [asking, setAsking] = useState(false)
  const { withProof, dialog } = useProof()
  const remove = useAct(
    (id: string, key) => withProof(() => take(client.DELETE('/api/agents/{id}/second-step', { params: { path: { id } }, headers: once(key) }))),
    () => tell(t('second.taken', { name: from.name })),
  )
  return (
    <>
      {dialog}
      <Button size="compact-sm" variant="subtle" aria-label={t('second.takeOf', { name: from.name })} onClick={() => setAsking(true)}>
        {t('second.take')}
      </Button>
      {asking && (
        <Dialog title={t('second.takeTitle', { name: from.name })} onClose={() => setAsking(false)}>
          <p>{t('second.takeHow')}</p>
          <div className="acts">
            <Button
              color="bad"
              onClick={() => {
                setAsking(false)
                remove.mutate(from.id, { onError: (e) => warn(wordsFor(e)) })
              }}
            >
              {t('second.take')}
            </Button>
            <Button variant="default" onClick={() => setAsking(false)}>
              {t('cancel')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useState } from 'react'
import { client, take } from '../api/client'
import type { Agent } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'
import { warn } from '../shell/notices'
import { LinkDialog, type HandedLink } from './LinkDialog'
import { useProof } from './useProof'

/** Makes a link for somebody who has forgotten their password. */
export function PasswordLink({ of }: { of: Agent }) {
  const { t } = useText()
  const [link, setLink] = useState<HandedLink>()
  const { withProof, dialog } = useProof()
  const make = useAct(
    (id: string) => withProof(() => take(client.POST('/api/agents/{id}/link', { params: { path: { id } } }))),
    (made) => setLink({ name: of.name, link: made.link, endsAt: made.ends_at, help: 'link.resetHelp' }),
  )
  return (
    <>
      {dialog}
      <Button
        size="compact-sm"
        variant="subtle"
        aria-label={t('link.passwordOf', { name: of.name })}
        onClick={() => make.mutate(of.id, { onError: (e) => warn(wordsFor(e)) })}
      >
        {t('link.password')}
      </Button>
      {link && <LinkDialog {...link} onClose={() => setLink(undefined)} />}
    </>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { client, take } from '../api/client'
import type { Door } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'

/** Sends the browser to somebody who says who people are, to come back signed in. */
export function ProviderButtons({ doors, back }: { doors: Door[]; back?: string }) {
  const { t } = useText()
  const go = useAct(async (provider: string) => {
    const { url } = await take(client.POST('/api/session/provider', { body: { provider, back: back ?? '' } }))
    location.assign(url)
  })
  return (
    <>
      {doors.map((d) => (
        <Button key={d.id} size="md" variant="default" loading={go.isPending && go.variables === d.id} onClick={() => go.mutate(d.id)}>
          {t('signin.provider', { name: d.name })}
        </Button>
      ))}
      <div role="alert" className="wrong">
        {go.isError ? wordsFor(go.error) : ''}
      </div>
    </>
  )
}

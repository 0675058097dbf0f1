// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { NativeSelect } from '@mantine/core'
import { useId } from 'react'
import type { Account } from '../api/types'
import { useText } from '../i18n'

const offered = [0, 5, 10, 20, 30, 60]

/** What a newly connected account is given where nobody sits and waits for an answer; where somebody does, none. */
export function holdAtFirst(live: boolean): number {
  return live ? 0 : 10
}

/** For how long the account's replies wait, in which they can be taken back. */
export function Hold({ account: a, onChoose }: { account: Account; onChoose: (seconds: number) => void }) {
  const { t } = useText()
  const id = useId()
  const seconds = offered.includes(a.hold_s) ? offered : [...offered, a.hold_s].sort((x, y) => x - y)
  return (
    <NativeSelect
      id={id}
      label={t('hold')}
      description={t('hold.how')}
      value={String(a.hold_s)}
      onChange={(e) => onChoose(Number(e.currentTarget.value))}
      data={seconds.map((n) => ({ value: String(n), label: n === 0 ? t('hold.none') : t('hold.seconds', { n }) }))}
    />
  )
}

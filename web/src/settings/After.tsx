// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { NativeSelect } from '@mantine/core'
import { useText } from '../i18n'
import type { Done } from '../inbox/after'
import { choose, useMe } from '../shell/me'
import s from './Settings.module.css'

const acts: Done[] = ['solve', 'send', 'send_solve']
const places = ['next', 'stay', 'list'] as const

/** What the desk shows after an act with which somebody may be done with a case. */
export function After() {
  const { t } = useText()
  const { after } = useMe()
  return (
    <div className={`sheet fields ${s.narrow}`}>
      {acts.map((act) => (
        <NativeSelect
          key={act}
          label={t(`after.${act}`)}
          value={after[act]}
          onChange={(e) => {
            const then = places.find((p) => p === e.currentTarget.value)
            if (then) void choose({ after: { ...after, [act]: then } })
          }}
          data={places.map((value) => ({ value, label: t(`after.${value}`) }))}
        />
      ))}
    </div>
  )
}

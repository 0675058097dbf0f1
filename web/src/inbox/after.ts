// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useNavigate } from '@tanstack/react-router'
import type { Me, View } from '../api/types'
import { useMe } from '../shell/me'
import { useNext } from './next'

/** An act with which somebody may be done with a case. */
export type Done = keyof Me['after']

/** Shows what the agent wants to see after an act: the next case, the same one as it is now, or the list. */
export function useAfter(view: View): (done: Done, current: string) => Promise<void> {
  const me = useMe()
  const next = useNext(view)
  const navigate = useNavigate()
  return async (done, current) => {
    switch (me.after[done]) {
      case 'next':
        return next(current)
      case 'list':
        return navigate({ to: '/inbox/$view', params: { view } })
      case 'stay':
        return
    }
  }
}

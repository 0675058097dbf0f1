// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { newKey } from '../api/client'
import { isFinal } from '../api/problem'

/** As short as the server takes a password; it says no to guessable ones besides. */
export const shortestPassword = 12

/**
 * One act of a form. Pressing the button again after a lost answer repeats the act under its old key; once it has been
 * answered, or its input has changed, the next one is a new act.
 */
export function useAct<In, Out>(act: (input: In, key: string) => Promise<Out>, onDone?: (out: Out, input: In) => void) {
  const last = useRef({ input: '', key: '' })
  return useMutation({
    mutationFn: (input: In) => {
      const now = JSON.stringify(input)
      if (now !== last.current.input || !last.current.key) last.current = { input: now, key: newKey() }
      return act(input, last.current.key)
    },
    onError(e) {
      if (isFinal(e)) last.current = { input: '', key: '' } // the reason may be mended elsewhere meanwhile
    },
    onSuccess(out, input) {
      last.current = { input: '', key: '' }
      onDone?.(out, input)
    },
  })
}

/** The fields of a form as the browser has them: what a password manager filled in counts as well. */
export function entered(form: HTMLFormElement): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [k, v] of new FormData(form)) if (typeof v === 'string') out[k] = v
  return out
}

/** Puts the focus on the first field that is wrong, so that nobody has to look for it. */
export function focusFirstError(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>(':is(input, select, textarea)[aria-invalid="true"]')?.focus())
}

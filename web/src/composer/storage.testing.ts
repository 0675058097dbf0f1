// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { vi } from 'vitest'

/** A localStorage of the test's own; it can be full. */
export function storage(full = false): Record<string, string> {
  const kept: Record<string, string> = {}
  const methods = {
    getItem: (k: string) => kept[k] ?? null,
    setItem: (k: string, v: string) => {
      if (full) throw new DOMException('full', 'QuotaExceededError')
      kept[k] = v
    },
    removeItem: (k: string) => void Reflect.deleteProperty(kept, k),
  }
  vi.stubGlobal(
    'localStorage',
    new Proxy(kept, { get: (target, k: string) => methods[k as keyof typeof methods] ?? target[k] }),
  )
  return kept
}

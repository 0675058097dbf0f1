// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useSyncExternalStore } from 'react'

/** One value that the page can watch: the connection's state, the notices. What the server knows is not kept in it. */
export interface Signal<T> {
  get: () => T
  set: (next: T) => void
  subscribe: (f: () => void) => () => void
}

export function signal<T>(value: T): Signal<T> {
  const watching = new Set<() => void>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const f of watching) f()
    },
    subscribe(f) {
      watching.add(f)
      return () => watching.delete(f)
    },
  }
}

export function useSignal<T>(s: Signal<T>): T {
  return useSyncExternalStore(s.subscribe, s.get, s.get)
}

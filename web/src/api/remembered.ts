// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

const prefix = 'hilft.'

/** What this browser remembers, or undefined. Storage may be full, switched off or filled by somebody else. */
export function remembered(name: string): unknown {
  try {
    const raw = localStorage.getItem(prefix + name)
    return raw === null ? undefined : JSON.parse(raw)
  } catch {
    return undefined
  }
}

/** Remembers a value, or forgets it when it is undefined. Reports whether that worked. */
export function remember(name: string, value: unknown): boolean {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

/** The names of all that is remembered under a beginning. */
export function rememberedNames(beginning: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((k) => k.startsWith(prefix + beginning))
      .map((k) => k.slice(prefix.length))
  } catch {
    return []
  }
}

/** Calls f when another tab of this browser has changed what is remembered under a name. Returns how to stop. */
export function onRememberedElsewhere(name: string, f: () => void): () => void {
  function onStorage(e: StorageEvent) {
    if (e.key === null || e.key === prefix + name) f() // null: all of it was cleared
  }
  window.addEventListener('storage', onStorage)
  return () => window.removeEventListener('storage', onStorage)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// In which brand this tab is. Two tabs may be in two: each remembers its own, and a new one begins where the last was left.

const name = 'hilft.brand'

function kept(storage: () => Storage): string | undefined {
  try {
    return storage().getItem(name) || undefined
  } catch {
    return undefined // switched off
  }
}

let now = kept(() => sessionStorage) ?? kept(() => localStorage)

/** Is in a brand from now on. */
export function enterBrand(id: string): void {
  now = id || undefined
  for (const storage of [() => sessionStorage, () => localStorage]) {
    try {
      storage().setItem(name, id)
    } catch {
      // The tab knows it as long as it is open.
    }
  }
}

/** The brand, as requests about what a brand has name it. */
export function inBrand(): { brand?: string } {
  return now ? { brand: now } : {}
}

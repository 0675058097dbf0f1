// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import type { Account, AccountBody, Description } from '../api/types'
import { t } from '../i18n'
import { warn } from '../shell/notices'

/** Whether an account with these settings is connected by signing in at its network: always, or where a choice says so. */
export function signsIn(d: Description, settings: Record<string, string> = {}): boolean {
  if (d.can.sign_in !== 'partial') return !!d.can.sign_in
  return d.settings.some((f) => f.choices?.some((c) => c.sign_in && c.value === (settings[f.key] ?? f.default)))
}

/** Sends the browser to the network to sign in for an account that is there already. */
export function signInAgain(a: Account): Promise<void> {
  return signInAt({ network: a.network, name: a.name, settings: a.settings, account_id: a.id })
}

/** Sends the browser to the network to sign in. It comes back to the list of channels. */
export async function signInAt(body: AccountBody & { account_id?: string }, key?: string): Promise<void> {
  const { url } = await take(client.POST('/api/accounts/sign-in', { params: { query: inBrand() }, body, headers: once(key) }))
  // The address comes from a network: it may be a page and nothing else.
  if (!/^https?:\/\//i.test(url)) {
    warn(t('channels.signInFailed'))
    return
  }
  location.assign(url)
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { wordsFor } from '../api/words'
import { t } from '../i18n'
import { AlreadyThere, NotConfirmed } from './passkeys'

/** What to tell about a passkey that could not be made or used: what the device said, else what the server did. */
export function passkeyWords(error: unknown): string {
  if (error instanceof NotConfirmed) return t('passkey.left')
  if (error instanceof AlreadyThere) return t('passkey.already')
  return wordsFor(error)
}

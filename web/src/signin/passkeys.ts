// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** Whether this browser, at this address, knows passkeys. Over plain http it does not. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential
}

/** The person or the device did not confirm: taken back, timed out, or there is none. */
export class NotConfirmed extends Error {}

/** The device has a passkey of this person already. */
export class AlreadyThere extends Error {}

/** Has the device make a passkey. The answer is for the server. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON)
  return answer(() => navigator.credentials.create({ publicKey }))
}

/** Has the device sign with a passkey it has. The answer is for the server. */
export async function signWithPasskey(options: unknown): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON)
  return answer(() => navigator.credentials.get({ publicKey }))
}

async function answer(ask: () => Promise<Credential | null>): Promise<unknown> {
  let got
  try {
    got = await ask()
  } catch (e) {
    if (e instanceof DOMException && e.name === 'InvalidStateError') throw new AlreadyThere()
    throw new NotConfirmed()
  }
  if (!(got instanceof PublicKeyCredential)) throw new NotConfirmed()
  return got.toJSON()
}

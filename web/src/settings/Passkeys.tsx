// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { Passkey } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { Dialog } from '../shell/Dialog'
import { entered, focusFirstError, useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { knowsPasskeys, makePasskey } from '../signin/passkeys'
import { passkeyWords } from '../signin/passkeyWords'
import { Recovery } from './App'
import s from './Settings.module.css'
import { useProof } from './useProof'
import { useSecondAgain } from './useSecondAgain'

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: ({ signal }) => take(client.GET('/api/me/passkeys', { signal })),
})

/** One's own passkeys: to make, name and remove. */
export function Passkeys() {
  const { t, language } = useText()
  const now = useNow()
  const passkeys = useQuery(passkeysQuery)
  const secondAgain = useSecondAgain()
  const { withProof, dialog } = useProof()
  const [codes, setCodes] = useState<string[]>()
  const [renaming, setRenaming] = useState<Passkey>()
  const again = () => {
    void queries.invalidateQueries({ queryKey: passkeysQuery.queryKey })
    void secondAgain()
  }
  const remove = useAct(
    (k: Passkey, key) => withProof(() => take(client.DELETE('/api/me/passkeys/{id}', { params: { path: { id: k.id } }, headers: once(key) }))),
    (_, k) => {
      tell(t('passkey.removed', { name: k.name }))
      again()
    },
  )
  if (passkeys.isPending) return <Wait lines={2} />
  if (passkeys.isError) return <Trouble error={passkeys.error} again={() => void passkeys.refetch()} />
  const { possible, passkeys: all } = passkeys.data
  return (
    <div className={s.narrow}>
      {dialog}
      <p className="soft">{t('passkey.how')}</p>
      {all.length > 0 && (
        <ul className={s.things}>
          {all.map((k) => (
            <li key={k.id}>
              <span className={s.thing}>
                <b>
                  <bdi>{k.name}</bdi>
                </b>
                <small className="soft">
                  {t('passkey.made', { at: moment(k.made_at, now, language) })} ·{' '}
                  {k.used_at ? t('passkey.used', { at: moment(k.used_at, now, language) }) : t('passkey.unused')}
                </small>
              </span>
              <span className="acts">
                <Button variant="default" aria-label={t('passkey.renameOf', { name: k.name })} onClick={() => setRenaming(k)}>
                  {t('passkey.rename')}
                </Button>
                <Button
                  variant="subtle"
                  c="var(--bad)"
                  aria-label={t('passkey.removeOf', { name: k.name })}
                  onClick={() => remove.mutate(k, { onError: (e) => warn(wordsFor(e)) })}
                >
                  {t('passkey.remove')}
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      {renaming && <Rename passkey={renaming} onDone={again} onClose={() => setRenaming(undefined)} />}
      {codes && (
        <div className="sheet">
          <Recovery codes={codes} onKept={() => setCodes(undefined)} />
        </div>
      )}
      {!codes && possible && knowsPasskeys() && (
        <MakePasskey
          withProof={withProof}
          onMade={(name, recovery) => {
            if (recovery.length > 0) setCodes(recovery)
            tell(t('passkey.added', { name }))
            again()
          }}
        />
      )}
      {!possible && <p>{t('passkey.impossible')}</p>}
      {possible && !knowsPasskeys() && <p>{t('passkey.notHere')}</p>}
    </div>
  )
}

interface MakeProps {
  withProof: <T>(act: () => Promise<T>) => Promise<T>
  onMade: (name: string, recovery: string[]) => void
}

/** Has the device make a passkey, under a name. */
export function MakePasskey({ withProof, onMade }: MakeProps) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const make = useAct(
    async (name: string) => {
      const { options } = await withProof(() => take(client.POST('/api/me/passkeys/begin')))
      const credential = await makePasskey(options)
      return take(client.POST('/api/me/passkeys', { body: { name, credential } }))
    },
    (made) => {
      form.current?.reset()
      onMade(made.passkey.name, made.recovery)
    },
  )
  useEffect(() => {
    if (make.isError) focusFirstError(form.current)
  }, [make.isError])
  const wrong = fieldWords(make.error, 'name')
  return (
    <form
      ref={form}
      className={`sheet fields ${s.add}`}
      onSubmit={(e) => {
        e.preventDefault()
        make.mutate((entered(e.currentTarget).passkey ?? '').trim())
      }}
    >
      <TextInput name="passkey" label={t('passkey.name')} description={t('passkey.nameHelp')} required withAsterisk={false} maxLength={100} autoComplete="off" error={wrong} />
      <div role="alert" className="wrong">
        {make.isError && !wrong ? passkeyWords(make.error) : ''}
      </div>
      <div>
        <Button type="submit" loading={make.isPending}>
          {t('passkey.add')}
        </Button>
      </div>
    </form>
  )
}

function Rename({ passkey, onDone, onClose }: { passkey: Passkey; onDone: () => void; onClose: () => void }) {
  const { t } = useText()
  const rename = useAct(
    (name: string, key) => take(client.PATCH('/api/me/passkeys/{id}', { params: { path: { id: passkey.id } }, body: { name }, headers: once(key) })),
    () => {
      onDone()
      onClose()
    },
  )
  const wrong = fieldWords(rename.error, 'name')
  return (
    <Dialog title={t('passkey.renameOf', { name: passkey.name })} onClose={onClose}>
      <form
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          rename.mutate((entered(e.currentTarget).passkey ?? '').trim())
        }}
      >
        <TextInput name="passkey" label={t('passkey.name')} required withAsterisk={false} maxLength={100} autoComplete="off" defaultValue={passkey.name} autoFocus error={wrong} />
        <div role="alert" className="wrong">
          {formWords(rename.error, wrong)}
        </div>
        <div className="acts">
          <Button type="submit" loading={rename.isPending}>
            {t('save')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, TextInput } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { client, take } from '../api/client'
import type { NewApp } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import s from './Settings.module.css'

interface AppProps {
  begun: NewApp
  onDone: (recovery: string[]) => void
  onLeave?: () => void
  withProof: <T>(act: () => Promise<T>) => Promise<T>
}

/** Sets up an app that tells codes: it is shown the key, and shows that it has understood. */
export function App({ begun, onDone, onLeave, withProof }: AppProps) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const confirm = useAct(
    (code: string) => withProof(() => take(client.POST('/api/me/totp/confirm', { body: { code } }))),
    (answer) => onDone(answer.recovery),
  )
  useEffect(() => {
    if (confirm.isError) focusFirstError(form.current)
  }, [confirm.isError])
  const wrong = fieldWords(confirm.error, 'code')
  const { size, path } = begun.qr
  return (
    <form
      ref={form}
      className="fields"
      onSubmit={(e) => {
        e.preventDefault()
        confirm.mutate(entered(e.currentTarget).code ?? '')
      }}
    >
      <h3>{t('second.scan')}</h3>
      <p className="soft">{t('second.scanHow')}</p>
      <svg className={s.qr} viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img" aria-label={t('second.qr')} shapeRendering="crispEdges">
        <rect x={-4} y={-4} width={size + 8} height={size + 8} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <Copy label={t('second.secret')} help={t('second.secretHelp')} text={begun.secret} />
      <Code label={t('second.code')} help={t('second.codeHelp')} wrong={wrong} />
      <div role="alert" className="wrong">
        {formWords(confirm.error, wrong)}
      </div>
      <div className="acts">
        <Button type="submit" loading={confirm.isPending}>
          {t('second.confirm')}
        </Button>
        {onLeave && (
          <Button variant="default" onClick={onLeave}>
            {t('cancel')}
          </Button>
        )}
      </div>
    </form>
  )
}

/** A field for a code, which phones fill in by themselves. */
export function Code({ label, help, wrong }: { label: string; help: string; wrong?: string }) {
  return (
    <TextInput
      name="code"
      label={label}
      description={help}
      required
      withAsterisk={false}
      maxLength={64}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      autoFocus
      error={wrong}
    />
  )
}

/** The recovery codes, this once. */
export function Recovery({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const { t } = useText()
  return (
    <div className="fields">
      <Copy label={t('second.recovery')} help={t('second.recoveryHow')} text={codes.join('\n')} lines={codes.length} />
      <div>
        <Button onClick={onKept}>{t('second.recoveryKept')}</Button>
      </div>
    </div>
  )
}

/** Begins to set up an app. */
export function BeginApp({ withProof, onBegun }: { withProof: AppProps['withProof']; onBegun: (begun: NewApp) => void }) {
  const { t } = useText()
  const begin = useAct((_: null) => withProof(() => take(client.POST('/api/me/totp'))), onBegun)
  return (
    <>
      <div role="alert" className="wrong">
        {begin.isError ? wordsFor(begin.error) : ''}
      </div>
      <div>
        <Button loading={begin.isPending} onClick={() => begin.mutate(null)}>
          {t('second.begin')}
        </Button>
      </div>
    </>
  )
}

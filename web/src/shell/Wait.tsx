// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { Unreachable } from '../api/problem'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import s from './Wait.module.css'

/** Shows grey lines once somebody has waited for 300 ms; before that, nothing flickers. */
export function Wait({ lines = 6 }: { lines?: number }) {
  const { t } = useText()
  const long = useLongWait()
  if (!long) return null
  return (
    <div className={s.wait} role="status" aria-label={t('loading')}>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className={s.line} />
      ))}
    </div>
  )
}

function useLongWait(): boolean {
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 300)
    return () => clearTimeout(timer)
  }, [])
  return long
}

/** What could not be shown, why, and a way to ask again. */
export function Trouble({ error, again, children }: { error: unknown; again?: () => void; children?: ReactNode }) {
  const { t } = useText()
  return (
    <div className={s.trouble} role="alert">
      <p>{wordsFor(error)}</p>
      <div className="acts">
        {again && <Button onClick={again}>{t('again')}</Button>}
        {children}
      </div>
    </div>
  )
}

/** Where a page broke. A fault of the app itself is said as such: it is not the connection. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const { t } = useText()
  const router = useRouter()
  const ours = error instanceof TypeError || error instanceof ReferenceError
  // The app may have been opened without a connection: it goes on by itself when there is one.
  useEffect(() => {
    if (!(error instanceof Unreachable)) return
    const again = () => {
      reset()
      void router.invalidate()
    }
    const timer = setTimeout(again, 5_000)
    window.addEventListener('online', again)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', again)
    }
  }, [error, reset, router])
  return (
    <main className="page">
      <h1>{t('broken.title')}</h1>
      {ours ? <p role="alert">{t('broken.ours')}</p> : null}
      {ours ? (
        <Button mt="md" onClick={() => location.reload()}>
          {t('reload')}
        </Button>
      ) : (
        <Trouble
          error={error}
          again={() => {
            reset()
            void router.invalidate()
          }}
        />
      )}
    </main>
  )
}

export function NotFound() {
  const { t } = useText()
  return (
    <main className="page">
      <h1>{t('notFound.title')}</h1>
      <p>
        <Link to="/inbox/$view" params={{ view: 'open' }}>
          {t('notFound.inbox')}
        </Link>
      </p>
    </main>
  )
}

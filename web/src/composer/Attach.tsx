// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, useState } from 'react'
import { problemWords } from '../api/words'
import { useText } from '../i18n'
import { bytes } from '../i18n/format'
import { newKey } from '../api/client'
import { Icon } from '../shell/Icon'
import type { Limits } from '../api/types'
import s from './Composer.module.css'
import type { Held } from './draft'
import { codeOf, putUp, refusedBefore } from './upload'

interface Underway {
  key: string
  name: string
  size: number
  done: number
  stop: AbortController
}

/** Files on their way to the server. They arrive in the draft; what was not there yet when the case is left is stopped. */
export function useUploads(held: Held[], limits: Limits, onHeld: (f: Held) => void) {
  const [underway, setUnderway] = useState<Underway[]>([])
  const [problem, setProblem] = useState('')
  const all = useRef(new Set<AbortController>())
  const arrived = useRef(onHeld)
  useEffect(() => {
    arrived.current = onHeld
  })
  useEffect(() => {
    const stops = all.current
    return () => stops.forEach((c) => c.abort())
  }, [])

  function add(files: Iterable<File>) {
    setProblem('')
    const others: { size: number }[] = [...held, ...underway]
    for (const file of files) {
      const code = refusedBefore(file, others, limits)
      if (code) {
        setProblem(`${file.name}: ${problemWords(code, '')}`)
        continue
      }
      others.push(file)
      const one: Underway = { key: newKey(), name: file.name, size: file.size, done: 0, stop: new AbortController() }
      all.current.add(one.stop)
      setUnderway((u) => [...u, one])
      putUp(file, (done) => setUnderway((u) => u.map((x) => (x.key === one.key ? { ...x, done } : x))), one.stop.signal)
        .then((f) => arrived.current(f))
        .catch((e: unknown) => {
          if (!one.stop.signal.aborted) setProblem(`${file.name}: ${problemWords(codeOf(e), '')}`)
        })
        .finally(() => {
          all.current.delete(one.stop)
          setUnderway((u) => u.filter((x) => x.key !== one.key))
        })
    }
  }
  return { underway, problem, add }
}

/** The files of a reply: those that are there, with a description each, and those on their way. */
export function Attachments({ held, underway, problem, onChange }: { held: Held[]; underway: Underway[]; problem: string; onChange: (held: Held[]) => void }) {
  const { t, language } = useText()
  return (
    <>
      {(held.length > 0 || underway.length > 0) && (
        <ul className={s.files} aria-label={t('composer.files')}>
          {held.map((f) => (
            <li key={f.ticket}>
              <Icon name="file" size={18} />
              <bdi>{f.name}</bdi> <small>{bytes(f.size, language)}</small>
              <input
                value={f.alt}
                data-alt={f.alt.trim()}
                dir="auto"
                maxLength={1500}
                placeholder={t('composer.alt')}
                aria-label={t('composer.altOf', { name: f.name })}
                onChange={(e) => onChange(held.map((x) => (x === f ? { ...x, alt: e.target.value } : x)))}
              />
              <button aria-label={t('composer.removeFile', { name: f.name })} onClick={() => onChange(held.filter((x) => x !== f))}>
                ×
              </button>
            </li>
          ))}
          {underway.map((u) => (
            <li key={u.key}>
              <bdi>{u.name}</bdi>
              <progress max={1} value={u.done} aria-label={t('composer.uploading', { name: u.name })} />
              <button aria-label={t('composer.removeFile', { name: u.name })} onClick={() => u.stop.abort()}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {problem && (
        <p className={s.blocked} role="alert">
          {problem}
        </p>
      )}
    </>
  )
}

/** The button that chooses files. */
export function AttachButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const { t } = useText()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" className={s.attach} onClick={() => input.current?.click()} aria-label={t('composer.attach')} title={t('composer.attach')}>
        <Icon name="clip" size={20} />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(e) => {
          onFiles([...(e.target.files ?? [])])
          e.target.value = ''
        }}
      />
    </>
  )
}

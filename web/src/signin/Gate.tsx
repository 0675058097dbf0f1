// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, type ReactNode } from 'react'
import s from './Gate.module.css'

/** The frame of the pages that come before the desk. */
export function Gate({ title, children, wide }: { title: string; children: ReactNode; wide?: boolean }) {
  useEffect(() => {
    document.title = `${title} · hilft`
  }, [title])
  return (
    <main className={s.gate}>
      <div className={wide ? `${s.card} ${s.wide}` : s.card}>
        <p className={s.brand}>
          <span aria-hidden>h</span> hilft
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef, type ReactNode } from 'react'
import { useMe } from './me'

/** A page beside the inbox: its title takes the focus, so that a screen reader says where one has come to. */
export function Page({ title, wide, children }: { title: string; wide?: boolean; children: ReactNode }) {
  const me = useMe()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  useEffect(() => {
    document.title = `${title} · ${me.brand.name} · hilft`
  }, [title, me.brand.name])
  return (
    <main id="main" tabIndex={-1} className={wide ? 'page wide' : 'page'}>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from 'react'
import { safeHref } from '../case/links'

/** A link out of the desk. An address that is not http, https, mailto or tel is shown as text. */
export function Outward({ href, children, className }: { href: string; children: ReactNode; className?: string }) {
  const safe = safeHref(href)
  if (!safe) return <span className={className}>{children}</span>
  return (
    // eslint-disable-next-line no-restricted-syntax -- the one place where it is allowed
    <a href={safe} target="_blank" rel="noopener noreferrer" className={className}>
      {children}
    </a>
  )
}

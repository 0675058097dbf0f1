// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useRef, type ReactNode } from 'react'

/**
 * A question that must be answered first. The browser's own dialog keeps the focus inside, makes the rest of the page
 * inert, closes on Escape and gives the focus back.
 */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const d = ref.current
    if (d && !d.open) d.showModal()
    return () => d?.close()
  }, [])
  return (
    <dialog ref={ref} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); onClose() }}>
      <h2 id={id} style={{ fontSize: 17, margin: '0 0 12px' }}>
        {title}
      </h2>
      {children}
    </dialog>
  )
}

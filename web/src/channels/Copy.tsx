// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useId, useRef } from 'react'
import { useText } from '../i18n'
import { tell } from '../shell/notices'
import s from './Channels.module.css'

/** A text to take elsewhere. Where the browser gives no clipboard (plain http), it is selected for the keyboard. */
export function Copy({ label, help, text, lines = 1 }: { label: string; help: string; text: string; lines?: number }) {
  const { t } = useText()
  const id = useId()
  const box = useRef<HTMLTextAreaElement>(null)
  async function copy() {
    try {
      await navigator.clipboard.writeText(text)
      tell(t('copied'))
    } catch {
      box.current?.focus()
      box.current?.select()
      tell(t('copyByHand'))
    }
  }
  return (
    <div className={s.copy}>
      <label htmlFor={id}>{label}</label>
      <small className="soft" id={`${id}-help`}>
        {help}
      </small>
      <div>
        <textarea ref={box} id={id} aria-describedby={`${id}-help`} readOnly rows={lines} value={text} spellCheck={false} />
        <Button variant="default" onClick={() => void copy()}>
          {t('copy')}
        </Button>
      </div>
    </div>
  )
}

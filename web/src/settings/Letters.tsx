// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, NativeSelect, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { lettersQuery, queries } from '../api/queries'
import type { Letters as LettersBody } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './Settings.module.css'

const signings = ['off', 'initials', 'name'] as const

/** What the brand puts around its letters: the signature, and what says that a mail has arrived. */
export function Letters() {
  const letters = useQuery(lettersQuery)
  if (letters.isPending) return <Wait lines={3} />
  if (letters.isError) return <Trouble error={letters.error} again={() => void letters.refetch()} />
  return <Form now={letters.data} />
}

function Form({ now }: { now: LettersBody }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const save = useAct(
    (body: LettersBody, key) => take(client.PUT('/api/brand/letters', { params: { query: inBrand() }, body, headers: once(key) })),
    (kept) => {
      queries.setQueryData(lettersQuery.queryKey, kept)
      tell(t('saved'))
    },
  )
  useEffect(() => {
    if (save.isError) focusFirstError(form.current)
  }, [save.isError])
  const wrong = (field: string) => fieldWords(save.error, field)
  const how = signings.map((value) => ({ value, label: t(`letters.signs.${value}`) }))
  const text = { rows: 4, maxLength: 4000, resize: 'vertical' as const }
  return (
    <form
      ref={form}
      className={`sheet fields ${s.narrow}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        const signing = (how?: string) => signings.find((x) => x === how) ?? 'off'
        save.mutate({
          signature: v.signature ?? '',
          receipt_de: v.receipt_de ?? '',
          receipt_en: v.receipt_en ?? '',
          signs_public: signing(v.signs_public),
          signs_private: signing(v.signs_private),
        })
      }}
    >
      <Textarea {...text} name="signature" label={t('letters.signature')} description={t('letters.signatureHelp')} defaultValue={now.signature} error={wrong('signature')} />
      <Textarea {...text} name="receipt_de" label={t('letters.receiptDe')} description={t('letters.receiptHelp')} defaultValue={now.receipt_de} error={wrong('receipt_de')} />
      <Textarea {...text} name="receipt_en" label={t('letters.receiptEn')} defaultValue={now.receipt_en} error={wrong('receipt_en')} />
      <NativeSelect name="signs_public" label={t('letters.signsPublic')} description={t('letters.signsHelp')} defaultValue={now.signs_public ?? 'off'} data={how} />
      <NativeSelect name="signs_private" label={t('letters.signsPrivate')} defaultValue={now.signs_private ?? 'off'} data={how} />
      <div role="alert" className="wrong">
        {formWords(save.error, wrong('signature'), wrong('receipt_de'), wrong('receipt_en'))}
      </div>
      <div>
        <Button type="submit" loading={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

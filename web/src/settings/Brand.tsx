// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { client, once, take } from '../api/client'
import { meQuery, queries, staffQuery } from '../api/queries'
import type { BrandBody, Me } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { entered, focusFirstError, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import s from './Settings.module.css'

/** How customers know us, and one more brand; for administrators. */
export function Brand({ me }: { me: Me }) {
  const { t } = useText()
  const [adding, setAdding] = useState(false)
  const save = useAct(
    (body: BrandBody, key) => take(client.PUT('/api/brands/{id}', { params: { path: { id: me.brand.id } }, body, headers: once(key) })),
    () => {
      void queries.invalidateQueries({ queryKey: meQuery.queryKey })
      tell(t('saved'))
    },
  )
  const add = useAct(
    (body: BrandBody, key) => take(client.POST('/api/brands', { body, headers: once(key) })),
    (made) => {
      void queries.invalidateQueries({ queryKey: meQuery.queryKey })
      void queries.invalidateQueries({ queryKey: staffQuery.queryKey })
      tell(t('brands.added', { name: made.name }))
      setAdding(false)
    },
  )
  return (
    <>
      <Form key={me.brand.id} now={me.brand} act={save} words={t('save')} />
      {adding ? (
        <Form now={{ name: '', language: me.brand.language, answer_in: me.brand.answer_in }} act={add} words={t('brands.add')} onCancel={() => setAdding(false)} />
      ) : (
        <Button mt="md" variant="default" onClick={() => setAdding(true)}>
          {t('brands.add')}
        </Button>
      )}
    </>
  )
}

interface FormProps {
  now: BrandBody
  act: { mutate: (body: BrandBody) => void; isPending: boolean; isError: boolean; error: unknown }
  words: string
  onCancel?: () => void
}

function Form({ now, act, words, onCancel }: FormProps) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const wrong = (field: string) => fieldWords(act.error, field)
  useEffect(() => {
    if (act.isError) focusFirstError(form.current)
  }, [act.isError])
  return (
    <form
      ref={form}
      className={onCancel ? `sheet fields ${s.narrow} ${s.add}` : `sheet fields ${s.narrow}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        act.mutate({ name: (v.name ?? '').trim(), language: v.language === 'de' ? 'de' : 'en', answer_in: Number(v.answer_in) || 0 })
      }}
    >
      <TextInput name="name" label={t('setup.brand')} description={t('setup.brandHelp')} defaultValue={now.name} required maxLength={100} autoFocus={!!onCancel} error={wrong('name')} />
      <NativeSelect
        name="language"
        label={t('brands.language')}
        defaultValue={now.language}
        data={[
          { value: 'de', label: 'Deutsch' },
          { value: 'en', label: 'English' },
        ]}
      />
      <TextInput
        name="answer_in"
        type="number"
        min={1}
        max={10080}
        label={t('brands.answerIn')}
        description={t('brands.answerInHelp')}
        defaultValue={now.answer_in}
        required
        error={wrong('answer_in')}
      />
      <div role="alert" className="wrong">
        {formWords(act.error, wrong('name'), wrong('answer_in'))}
      </div>
      <div className="acts">
        <Button type="submit" loading={act.isPending}>
          {words}
        </Button>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t('cancel')}
          </Button>
        )}
      </div>
    </form>
  )
}

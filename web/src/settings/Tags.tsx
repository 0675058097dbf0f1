// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { outdated, queries, tagsQuery } from '../api/queries'
import type { Tag } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useAct } from '../shell/form'
import { lineOf } from '../shell/name'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import s from './Settings.module.css'

/** What cases of the brand belong to: its words for it are mended here, and made where cases get them. */
export function Tags() {
  const { t } = useText()
  const tagging = useQuery(tagsQuery)
  const [chosen, choose] = useState<Tag>()
  const close = useAct(
    (closed: boolean, key) => take(client.PUT('/api/tags', { params: { query: inBrand() }, body: { closed }, headers: once(key) })),
    (now) => {
      queries.setQueryData(tagsQuery.queryKey, now)
      tell(t('saved'))
    },
  )
  if (tagging.isPending) return <Wait lines={2} />
  if (tagging.isError) return <Trouble error={tagging.error} again={() => void tagging.refetch()} />
  const { tags, closed } = tagging.data
  return (
    <div className={`sheet fields ${s.narrow}`}>
      {tags.length === 0 ? (
        <p className="soft">{t('tags.none')}</p>
      ) : (
        <ul className={s.tags}>
          {tags.map((g) => (
            <li key={g.id}>
              <Button variant="default" onClick={() => choose(g)} aria-haspopup="dialog" maw="100%">
                <bdi>{lineOf(g.name)}</bdi>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Checkbox size="md" label={t('tags.closed')} checked={closed} onChange={(e) => close.mutate(e.currentTarget.checked, { onError: (x) => warn(wordsFor(x)) })} />
      {chosen && <Change key={chosen.id} tag={chosen} others={tags.filter((g) => g.id !== chosen.id)} onClose={() => choose(undefined)} />}
    </div>
  )
}

function Change({ tag, others, onClose }: { tag: Tag; others: Tag[]; onClose: () => void }) {
  const { t } = useText()
  const [name, setName] = useState(tag.name)
  const [into, setInto] = useState('')
  const path = { id: tag.id }
  const done = () => {
    onClose()
    outdated(['tags'])
    tell(t('saved'))
  }
  const rename = useAct((to: string, key) => take(client.PUT('/api/tags/{id}', { params: { path }, body: { name: to }, headers: once(key) })), done)
  const remove = useAct((heir: string, key) => take(client.DELETE('/api/tags/{id}', { params: { path, query: { into: heir } }, headers: once(key) })), done)
  const wrong = fieldWords(rename.error, 'name')
  return (
    <Dialog title={t('tags.change', { name: lineOf(tag.name) })} onClose={onClose}>
      <form
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          rename.mutate(name)
        }}
      >
        <TextInput label={t('tags.name')} value={name} onChange={(e) => setName(e.currentTarget.value)} error={wrong} maxLength={200} dir="auto" required />
        <div>
          <Button type="submit" loading={rename.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      <form
        className="fields"
        style={{ marginTop: 20 }}
        onSubmit={(e) => {
          e.preventDefault()
          remove.mutate(into)
        }}
      >
        <NativeSelect
          label={t('tags.into')}
          value={into}
          onChange={(e) => setInto(e.currentTarget.value)}
          data={[{ value: '', label: t('tags.nothing') }, ...others.map((g) => ({ value: g.id, label: lineOf(g.name) }))]}
        />
        <div role="alert" className="wrong">
          {formWords(rename.error, wrong) || formWords(remove.error)}
        </div>
        <div style={{ display: 'flex', gap: 8 }}>
          <Button type="submit" color="bad" variant="default" loading={remove.isPending}>
            {t(into ? 'tags.merge' : 'tags.remove')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('close')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useOffers } from '../actions/offers'
import { Cap, useButton } from '../actions/useButton'
import { tagsQuery } from '../api/queries'
import type { SavedView, View } from '../api/types'
import { useText, withLater } from '../i18n'
import { rightsIn, useMe } from '../shell/me'
import { lineOf } from '../shell/name'
import s from './Bar.module.css'
import { isBuiltIn, lookOf, viewOf, type Look } from './look'

const Narrow = lazy(() => withLater(import('./Narrow')))
const ViewForm = lazy(() => withLater(import('./ViewForm')))

interface Props {
  view: View
  saved: readonly SavedView[] | undefined
  /** Whether rows can be marked by touching them. */
  marking: boolean
  onMarking: () => void
}

/** What the list is narrowed to, and where a list is saved that somebody wants to have again. */
export function Bar({ view, saved, marking, onMarking }: Props) {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const look = lookOf(view)
  const [narrowing, setNarrowing] = useState(false)
  const [saving, setSaving] = useState(false)
  const filter = useButton('narrow')
  const save = useButton('saveView')
  const works = rightsIn(me, me.brand.id).work
  const tag = useQuery({ ...tagsQuery, enabled: look.tag !== '' }).data?.tags.find((g) => g.id === look.tag)
  const one = saved?.find((v) => v.id === look.id)
  const narrowed = look.tag !== '' || look.priority !== ''
  const changes = !narrowed && one?.change
  const go = (next: Look) => void navigate({ to: '/inbox/$view', params: { view: viewOf(next) } })
  useOffers({
    narrow: { run: () => setNarrowing(true) },
    saveView: { run: () => setSaving(true), cannot: works ? undefined : 'cannot.role' },
  })
  return (
    <>
      <div className={s.bar} role="group" aria-label={t('narrow.title')}>
        <button type="button" {...filter.props} aria-haspopup="dialog" onClick={() => setNarrowing(true)}>
          {t('narrow')} <Cap of={filter.cap} />
        </button>
        {filter.says}
        {look.priority && <Chip words={t(`priority.${look.priority}`)} onClear={() => go({ ...look, priority: '' })} />}
        {look.tag && <Chip words={lineOf(tag?.name ?? '') || t('narrow.goneTag')} onClear={() => go({ ...look, tag: '' })} />}
        {works && (narrowed || changes) && (
          <>
            <button type="button" {...save.props} className={s.save} aria-haspopup="dialog" onClick={() => setSaving(true)}>
              {t(changes ? 'view.change' : 'view.save')}
            </button>
            {save.says}
          </>
        )}
        <button type="button" className={s.marking} aria-pressed={marking} onClick={onMarking}>
          {t('marks.begin')}
        </button>
        {one && one.gone.length > 0 && (
          <p className={`wrong ${s.gone}`} role="status">
            {t(one.change ? 'view.gone' : 'view.goneNotMine', { count: one.gone.length })}
          </p>
        )}
        {!isBuiltIn(look.id) && saved && !one && (
          <p className={`wrong ${s.gone}`} role="status">
            {t('view.removed')}
          </p>
        )}
      </div>
      <Suspense fallback={null}>
        {narrowing && <Narrow look={look} onClose={() => setNarrowing(false)} onLook={go} />}
        {saving && <ViewForm view={view} of={changes ? one : undefined} onClose={() => setSaving(false)} />}
      </Suspense>
    </>
  )
}

function Chip({ words, onClear }: { words: string; onClear: () => void }) {
  const { t } = useText()
  return (
    <button type="button" className={s.chip} aria-label={t('narrow.without', { name: words })} onClick={onClear}>
      <bdi>{words}</bdi> <span aria-hidden>×</span>
    </button>
  )
}

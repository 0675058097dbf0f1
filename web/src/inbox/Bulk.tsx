// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { lazy, Suspense, useState } from 'react'
import { useOffers, type Offers } from '../actions/offers'
import { Cap, useButton } from '../actions/useButton'
import type { CaseRow } from '../api/types'
import { useText, withLater } from '../i18n'
import { rightsIn, useMe } from '../shell/me'
import s from './Bulk.module.css'
import { together, type Act, type Stuck } from './together'
import type { Chosen } from './BulkChoice'

const BulkChoice = lazy(() => withLater(import('./BulkChoice')))

interface Props {
  rows: readonly CaseRow[]
  /** Those with which the last act could not be done, and why. */
  stuck: Stuck
  onDone: (stuck: Stuck) => void
  onClear: () => void
}

/** What can be done with all rows that are marked: by the keys of one case, as long as there are marks. */
export default function Bulk({ rows, stuck, onDone, onClear }: Props) {
  const { t } = useText()
  const me = useMe()
  const [choosing, choose] = useState<Chosen>()
  const [busy, setBusy] = useState(false)
  const cannot = rightsIn(me, me.brand.id).work ? undefined : 'cannot.role'
  const solved = rows.every((r) => r.state === 'solved')

  async function act(what: Act, did: (count: number) => string) {
    choose(undefined)
    setBusy(true)
    const left = await together(rows, what, did)
    setBusy(false)
    if (left) onDone(left)
  }
  const offers = {
    solve: solved
      ? { run: () => void act({ act: 'reopen' }, (count) => t('marks.reopened', { count })), cannot, words: 'case.reopen', does: ['does.reopenTogether'] }
      : { run: () => void act({ act: 'solve' }, (count) => t('marks.solved', { count })), cannot, does: ['does.solveTogether'] },
    assign: { run: () => choose('assign'), cannot, does: ['does.together'] },
    tags: { run: () => choose('tags'), cannot, does: ['does.together'] },
    priority: { run: () => choose('priority'), cannot, does: ['does.together'] },
    sleep: { run: () => choose('sleep'), cannot: cannot ?? (solved ? 'cannot.solved' : undefined), does: ['does.sleepTogether'] },
    unmark: { run: onClear },
  } satisfies Offers
  useOffers(offers, true)
  const buttons = (['solve', 'assign', 'tags', 'priority', 'sleep'] as const).filter((id) => !(id === 'sleep' && solved))
  return (
    <>
      <div className={s.bulk} role="group" aria-label={t('marks.acts')}>
        <p className={s.many}>
          <strong>{t('marks.many', { count: rows.length })}</strong>
          <Clear onClear={onClear} />
        </p>
        {!cannot && (
          <div className={s.acts}>
            {buttons.map((id) => (
              <ActButton key={id} id={id} offer={offers[id]} busy={busy} words={t(id === 'solve' ? (solved ? 'case.reopen' : 'case.solve') : `marks.${id}`)} />
            ))}
          </div>
        )}
        {stuck.size > 0 && <p className={`wrong ${s.stuck}`}>{t('marks.stuck', { count: stuck.size })}</p>}
      </div>
      {choosing && (
        <Suspense fallback={null}>
          <BulkChoice what={choosing} rows={rows} onClose={() => choose(undefined)} onAct={(what, did) => void act(what, did)} />
        </Suspense>
      )}
    </>
  )
}

function ActButton({ id, offer, words, busy }: { id: 'solve' | 'assign' | 'tags' | 'priority' | 'sleep'; offer: NonNullable<Offers['solve']>; words: string; busy: boolean }) {
  const { props, cap, says } = useButton(id, offer)
  return (
    <>
      <button type="button" {...props} disabled={busy} onClick={offer.run}>
        {words} <Cap of={cap} />
      </button>
      {says}
    </>
  )
}

function Clear({ onClear }: { onClear: () => void }) {
  const { t } = useText()
  const { props, says } = useButton('unmark')
  return (
    <>
      <button type="button" {...props} className={s.clear} onClick={onClear}>
        {t('act.unmark')} <kbd aria-hidden>Esc</kbd>
      </button>
      {says}
    </>
  )
}

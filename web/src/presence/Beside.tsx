// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useRef } from 'react'
import { Button } from '@mantine/core'
import type { Agent, CaseRow } from '../api/types'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useMe } from '../shell/me'
import { shown } from '../shell/name'
import { announce } from '../shell/notices'
import s from './Beside.module.css'
import { useAnybody, usePresent, type Colleague } from './usePresent'

/** For whom a case is kept, where that is somebody else. */
function useKeeper(row: Pick<CaseRow, 'reserved'>): Agent | undefined {
  const me = useMe()
  return row.reserved && row.reserved.id !== me.id ? row.reserved : undefined
}

/** In a row: the initials of the colleagues who have the case open, and of the one it is kept for. */
export function Beside({ row }: { row: Pick<CaseRow, 'id' | 'reserved'> }) {
  return useAnybody(row.id) || row.reserved ? <Shown row={row} /> : null
}

function Shown({ row }: { row: Pick<CaseRow, 'id' | 'reserved'> }) {
  const { t } = useText()
  const all = usePresent(row.id)
  const keeper = useKeeper(row)
  if (all.length === 0 && !keeper) return null
  const said = [...(keeper ? [t('beside.reserved', { name: shown(keeper.name) })] : []), ...all.map((p) => t(`beside.${p.doing}`, { name: shown(p.agent.name) }))].join(', ')
  const first = all.filter((p) => p.agent.id !== keeper?.id).slice(0, keeper ? 1 : 2)
  return (
    <span className={s.beside} title={said}>
      {keeper && (
        <span aria-hidden className={`${s.one} ${s.kept}`}>
          {all.some((p) => p.agent.id === keeper.id && p.doing === 'writes') && '✎'}
          {keeper.initials}
        </span>
      )}
      {first.map((p) => (
        <span key={p.agent.id} aria-hidden className={`${s.one} ${s[p.doing]}`}>
          {p.doing === 'writes' && '✎'}
          {p.agent.initials}
        </span>
      ))}
      <span className="unseen"> {said}</span>
    </span>
  )
}

/** In the head of a case: who else has it open, in words. Who comes, and who begins to write, is read aloud politely. */
export function BesideHead({ case: c }: { case: Pick<CaseRow, 'id' | 'reserved'> }) {
  const { t } = useText()
  const all = usePresent(c.id)
  const keeper = useKeeper(c)
  const before = useRef('')
  const here = all.filter((p) => p.doing !== 'away').map((p) => t(`beside.${p.doing}`, { name: shown(p.agent.name) }))
  const said = here.join(', ')
  useEffect(() => {
    const fresh = here.filter((w) => !before.current.includes(w))
    before.current = said
    if (fresh.length > 0) announce(fresh.join(', '))
    // eslint-disable-next-line react-hooks/exhaustive-deps -- here is what is said
  }, [said])
  if (all.length === 0 && !keeper) return null
  return (
    <span className={s.head}>
      {keeper && <span className="chip soon">{t('beside.reserved', { name: shown(keeper.name) })}</span>}
      {all.map((p) => (
        <span key={p.agent.id} className={`chip ${p.doing === 'writes' ? 'soon' : ''}`}>
          {p.doing === 'writes' && <span aria-hidden>✎ </span>}
          {t(`beside.${p.doing}`, { name: shown(p.agent.name) })}
        </span>
      ))}
    </span>
  )
}

/** The colleagues who write in a case just now. */
export function useWriters(caseId: string): Colleague[] {
  return usePresent(caseId).filter((p) => p.doing === 'writes')
}

/** Somebody else writes in the same case: nothing goes out before whoever sends it has decided. */
export function SomebodyWrites({ writers, onBack, onSend }: { writers: Colleague[]; onBack: () => void; onSend: () => void }) {
  const { t } = useText()
  return (
    <Dialog title={t('beside.title')} onClose={onBack}>
      <p>{writers.length > 0 ? writers.map((p) => t('beside.writes', { name: shown(p.agent.name) })).join(', ') : t('beside.noMore')}</p>
      <p className="soft">{t('beside.kept')}</p>
      <div className={`acts ${s.acts}`}>
        <Button onClick={onBack}>{t('new.back')}</Button>
        <Button variant="default" onClick={onSend}>
          {t('new.send')}
        </Button>
      </div>
    </Dialog>
  )
}

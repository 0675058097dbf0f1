// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useEffect, useId, useRef, useState, type FormEvent } from 'react'
import { caseNumber } from '../actions/entries'
import { numberQuery, queries } from '../api/queries'
import type { Case, EarlierCase } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { day } from '../i18n/format'
import choices from '../shell/Choices.module.css'
import { Dialog } from '../shell/Dialog'
import { shown } from '../shell/name'
import { merge } from './acts'
import carry from './Carry.module.css'
import s from './Parts.module.css'

/** As much of a case as one must know to merge it. */
type Half = Pick<EarlierCase, 'id' | 'number' | 'title' | 'person'>

/** Which case it is to become one with, and which of the two stays: that is said before it is done. */
export default function Merge({ case: c, onClose, onMerged }: { case: Case; onClose: () => void; onMerged: (into: string) => void }) {
  const { t, language } = useText()
  const id = useId()
  const [other, setOther] = useState<Half>()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState('')
  const same = c.person.cases.filter((e) => e.id !== c.id)
  const name = shown(c.person.name) || t('nameless')

  async function choose(e: FormEvent) {
    e.preventDefault()
    const number = caseNumber(typed)
    if (!number) return
    setWrong('')
    try {
      const found = await queries.fetchQuery(numberQuery(number))
      if (found.id === c.id) setWrong(t('error.merge.itself'))
      else setOther(found)
    } catch (e) {
      setWrong(wordsFor(e))
    }
  }
  if (other) return <Sure one={c} two={other} onBack={() => setOther(undefined)} onClose={onClose} onMerged={onMerged} />
  return (
    <Dialog title={t('merge.title')} onClose={onClose}>
      <div className={carry.parts}>
        <p className="soft">{same.length > 0 ? t('merge.same', { name }) : t('merge.none', { name })}</p>
        {same.length > 0 && (
          <ul className={`${choices.list} ${s.long}`}>
            {same.map((e) => (
              <li key={e.id}>
                <button className={choices.choice} onClick={() => setOther(e)}>
                  <span className={s.words}>
                    <bdi>{shown(e.title) || t('wordless')}</bdi>
                    <small className="soft">
                      #{e.number} · {day(e.made_at, language)} · {t(`state.${e.state}`)}
                    </small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        <form className={carry.part} onSubmit={(e) => void choose(e)}>
          <label htmlFor={id}>{t('merge.number')}</label>
          <div className={carry.line}>
            <input id={id} inputMode="numeric" autoComplete="off" value={typed} aria-invalid={!!wrong || undefined} aria-describedby={`${id}-wrong`} onChange={(e) => setTyped(e.target.value)} />
            <button type="submit" disabled={!caseNumber(typed)}>
              {t('merge.choose')}
            </button>
          </div>
          <small id={`${id}-wrong`} className="wrong" role="alert">
            {wrong}
          </small>
        </form>
        <div className={carry.foot}>
          <button type="button" onClick={onClose}>
            {t('close')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

/** What becomes of both. The older one stays, whose number people know longest, unless somebody wants it the other way round. */
function Sure({ one, two, onBack, onClose, onMerged }: { one: Half; two: Half; onBack: () => void; onClose: () => void; onMerged: (into: string) => void }) {
  const { t } = useText()
  const [turned, setTurned] = useState(false)
  const go = useRef<HTMLButtonElement>(null)
  useEffect(() => go.current?.focus(), [])
  const older = one.number < two.number
  const [into, from] = older !== turned ? [one, two] : [two, one]
  const persons = into.person.id !== from.person.id
  const nameOf = (h: Half) => shown(h.person.name) || t('nameless')
  return (
    <Dialog title={t('merge.sure')} onClose={onClose}>
      <div className={carry.parts}>
        <dl className={s.both}>
          <Row half={into} becomes={t('merge.stays')} of={persons ? nameOf(into) : ''} />
          <Row half={from} becomes={t('merge.goes')} of={persons ? nameOf(from) : ''} />
        </dl>
        <p>{t('merge.says', { from: from.number, into: into.number })}</p>
        {persons && (
          <p className={s.caution} role="note">
            {t('merge.persons', { one: nameOf(into), two: nameOf(from) })}
          </p>
        )}
        <div className={s.foot}>
          <button type="button" onClick={onBack}>
            {t('merge.back')}
          </button>
          <button type="button" onClick={() => setTurned(!turned)}>
            {t('merge.swap')}
          </button>
          <button
            ref={go}
            type="button"
            className={s.go}
            onClick={() => {
              onClose()
              void merge(from, into, persons, onMerged)
            }}
          >
            {t(persons ? 'merge.goKnowingly' : 'merge.go')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Row({ half: h, becomes, of }: { half: Half; becomes: string; of: string }) {
  const { t } = useText()
  return (
    <div>
      <dt>
        #{h.number} <span className="soft">{becomes}</span>
        {of && (
          <>
            {' · '}
            <bdi>{of}</bdi>
          </>
        )}
      </dt>
      <dd>
        <bdi>{shown(h.title) || t('wordless')}</bdi>
      </dd>
    </div>
  )
}

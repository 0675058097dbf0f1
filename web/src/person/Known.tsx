// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Identity, Person, PersonLink, PersonNote } from '../api/types'
import { useText } from '../i18n'
import { day, exactly } from '../i18n/format'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { accept, dismiss, part, removeNote } from './acts'
import type { Asked } from './Ask'
import s from './PersonPanel.module.css'

interface Props {
  person: Person
  /** What whoever looks may do. */
  may: { work: boolean; note: boolean }
  onAsk: (what: Asked, note?: PersonNote) => void
  onLeave?: (() => void) | undefined
}

/** What may be one human, and waits for somebody to say so. */
export function Proposals({ person, may, onLeave }: Props) {
  const { t } = useText()
  const all = person.links.filter((l) => l.state === 'proposed')
  if (all.length === 0) return null
  return (
    <section className={s.proposals} aria-label={t('person.proposals')}>
      {all.map((l) => {
        const other = otherOf(l, person)
        return (
          <div key={l.id} className={s.proposal}>
            <b>{t('person.perhaps')}</b>
            <Who identities={other?.identities ?? []} name={other?.name ?? ''} />
            <Evidence link={l} onLeave={onLeave} />
            {may.work && (
              <div className={s.two}>
                <button className={s.yes} onClick={() => void accept(l.id)}>
                  {t('person.accept')}
                </button>
                <button onClick={() => void dismiss(l.id)}>{t('person.dismiss')}</button>
              </div>
            )}
          </div>
        )
      })}
    </section>
  )
}

/** Who of the two in a link the person does not know yet; where all are one human, the one who is not this one. */
function otherOf(l: PersonLink, person: Person) {
  const known = new Set(person.identities.map((i) => i.person_id))
  return l.people.find((p) => p.id !== person.id && !known.has(p.id)) ?? l.people.find((p) => p.id !== person.id) ?? l.people[0]
}

function Who({ identities, name }: { identities: Identity[]; name: string }) {
  const { t } = useText()
  const networkName = useNetworkName()
  return (
    <ul className={s.who}>
      {identities.map((i) => (
        <li key={i.id}>
          <bdi>{shown(i.handle, i.name) || t('nameless')}</bdi> <small>{networkName(i.network)}</small>
        </li>
      ))}
      {identities.length === 0 && (
        <li>
          <bdi>{shown(name) || t('nameless')}</bdi>
        </li>
      )}
    </ul>
  )
}

/** What speaks for a link: in words, with what was said. */
function Evidence({ link: l, onLeave }: { link: PersonLink; onLeave?: (() => void) | undefined }) {
  const { t, language } = useText()
  const networkName = useNetworkName()
  return (
    <div className={s.evidence}>
      <p>
        {t(`person.by.${l.kind}`, { what: l.evidence })} {l.kind === 'word' && l.messages.length === 0 && t('person.wordGone')}
      </p>
      {l.reason && <p dir="auto">{l.reason}</p>}
      {l.messages.map((m) => (
        <blockquote key={m.id}>
          <span dir="auto">{m.text}</span>
          <Link to="/cases/$id" params={{ id: m.case_id }} onClick={onLeave}>
            <small>
              {networkName(m.network)} · {t(m.visibility)} · {day(m.at, language)}
            </small>
          </Link>
        </blockquote>
      ))}
      {l.state === 'linked' && l.decided_at && (
        <small title={exactly(l.decided_at, language)}>{t('person.linkedBy', { name: l.decided_by?.name ?? 'hilft', day: day(l.decided_at, language) })}</small>
      )}
    </div>
  )
}

/** What joins the names that a human has, each to be taken away again. */
export function Links({ person, may, onLeave }: Props) {
  const { t } = useText()
  const all = person.links.filter((l) => l.state === 'linked')
  if (all.length === 0) return null
  return (
    <details className={s.links}>
      <summary>{t('person.links', { count: all.length })}</summary>
      {all.map((l) => (
        <div key={l.id} className={s.link}>
          {l.people.map((p) => (
            <Who key={p.id} identities={p.identities} name={p.name} />
          ))}
          <Evidence link={l} onLeave={onLeave} />
          {may.work && (
            <button onClick={() => void part(l.id)} title={t('person.partHelp')}>
              {t('person.part')}
            </button>
          )}
        </div>
      ))}
    </details>
  )
}

/** For whom they speak, what people here say about them, and what they have agreed to. What there is none of takes no more than a button. */
export function Said({ person, may, onAsk, onLeave }: Props) {
  const { t, language } = useText()
  const networkName = useNetworkName()
  const [sure, setSure] = useState('')
  const { companies, notes, consents } = person
  return (
    <>
      {notes.length > 0 && <h3>{t('person.notes')}</h3>}
      {notes.map((n) => (
        <div key={n.id} className={s.note}>
          <p dir="auto">{n.text}</p>
          <small title={exactly(n.changed_at ?? n.made_at, language)}>
            {n.changed_at
              ? t('person.noteChanged', { name: n.changed_by?.name ?? 'hilft', day: day(n.changed_at, language) })
              : t('person.noteBy', { name: n.made_by?.name ?? 'hilft', day: day(n.made_at, language) })}
          </small>
          {may.note && (
            <span className={s.two}>
              <button onClick={() => onAsk('note', n)}>{t('change')}</button>
              <button
                onBlur={() => setSure('')}
                onClick={() => {
                  if (sure !== n.id) setSure(n.id)
                  else void removeNote(n.id, n.version)
                }}
              >
                {t(sure === n.id ? 'person.noteSure' : 'person.noteRemove')}
              </button>
            </span>
          )}
        </div>
      ))}
      {companies.length > 0 && (
        <>
          <h3>{t('person.company')}</h3>
          <ul>
            {companies.map((c) => (
              <li key={c.person_id}>
                <Link to="/companies/$id" params={{ id: c.id }} onClick={onLeave}>
                  <bdi>{shown(c.name) || t('nameless')}</bdi>
                </Link>
                {c.number && (
                  <small>
                    {t('company.number')} <bdi>{c.number}</bdi>
                  </small>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {consents.length > 0 && (
        <>
          <h3>{t('person.consents')}</h3>
          <ul>
            {consents.map((c) => {
              const at = person.identities.find((i) => i.id === c.identity_id)
              return (
                <li key={c.id}>
                  <span className={c.given ? s.good : s.no}>
                    {t(`consent.${c.purpose}`)}: {t(c.given ? 'consent.yes' : 'consent.no')}
                  </span>
                  <small>
                    {at && networkName(at.network)} · {t(`consent.by.${c.how}`)}, {day(c.at, language)}
                    {c.made_by && <> · {c.made_by.name}</>}
                  </small>
                </li>
              )
            })}
          </ul>
        </>
      )}
      <div className={s.adds}>
        {may.note && <button onClick={() => onAsk('note')}>{t('person.noteAdd')}</button>}
        {may.work && <button onClick={() => onAsk('company')}>{t(companies.length === 0 ? 'person.companyAdd' : 'person.companyChange')}</button>}
        {(may.work || consents.length > 0) && <button onClick={() => onAsk('consent')}>{t(may.work ? 'person.consentAdd' : 'person.consentAll')}</button>}
        {may.work && <button onClick={() => onAsk('link')}>{t('person.link')}</button>}
      </div>
    </>
  )
}

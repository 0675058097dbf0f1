// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState, type FormEvent } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import type { Case, Consent, DidPerson, PersonNote } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { day } from '../i18n/format'
import { glanceQuery } from '../search/searchQuery'
import { Dialog } from '../shell/Dialog'
import { useNetworkName } from '../shell/me'
import { lineOf, shown } from '../shell/name'
import { Trouble, Wait } from '../shell/Wait'
import { askCode, onPerson } from './acts'
import s from './Ask.module.css'

/** What can be said about a person. */
export type Asked = 'link' | 'note' | 'consent' | 'company'

interface Props {
  case: Case
  what: Asked
  note?: PersonNote | undefined
  may: { work: boolean }
  onClose: () => void
  /** Puts words into the answer. */
  onSay: (words: string) => void
}

/** Says something about the person of a case. */
export default function Ask(props: Props) {
  const { t } = useText()
  const { what, note, onClose } = props
  const title = t(what === 'note' && note ? 'ask.noteChange' : `ask.${what}`)
  return (
    <Dialog title={title} onClose={onClose}>
      {what === 'link' && <LinkForm {...props} />}
      {what === 'note' && <NoteForm {...props} />}
      {what === 'consent' && <ConsentForm {...props} />}
      {what === 'company' && <CompanyForm {...props} />}
    </Dialog>
  )
}

/** One act of a form: what is wrong stays in it, what was done closes it. */
function useSend(onDone: () => void) {
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  async function send(ask: (key: string) => Promise<DidPerson>, done: string) {
    if (busy) return
    setBusy(true)
    const why = await onPerson(ask, done)
    setBusy(false)
    setError(why)
    if (!why) onDone()
  }
  return { error, busy, send }
}

function Foot({ error, busy, words, onClose, but }: { error: unknown; busy: boolean; words: string; onClose: () => void; but?: (string | undefined)[] }) {
  const { t } = useText()
  return (
    <>
      <div role="alert" className="wrong">
        {formWords(error, ...(but ?? []))}
      </div>
      <div className={s.foot}>
        <Button type="submit" loading={busy}>
          {words}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
      </div>
    </>
  )
}

function NoteForm({ case: c, note, onClose }: Props) {
  const { t } = useText()
  const [text, setText] = useState(note?.text ?? '')
  const { error, busy, send } = useSend(onClose)
  const wrong = fieldWords(error, 'text')
  function save(e: FormEvent) {
    e.preventDefault()
    void send(
      (key) =>
        take(
          note
            ? client.PUT('/api/person-notes/{id}', { params: { path: { id: note.id } }, headers: once(key), body: { text, version: note.version } })
            : client.POST('/api/people/{id}/notes', { params: { path: { id: c.person.id } }, headers: once(key), body: { text } }),
        ),
      t('person.noted'),
    )
  }
  return (
    <form className="fields" onSubmit={save}>
      <Textarea data-autofocus autoFocus label={t('ask.noteText')} description={t('ask.noteHelp')} rows={5} dir="auto" value={text} onChange={(e) => setText(e.currentTarget.value)} error={wrong} required />
      <Foot error={error} busy={busy} words={t('save')} onClose={onClose} but={[wrong]} />
    </form>
  )
}

function CompanyForm({ case: c, onClose }: Props) {
  const { t } = useText()
  const list = useId()
  const mine = c.person.companies.find((x) => x.person_id === c.person.id)
  const [name, setName] = useState(mine?.name ?? '')
  const [number, setNumber] = useState(mine?.number ?? '')
  const { error, busy, send } = useSend(onClose)
  const offered = useQuery({
    queryKey: ['companies', name],
    queryFn: ({ signal }) => take(client.GET('/api/companies', { params: { query: { ...inBrand(), q: lineOf(name).slice(0, 100) } }, signal })),
    enabled: lineOf(name).length > 1,
    staleTime: 10_000,
  })
  const put = (body: { name: string; number: string }, done: string) =>
    void send((key) => take(client.PUT('/api/people/{id}/company', { params: { path: { id: c.person.id } }, headers: once(key), body })), done)
  const [wrongName, wrongNumber] = [fieldWords(error, 'name'), fieldWords(error, 'number')]
  return (
    <form
      className="fields"
      onSubmit={(e) => {
        e.preventDefault()
        put({ name, number }, t('person.employed'))
      }}
    >
      <TextInput
        autoFocus
        label={t('company.name')}
        description={t('company.help')}
        dir="auto"
        list={list}
        value={name}
        onChange={(e) => {
          const now = e.currentTarget.value
          setName(now)
          const known = offered.data?.companies.find((x) => x.name === now)
          if (known && !number) setNumber(known.number)
        }}
        error={wrongName}
        required
      />
      <datalist id={list}>{offered.data?.companies.map((x) => <option key={x.id} value={x.name} label={x.number} />)}</datalist>
      <TextInput label={t('company.number')} dir="auto" value={number} onChange={(e) => setNumber(e.currentTarget.value)} error={wrongNumber} />
      <Foot error={error} busy={busy} words={t('save')} onClose={onClose} but={[wrongName, wrongNumber]} />
      {mine && (
        <div>
          <Button variant="default" onClick={() => put({ name: '', number: '' }, t('person.unemployed'))}>
            {t('ask.private')}
          </Button>
        </div>
      )}
    </form>
  )
}

/** The words of a case that its customers have said, the last first, to be pointed at. */
function useWords(c: Case) {
  const { t, language } = useText()
  return c.messages
    .filter((m) => m.direction === 'inbound' && !m.deleted_at)
    .slice(-30)
    .reverse()
    .map((m) => ({ value: m.id, label: `${day(m.at, language)}: ${lineOf(m.body).slice(0, 60) || t('wordless')}` }))
}

const purposes = ['service', 'advertising'] as const
const hows = ['message', 'call', 'form', 'mistake'] as const

function ConsentForm({ case: c, may, onClose }: Props) {
  const { t, language } = useText()
  const networkName = useNetworkName()
  const words = useWords(c)
  const [identity, setIdentity] = useState((c.person.identities.find((i) => i.person_id === c.person.id) ?? c.person.identities[0])?.id ?? '')
  const [purpose, setPurpose] = useState<Consent['purpose']>('service')
  const [given, setGiven] = useState(true)
  const [how, setHow] = useState<Consent['how']>(words.length > 0 ? 'message' : 'call')
  const [message, setMessage] = useState(words[0]?.value ?? '')
  const [remark, setRemark] = useState('')
  const { error, busy, send } = useSend(onClose)
  const all = useQuery({
    queryKey: ['consents', c.person.id],
    queryFn: ({ signal }) => take(client.GET('/api/people/{id}/consents', { params: { path: { id: c.person.id } }, signal })),
    staleTime: 0,
  })
  const names = new Map(c.person.identities.map((i) => [i.id, `${networkName(i.network)}: ${shown(i.handle, i.name) || t('nameless')}`]))
  const [wrongAt, wrongRemark] = [fieldWords(error, 'identity_id'), fieldWords(error, 'remark')]
  return (
    <>
      {may.work && (
        <form
          className="fields"
          onSubmit={(e) => {
            e.preventDefault()
            const body = { identity_id: identity, purpose, given, how, ...(how === 'message' && message && { message_id: message }), ...(remark.trim() && { remark: remark.trim() }) }
            void send((key) => take(client.POST('/api/people/{id}/consents', { params: { path: { id: c.person.id } }, headers: once(key), body })), t('person.agreed'))
          }}
        >
          <NativeSelect label={t('ask.where')} value={identity} onChange={(e) => setIdentity(e.currentTarget.value)} data={[...names].map(([value, label]) => ({ value, label }))} error={wrongAt} />
          <NativeSelect label={t('ask.purpose')} value={purpose} onChange={(e) => setPurpose(purposes.find((p) => p === e.currentTarget.value) ?? 'service')} data={purposes.map((p) => ({ value: p, label: t(`consent.${p}`) }))} />
          <NativeSelect
            label={t('ask.given')}
            value={given ? 'yes' : 'no'}
            onChange={(e) => {
              const yes = e.currentTarget.value === 'yes'
              setGiven(yes)
              if (yes && how === 'mistake') setHow('call')
            }}
            data={[
              { value: 'yes', label: t('consent.yes') },
              { value: 'no', label: t('consent.no') },
            ]}
          />
          <NativeSelect label={t('ask.how')} value={how} onChange={(e) => setHow(hows.find((h) => h === e.currentTarget.value) ?? 'call')} data={hows.filter((h) => !given || h !== 'mistake').map((h) => ({ value: h, label: t(`consent.by.${h}`) }))} />
          {how === 'message' && words.length > 0 && <NativeSelect label={t('ask.message')} value={message} onChange={(e) => setMessage(e.currentTarget.value)} data={words} />}
          <TextInput label={t('ask.remark')} dir="auto" value={remark} onChange={(e) => setRemark(e.currentTarget.value)} error={wrongRemark} />
          <p className="soft">{t('ask.stands')}</p>
          <Foot error={error} busy={busy} words={t('ask.enter')} onClose={onClose} but={[wrongAt, wrongRemark]} />
        </form>
      )}
      <h3 className={s.more}>{t('ask.ledger')}</h3>
      {all.isPending ? (
        <Wait lines={2} />
      ) : all.isError ? (
        <Trouble error={all.error} again={() => void all.refetch()} />
      ) : all.data.consents.length === 0 ? (
        <p className="soft">{t('person.noConsents')}</p>
      ) : (
        <ul className={s.ledger}>
          {all.data.consents.map((x) => (
            <li key={x.id}>
              {t(`consent.${x.purpose}`)}: {t(x.given ? 'consent.yes' : 'consent.no')}
              <small>
                {names.get(x.identity_id)} · {t(`consent.by.${x.how}`)}, {day(x.at, language)} · {x.made_by?.name ?? 'hilft'}
              </small>
              {x.message && <blockquote dir="auto">{x.message.text}</blockquote>}
              {x.remark && <small dir="auto">{x.remark}</small>}
            </li>
          ))}
        </ul>
      )}
      {!may.work && (
        <div className={s.foot}>
          <Button variant="default" onClick={onClose}>
            {t('close')}
          </Button>
        </div>
      )}
    </>
  )
}

function LinkForm({ case: c, onClose, onSay }: Props) {
  const { t } = useText()
  const networkName = useNetworkName()
  const words = useWords(c)
  const [q, setQ] = useState('')
  const [other, setOther] = useState<{ id: string; name: string }>()
  const [message, setMessage] = useState('')
  const [reason, setReason] = useState('')
  const { error, busy, send } = useSend(onClose)
  const known = new Set(c.person.identities.map((i) => i.person_id))
  const found = useQuery({ ...glanceQuery(q.trim()), enabled: q.trim().length > 0 && !other })
  const people = new Map<string, { name: string; where: string }>()
  for (const p of found.data?.people ?? []) people.set(p.id, { name: shown(p.name, p.handle), where: `${networkName(p.network)} ${shown(p.handle)}` })
  for (const x of found.data?.cases ?? []) people.set(x.person.id, { name: shown(x.person.name), where: `#${x.number}` })
  for (const id of known) people.delete(id)
  const talk = c.ways.find((w) => w.visibility === 'private' && !w.starts)
  const [wrongWith, wrongReason] = [fieldWords(error, 'with'), fieldWords(error, 'reason')]
  return (
    <form
      className="fields"
      onSubmit={(e) => {
        e.preventDefault()
        if (!other) return
        const body = { with: other.id, ...(message && { message_id: message }), ...(reason.trim() && { reason: reason.trim() }) }
        void send((key) => take(client.POST('/api/people/{id}/links', { params: { path: { id: c.person.id } }, headers: once(key), body })), t('person.linked'))
      }}
    >
      <p className="soft">{t('ask.linkHelp')}</p>
      {other ? (
        <p>
          {t('ask.with')} <b dir="auto">{other.name || t('nameless')}</b>{' '}
          <Button variant="default" onClick={() => setOther(undefined)}>
            {t('ask.another')}
          </Button>
        </p>
      ) : (
        <>
          <TextInput autoFocus label={t('ask.find')} description={t('ask.findHelp')} dir="auto" value={q} maxLength={100} onChange={(e) => setQ(e.currentTarget.value)} error={wrongWith} />
          <ul className={s.found} aria-label={t('ask.found')}>
            {[...people].map(([id, p]) => (
              <li key={id}>
                <button type="button" onClick={() => setOther({ id, name: p.name })}>
                  <bdi>{p.name || t('nameless')}</bdi> <small>{p.where}</small>
                </button>
              </li>
            ))}
          </ul>
          {q.trim() !== '' && found.data && people.size === 0 && <p className="soft">{t('ask.nobody')}</p>}
        </>
      )}
      {other && (
        <>
          <NativeSelect label={t('ask.word')} value={message} onChange={(e) => setMessage(e.currentTarget.value)} data={[{ value: '', label: t('ask.noWord') }, ...words]} />
          <TextInput label={t('ask.reason')} description={t('ask.reasonHelp')} dir="auto" value={reason} onChange={(e) => setReason(e.currentTarget.value)} error={wrongReason} required={!message} />
          <Foot error={error} busy={busy} words={t('ask.linkNow')} onClose={onClose} but={[wrongWith, wrongReason]} />
        </>
      )}
      {talk && (
        <p className={s.code}>
          {t('ask.codeHelp')}
          <Button
            variant="default"
            onClick={async () => {
              const code = await askCode(c.id, talk.conversation_id)
              if (!code) return
              onClose()
              onSay(t('ask.codeWords', { code }))
            }}
          >
            {t('ask.code')}
          </Button>
        </p>
      )}
      {!other && (
        <div className={s.foot}>
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
        </div>
      )}
    </form>
  )
}

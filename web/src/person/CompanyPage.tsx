// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { client, once, take } from '../api/client'
import { Problem } from '../api/problem'
import { outdated, queries } from '../api/queries'
import type { Company } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import { useText } from '../i18n'
import { day } from '../i18n/format'
import { useAct } from '../shell/form'
import { rightsIn, useMe, useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { tell } from '../shell/notices'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import s from './Company.module.css'

/** A company: who speaks for it, and what they wanted. */
export function CompanyPage() {
  const { t } = useText()
  const { id } = useParams({ from: '/desk/companies/$id' })
  const company = useQuery({
    queryKey: ['company', id],
    queryFn: ({ signal }) => take(client.GET('/api/companies/{id}', { params: { path: { id } }, signal })),
  })
  if (company.isPending) return <Page title={t('company.title')}><Wait lines={5} /></Page>
  if (company.isError) {
    const gone = company.error instanceof Problem && company.error.status === 404
    return <Page title={t('company.title')}>{gone ? <p>{t('error.company.not_found')}</p> : <Trouble error={company.error} again={() => void company.refetch()} />}</Page>
  }
  return <Shown key={id} company={company.data} />
}

function Shown({ company: c }: { company: Company }) {
  const { t, language } = useText()
  const me = useMe()
  const networkName = useNetworkName()
  const [changing, setChanging] = useState(false)
  return (
    <Page title={shown(c.name) || t('company.title')}>
      <p className="soft">
        {c.number ? (
          <>
            {t('company.number')} <bdi>{c.number}</bdi>
          </>
        ) : (
          t('company.noNumber')
        )}
      </p>
      {rightsIn(me, c.brand_id).work &&
        (changing ? (
          <Rename company={c} onDone={() => setChanging(false)} />
        ) : (
          <Button mt="xs" variant="default" onClick={() => setChanging(true)}>
            {t('change')}
          </Button>
        ))}
      <h2>{t('company.people')}</h2>
      {c.people.length === 0 ? (
        <p className="soft">{t('company.nobody')}</p>
      ) : (
        <ul className={`sheet ${s.list}`}>
          {c.people.map((p) => (
            <li key={p.id}>
              <bdi>{shown(p.name) || t('nameless')}</bdi>
              <small>{p.identities.map((i) => `${networkName(i.network)}: ${shown(i.handle, i.name)}`).join(' · ')}</small>
            </li>
          ))}
        </ul>
      )}
      <h2>{t('company.cases')}</h2>
      {c.cases.length === 0 ? (
        <p className="soft">{t('company.noCases')}</p>
      ) : (
        <ul className={`sheet ${s.list}`}>
          {c.cases.map((x) => (
            <li key={x.id}>
              <Link to="/cases/$id" params={{ id: x.id }}>
                <span dir="auto">{shown(x.title) || t('wordless')}</span>
              </Link>
              <small>
                #{x.number} · {day(x.made_at, language)} · {networkName(x.network)} · <bdi>{shown(x.person.name)}</bdi> · {t(`state.${x.state}`)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Page>
  )
}

function Rename({ company: c, onDone }: { company: Company; onDone: () => void }) {
  const { t } = useText()
  const [name, setName] = useState(c.name)
  const [number, setNumber] = useState(c.number)
  const save = useAct(
    (body: { name: string; number: string }, key) => take(client.PUT('/api/companies/{id}', { params: { path: { id: c.id } }, body, headers: once(key) })),
    (now) => {
      queries.setQueryData(['company', c.id], now)
      outdated(['case'])
      tell(t('saved'))
      onDone()
    },
  )
  const [wrongName, wrongNumber] = [fieldWords(save.error, 'name'), fieldWords(save.error, 'number')]
  return (
    <form
      className="sheet fields"
      onSubmit={(e) => {
        e.preventDefault()
        save.mutate({ name, number })
      }}
    >
      <TextInput autoFocus label={t('company.name')} dir="auto" value={name} onChange={(e) => setName(e.currentTarget.value)} error={wrongName} required />
      <TextInput label={t('company.number')} dir="auto" value={number} onChange={(e) => setNumber(e.currentTarget.value)} error={wrongNumber} />
      <div role="alert" className="wrong">
        {formWords(save.error, wrongName, wrongNumber)}
      </div>
      <div className="acts">
        <Button type="submit" loading={save.isPending}>
          {t('save')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

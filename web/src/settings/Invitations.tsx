// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import type { InvitationBody } from '../api/types'
import { fieldWords, formWords, wordsFor } from '../api/words'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { entered, focusFirstError, useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { LinkDialog, type HandedLink } from './LinkDialog'
import { roles } from './roles'
import s from './Settings.module.css'

const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: ({ signal }) => take(client.GET('/api/invitations', { params: { query: inBrand() }, signal })),
  staleTime: 0, // nothing tells that somebody has begun
})

const again = () => void queries.invalidateQueries({ queryKey: invitationsQuery.queryKey })

/** Who was invited and has not begun yet, and one more. */
export function Invitations() {
  const { t, language } = useText()
  const now = useNow()
  const open = useQuery(invitationsQuery)
  const [adding, setAdding] = useState(false)
  const [link, setLink] = useState<HandedLink>()
  const show = useAct(
    (i: { id: string; name: string }) => take(client.POST('/api/invitations/{id}/link', { params: { path: { id: i.id } } })),
    (made, i) => setLink({ name: i.name, link: made.link, endsAt: made.ends_at, help: 'link.inviteHelp' }),
  )
  const withdraw = useAct(
    (i: { id: string; name: string }, key) => take(client.DELETE('/api/invitations/{id}', { params: { path: { id: i.id } }, headers: once(key) })),
    (_, i) => {
      tell(t('invite.withdrawn', { name: i.name }))
      again()
    },
  )
  const complain = { onError: (e: unknown) => warn(wordsFor(e)) }
  const all = open.data?.invitations ?? []
  return (
    <>
      {all.length > 0 && (
        <>
          <h3 className={s.part}>{t('invite.open')}</h3>
          <ul className={s.things}>
            {all.map((i) => (
              <li key={i.id}>
                <span className={s.thing}>
                  <bdi>{i.name}</bdi>{' '}
                  <small className="soft">
                    <bdi>{i.email}</bdi> · {t('invite.until', { at: moment(i.ends_at, now, language) })}
                  </small>
                </span>
                <span className="acts">
                  <Button variant="default" aria-label={t('invite.linkOf', { name: i.name })} onClick={() => show.mutate(i, complain)}>
                    {t('invite.link')}
                  </Button>
                  <Button variant="subtle" c="var(--bad)" aria-label={t('invite.withdrawOf', { name: i.name })} onClick={() => withdraw.mutate(i, complain)}>
                    {t('invite.withdraw')}
                  </Button>
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {adding ? (
        <Invite mail={open.data?.mail ?? false} onLink={setLink} onDone={() => setAdding(false)} />
      ) : (
        <Button mt="md" me="xs" onClick={() => setAdding(true)}>
          {t('invite.go')}
        </Button>
      )}
      {link && <LinkDialog {...link} onClose={() => setLink(undefined)} />}
    </>
  )
}

function Invite({ mail, onLink, onDone }: { mail: boolean; onLink: (l: HandedLink) => void; onDone: () => void }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const invite = useAct(
    (body: InvitationBody) => take(client.POST('/api/invitations', { params: { query: inBrand() }, body })),
    ({ invitation, link }) => {
      again()
      if (link) onLink({ name: invitation.name, link, endsAt: invitation.ends_at, help: 'link.inviteHelp' })
      else tell(t('invite.mailed', { name: invitation.name }))
      onDone()
    },
  )
  const wrong = (field: string) => fieldWords(invite.error, field)
  useEffect(() => {
    if (invite.isError) focusFirstError(form.current)
  }, [invite.isError])
  return (
    <form
      ref={form}
      className={`sheet fields ${s.narrow} ${s.add}`}
      onSubmit={(e) => {
        e.preventDefault()
        const v = entered(e.currentTarget)
        invite.mutate({ name: (v.name ?? '').trim(), email: (v.email ?? '').trim(), role: roles.find((r) => r === v.role) ?? 'agent', mail: mail && v.mail === 'on' })
      }}
    >
      <p className="soft">{t('invite.how')}</p>
      <TextInput name="name" label={t('settings.name')} required maxLength={100} autoComplete="off" autoFocus error={wrong('name')} />
      <TextInput name="email" type="email" label={t('field.email')} required autoComplete="off" error={wrong('email')} />
      <NativeSelect
        name="role"
        label={t('agents.role')}
        description={t('agents.roleHelp')}
        defaultValue="agent"
        data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
      />
      {mail ? <Checkbox name="mail" size="md" defaultChecked label={t('invite.mail')} description={t('invite.mailHelp')} /> : <p className="soft">{t('invite.noMail')}</p>}
      <div role="alert" className="wrong">
        {formWords(invite.error, wrong('name'), wrong('email'))}
      </div>
      <div className="acts">
        <Button type="submit" loading={invite.isPending}>
          {t('invite.send')}
        </Button>
        <Button variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </div>
    </form>
  )
}

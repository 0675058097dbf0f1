// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { agentsQuery, queries, staffQuery } from '../api/queries'
import type { Me, Role, Staff as Member } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { PasswordLink } from './PasswordLink'
import { roles } from './roles'
import s from './Settings.module.css'
import { TakeSecond } from './TakeSecond'

/** Everybody in the house, and what they are in the brand; for administrators, who change it here. */
export function Staff({ me }: { me: Me }) {
  const staff = useQuery(staffQuery)
  return (
    <>
      {staff.isPending && <Wait lines={2} />}
      {staff.isError && <Trouble error={staff.error} again={() => void staff.refetch()} />}
      {staff.data && (
        <ul className={s.agents}>
          {staff.data.agents.map((a) => (
            <MemberRow key={a.id} member={a} me={me} />
          ))}
        </ul>
      )}
    </>
  )
}

function MemberRow({ member: a, me }: { member: Member; me: Me }) {
  const { t } = useText()
  const set = useAct(
    (role: Role | 'none', key) =>
      take(client.PUT('/api/agents/{id}/role', { params: { path: { id: a.id }, query: inBrand() }, body: { role }, headers: once(key) })),
    (_, role) => {
      void queries.invalidateQueries({ queryKey: staffQuery.queryKey })
      void queries.invalidateQueries({ queryKey: agentsQuery.queryKey })
      tell(role === 'none' ? t('roles.out', { name: a.name, brand: me.brand.name }) : t('roles.now', { name: a.name, role: t(`role.${role}`) }))
    },
  )
  const now = a.administrator ? 'administrator' : (a.roles[me.brand.id] ?? 'none')
  return (
    <li>
      <b aria-hidden>{a.initials}</b>
      <span className={s.person}>
        <bdi>{a.name}</bdi> {a.email && <bdi className="soft">{a.email}</bdi>}
      </span>
      {a.id === me.id ? (
        <span className="chip">{t('role.administrator')}</span>
      ) : (
        <select
          className={s.role}
          aria-label={t('roles.of', { name: a.name })}
          value={now}
          disabled={set.isPending}
          onChange={(e) => set.mutate(e.currentTarget.value as Role | 'none', { onError: (why) => warn(wordsFor(why)) })}
        >
          {roles.map((r) => (
            <option key={r} value={r}>
              {t(`role.${r}`)}
            </option>
          ))}
          <option value="none">{t('roles.none')}</option>
        </select>
      )}
      {a.id !== me.id && (
        <div className={s.rescue}>
          <PasswordLink of={a} />
          <TakeSecond from={a} />
        </div>
      )}
    </li>
  )
}

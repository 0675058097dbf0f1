// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Checkbox } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, once, take } from '../api/client'
import { queries } from '../api/queries'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { useAct } from '../shell/form'
import { tell, warn } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { roles as roleNames } from './roles'
import s from './Settings.module.css'

const rolesQuery = queryOptions({
  queryKey: ['second-step-roles'],
  queryFn: async ({ signal }) => (await take(client.GET('/api/house/second-step', { signal }))).roles,
})

/** Whose sign-in must have a second step. */
export function SecondRoles() {
  const { t } = useText()
  const roles = useQuery(rolesQuery)
  const save = useAct(
    (chosen: string[], key) => take(client.PUT('/api/house/second-step', { body: { roles: chosen }, headers: once(key) })),
    (kept) => {
      queries.setQueryData(rolesQuery.queryKey, kept.roles)
      tell(t('saved'))
    },
  )
  if (roles.isPending) return <Wait lines={2} />
  if (roles.isError) return <Trouble error={roles.error} again={() => void roles.refetch()} />
  const need = roles.data
  return (
    <div className={`sheet fields ${s.narrow}`}>
      <p className="soft">{t('second.rolesHelp')}</p>
      {roleNames.map((role) => (
        <Checkbox
          key={role}
          size="md"
          label={t(`role.${role}`)}
          checked={need.includes(role)}
          disabled={role === 'administrator'}
          onChange={(e) =>
            save.mutate(e.currentTarget.checked ? [...need, role] : need.filter((r) => r !== role), { onError: (x) => warn(wordsFor(x)) })
          }
        />
      ))}
    </div>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useKeyCap } from '../actions/useButton'
import { accountsQuery } from '../api/queries'
import type { View } from '../api/types'
import { useText } from '../i18n'
import { useMe } from '../shell/me'
import { isBuiltIn, lookOf } from './look'
import s from './List.module.css'

/** A view without any case. In a house that nobody can write to yet, it says what is missing. */
export function Empty({ view }: { view: View }) {
  const { t } = useText()
  const me = useMe()
  const [assign, palette] = [useKeyCap('assign'), useKeyCap('palette')]
  const accounts = useQuery({ ...accountsQuery, enabled: me.runs })
  const unheard = accounts.data?.length === 0
  const { id, tag, priority } = lookOf(view)
  const kind = tag || priority ? 'narrowed' : isBuiltIn(id) ? id : 'saved'
  return (
    <div className={s.empty}>
      <p className={s.emptyTitle}>{unheard ? t('channels.none') : t(`empty.${kind}`)}</p>
      <p className="soft">{unheard ? t('empty.unheard') : t(`empty.${kind}.more`, { key: assign || palette })}</p>
      {unheard && <Link to="/channels">{t('channels.connect')}</Link>}
    </div>
  )
}

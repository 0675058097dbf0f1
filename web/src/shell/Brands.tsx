// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useNavigate } from '@tanstack/react-router'
import { switchBrand } from '../api/queries'
import type { Me } from '../api/types'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import s from './Choices.module.css'
import { Dialog } from './Dialog'
import { warn } from './notices'

/** In which of their brands somebody goes on. */
export default function Brands({ me, onClose }: { me: Me; onClose: () => void }) {
  const { t } = useText()
  const navigate = useNavigate()
  async function enter(id: string) {
    onClose()
    if (id === me.brand.id) return
    try {
      await navigate({ to: '/inbox/$view', params: { view: 'open' } })
      await switchBrand(id)
    } catch (e) {
      warn(wordsFor(e))
    }
  }
  return (
    <Dialog title={t('brands.title')} onClose={onClose}>
      <ul className={s.list}>
        {me.brands.map((b) => (
          <li key={b.id}>
            <button className={s.choice} onClick={() => void enter(b.id)} aria-current={b.id === me.brand.id || undefined}>
              <bdi>{b.name}</bdi>
              <span className="soft">{b.id === me.brand.id ? t('brands.here') : b.role && t(`role.${b.role}`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

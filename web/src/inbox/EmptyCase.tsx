// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useText } from '../i18n'
import s from './EmptyCase.module.css'

/** What stands where a case will be. */
export function EmptyCase() {
  const { t } = useText()
  return (
    <div className={s.empty}>
      <p className={s.title}>{t('noCase.title')}</p>
      <p>{t('noCase.how')}</p>
    </div>
  )
}

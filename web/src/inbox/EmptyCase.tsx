// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useKeyCap } from '../actions/useButton'
import { useText } from '../i18n'
import s from './EmptyCase.module.css'

/** What stands where a case will be. */
export function EmptyCase() {
  const { t } = useText()
  const [next, palette] = [useKeyCap('next'), useKeyCap('palette')]
  return (
    <div className={s.empty}>
      <p className={s.title}>{t('noCase.title')}</p>
      <p>{t('noCase.how', { key: next || palette })}</p>
    </div>
  )
}

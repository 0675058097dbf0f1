// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { perform } from '../actions/offers'
import { useText } from '../i18n'
import { choose } from '../shell/me'
import s from './List.module.css'

/** Offers to be shown around, above the list, until somebody was or does not want to be. */
export function TourOffer() {
  const { t } = useText()
  return (
    <div className={s.offer}>
      <span>{t('tour.offer')}</span>
      <div>
        <button onClick={() => perform('tour')}>{t('tour.go')}</button>
        <button onClick={() => void choose({ toured: true })}>{t('tour.no')}</button>
      </div>
    </div>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import s from './Composer.module.css'
import type { Held } from './draft'

/** Files that not everybody could see: their descriptions are asked for before they go out. */
export function Undescribed({ files, onBack, onSend }: { files: Held[]; onBack: () => void; onSend: () => void }) {
  const { t } = useText()
  return (
    <Dialog title={t('undescribed.title')} onClose={onBack}>
      <p>{t('undescribed.why')}</p>
      <ul className={s.news}>
        {files.map((f) => (
          <li key={f.ticket}>
            <bdi>{f.name}</bdi>
          </li>
        ))}
      </ul>
      <div className={`acts ${s.newActs}`}>
        <Button onClick={onBack}>{t('undescribed.back')}</Button>
        <Button variant="default" onClick={onSend}>
          {t('undescribed.send')}
        </Button>
      </div>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import type { Message } from '../api/types'
import { Words } from '../case/MessageView'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { Dialog } from '../shell/Dialog'
import { shown } from '../shell/name'
import s from './Composer.module.css'

/** Something was said since the reply was begun: it is shown, and nothing goes out before somebody has decided. */
export function SomethingNew({ messages, onBack, onSend }: { messages: Message[]; onBack: () => void; onSend: () => void }) {
  const { t, language } = useText()
  const now = useNow()
  return (
    <Dialog title={t('new.title')} onClose={onBack}>
      <ul className={s.news}>
        {messages.map((m) => (
          <li key={m.id}>
            <b>
              <bdi>{shown(m.agent?.name, m.author?.name, m.author?.handle) || t('nameless')}</bdi>
            </b>{' '}
            · {moment(m.at, now, language)}
            <Words text={m.warning || m.body} empty={t('wordless')} />
          </li>
        ))}
      </ul>
      <p className="soft">{t('new.kept')}</p>
      <div className={`acts ${s.newActs}`}>
        <Button onClick={onBack}>{t('new.back')}</Button>
        <Button variant="default" onClick={onSend}>
          {t('new.send')}
        </Button>
      </div>
    </Dialog>
  )
}

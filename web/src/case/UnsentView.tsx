// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { problemWords } from '../api/words'
import { again, type Unsent } from '../composer/outbox'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import s from './MessageView.module.css'
import { Words } from './MessageView'

/** Something written here that the server has not confirmed. It says so, and the text can always be had back. */
export function UnsentView({ unsent: u, now, onTakeBack }: { unsent: Unsent; now: number; onTakeBack: (key: string) => void }) {
  const { t, language } = useText()
  if (u.write.kind === 'act') {
    return (
      <p className={s.state}>
        ◌ {t(`unsent.act.${u.write.act.does}`)} · {u.state === 'waiting' ? t('unsent.actWaits') : t('unsent.handing')}
      </p>
    )
  }
  const note = u.write.kind === 'note'
  return (
    <article
      className={note ? s.note : `${s.message} ${s.ours} ${u.via ? s[u.via.visibility] : ''}`}
      aria-label={t('unsent.label', { at: moment(u.at, now, language) })}
    >
      {u.write.kind === 'reply' && u.write.body.warning && (
        <p className={s.subject} dir="auto">
          ⚠ {u.write.body.warning}
        </p>
      )}
      <Words text={u.write.kind === 'note' ? u.write.text : u.write.body.text} empty="" />
      {u.write.kind === 'reply' && u.write.names && u.write.names.length > 0 && (
        <ul className={s.files}>
          {u.write.names.map((f, i) => (
            <li key={i}>
              <bdi>{f.name}</bdi>
            </li>
          ))}
        </ul>
      )}
      {u.state === 'refused' ? (
        <div className={s.failed}>
          <p>
            <b>{t('unsent.notTaken')}</b> {problemWords(u.problem?.code ?? '', u.problem?.detail ?? '')}
          </p>
          <button onClick={() => again(u.key)}>{t('again')}</button> <button onClick={() => onTakeBack(u.key)}>{t('unsent.edit')}</button>
        </div>
      ) : (
        <p className={s.state}>
          ◌ {u.state === 'waiting' ? t('unsent.waiting') : t('unsent.handing')}
        </p>
      )}
    </article>
  )
}

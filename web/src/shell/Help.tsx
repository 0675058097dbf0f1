// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { flushSync } from 'react-dom'
import { bindings } from '../actions/bindings'
import { charactersOn, perform, switchCharacters } from '../actions/offers'
import { actionIDs, actions } from '../actions/registry'
import { keyCap } from '../actions/useButton'
import { useText } from '../i18n'
import { Dialog } from './Dialog'
import s from './Help.module.css'
import { useMe } from './me'
import { useSignal } from './signal'

const places = ['list', 'case', 'text', 'desk'] as const

/** Every key there is, as this agent has them, and the switch that turns single ones off. */
export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useText()
  const keys = bindings(useMe().keys)
  const on = useSignal(charactersOn)
  function tour() {
    flushSync(onClose) // a dialog lies over whatever is not in it
    perform('tour')
  }
  return (
    <Dialog title={t('nav.keys')} onClose={onClose}>
      {places.map((place) => (
        <section key={place} className={s.place}>
          <h3>{t(`keys.at.${place}`)}</h3>
          <dl className={s.keys}>
            {actionIDs
              .filter((id) => actions[id].at === place && keys[id])
              .map((id) => (
                <div key={id}>
                  <dt>
                    <kbd>{keyCap(keys[id], t)}</kbd>
                  </dt>
                  <dd>{t(actions[id].words)}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      <p className="soft">{on ? t('keys.on') : t('keys.off')}</p>
      <div className="acts atFoot">
        <Button onClick={onClose}>{t('close')}</Button>
        <Button variant="default" onClick={() => switchCharacters(!on)}>
          {on ? t('keys.turnOff') : t('keys.turnOn')}
        </Button>
        <Button variant="default" onClick={tour}>
          {t('tour.go')}
        </Button>
        <Link to="/settings" hash="keys" onClick={onClose}>
          {t('keys.choose')}
        </Link>
      </div>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useText, type Key } from '../i18n'
import { Dialog } from './Dialog'
import s from './Help.module.css'
import { keysOn, switchKeys } from './keys'
import { useSignal } from './signal'

const list: [string, Key][] = [
  ['j', 'keys.j'],
  ['k', 'keys.k'],
  ['Enter', 'keys.enter'],
  ['g', 'keys.g'],
  ['r', 'keys.r'],
  ['n', 'keys.n'],
  ['a', 'keys.a'],
  ['e', 'keys.e'],
  ['Esc', 'keys.esc'],
  ['?', 'keys.help'],
]

/** Every key there is, and the switch that turns single keys off. */
export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useText()
  const on = useSignal(keysOn)
  const chords: [string, Key][] = [
    [t('keys.ctrlEnter'), 'keys.send'],
    [t('keys.ctrlShiftEnter'), 'keys.sendSolve'],
  ]
  return (
    <Dialog title={t('nav.keys')} onClose={onClose}>
      <dl className={s.keys}>
        {[...list, ...chords].map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
      <p className="soft">{on ? t('keys.on') : t('keys.off')}</p>
      <div className={`acts ${s.acts}`}>
        <Button onClick={onClose}>{t('close')}</Button>
        <Button variant="default" onClick={() => switchKeys(!on)}>
          {on ? t('keys.turnOff') : t('keys.turnOn')}
        </Button>
      </div>
    </Dialog>
  )
}

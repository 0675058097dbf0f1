// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { Copy } from '../channels/Copy'
import { useText } from '../i18n'
import { moment } from '../i18n/format'
import { useNow } from '../i18n/relative'
import { Dialog } from '../shell/Dialog'

export interface HandedLink {
  name: string
  link: string
  endsAt: string
  help: 'link.inviteHelp' | 'link.resetHelp'
}

/** A link to hand over, this once. */
export function LinkDialog({ name, link, endsAt, help, onClose }: HandedLink & { onClose: () => void }) {
  const { t, language } = useText()
  const values = { name, at: moment(endsAt, useNow(), language) }
  return (
    <Dialog title={t('link.title', { name })} onClose={onClose}>
      <div className="fields">
        <Copy label={t('link.label')} help={help === 'link.inviteHelp' ? t('link.inviteHelp', values) : t('link.resetHelp', values)} text={link} lines={3} />
        <div>
          <Button onClick={onClose}>{t('close')}</Button>
        </div>
      </div>
    </Dialog>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Link } from '@tanstack/react-router'
import { useText } from '../i18n'
import { useMe } from '../shell/me'
import { Page } from '../shell/Page'
import { Bonds } from './Bonds'
import { Passkeys } from './Passkeys'
import { SecondRoles } from './SecondRoles'
import { SecondStep } from './SecondStep'
import { SessionLimits } from './SessionLimits'
import { Sessions } from './Sessions'
import s from './Settings.module.css'
import { Tokens } from './Tokens'

/** How one signs in, and where one is signed in; for administrators, how everybody does. */
export function Security() {
  const { t } = useText()
  const me = useMe()
  return (
    <Page title={t('security.title')}>
      <p className={s.onward}>
        <Link to="/settings">{t('security.back')}</Link>
      </p>
      <h2>{t('second.title')}</h2>
      <SecondStep />
      <h2>{t('passkey.title')}</h2>
      <Passkeys />
      <Bonds />
      <h2>{t('security.sessions')}</h2>
      <Sessions />
      <h2>{t('token.title')}</h2>
      <Tokens />
      {me.runs && (
        <>
          <p className={s.onward}>
            <Link to="/settings/providers">{t('provider.title')}</Link> <small className="soft">{t('provider.goHelp')}</small>
          </p>
          <h2>{t('second.roles')}</h2>
          <SecondRoles />
          <h2>{t('security.limits')}</h2>
          <SessionLimits />
        </>
      )}
    </Page>
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useText } from '../i18n'

/** A field for a secret, which can be looked at. The field itself says when it is wrong, not only its frame. */
export function Secret(props: PasswordInputProps) {
  const { t } = useText()
  return <PasswordInput {...props} aria-invalid={props.error ? true : undefined} visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }} />
}

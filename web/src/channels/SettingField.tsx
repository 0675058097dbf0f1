// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'
import type { Field } from '../api/types'
import { inWords, useText } from '../i18n'
import { Secret } from '../shell/Secret'

/** One setting of a network, drawn from its description. A secret that is set is never shown, only that it is. */
export function SettingField({ field: f, value, isSet, error }: { field: Field; value?: string; isSet: boolean; error?: string }) {
  const { t, language } = useText()
  const common = {
    name: `s.${f.key}`,
    label: inWords(f.label, language),
    description: inWords(f.help, language) || undefined,
    error,
    required: f.required,
  }
  const known = value ?? f.default ?? ''
  switch (f.kind) {
    case 'bool':
      return <Checkbox {...common} required={false} value="true" defaultChecked={known === 'true'} size="md" />
    case 'choice':
      return (
        <NativeSelect
          {...common}
          defaultValue={known}
          data={(f.choices ?? []).map((c) => ({ value: c.value, label: inWords(c.label, language) || c.value }))}
        />
      )
    case 'list':
      return <Textarea {...common} defaultValue={known} placeholder={f.example} rows={4} resize="vertical" spellCheck={false} />
    case 'secret':
      return (
        <Secret
          {...common}
          required={f.required && !isSet}
          aria-invalid={error ? true : undefined} // the field draws the error and does not say it
          autoComplete="new-password"
          placeholder={isSet ? t('field.isSet') : undefined}
        />
      )
    default:
      return (
        <TextInput
          {...common}
          type={f.kind === 'email' ? 'email' : 'text'}
          inputMode={f.kind === 'url' ? 'url' : f.kind === 'port' ? 'numeric' : undefined}
          pattern={f.kind === 'port' ? '[0-9]{1,5}' : undefined}
          defaultValue={known}
          placeholder={f.example}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      )
  }
}

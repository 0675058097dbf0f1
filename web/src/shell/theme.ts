// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { createTheme, type VariantColorsResolver } from '@mantine/core'

/** Buttons take their colours from base.css, so that both schemes and their contrasts are decided in one place. */
const colours: VariantColorsResolver = ({ variant, color }) => {
  const bad = color === 'bad'
  const ink = bad ? 'var(--bad)' : 'var(--accent)'
  const tint = bad ? 'var(--bad-tint)' : 'var(--accent-tint)'
  switch (variant) {
    case 'filled':
      return {
        background: ink,
        hover: bad ? 'var(--bad)' : 'var(--accent-strong)',
        color: bad ? 'var(--sheet)' : 'var(--on-accent)',
        border: '1px solid transparent',
      }
    case 'light':
      return { background: tint, hover: tint, color: ink, border: '1px solid transparent' }
    case 'subtle':
    case 'transparent':
      return { background: 'transparent', hover: tint, color: ink, border: '1px solid transparent' }
    default:
      return { background: 'var(--sheet)', hover: 'var(--ground)', color: bad ? 'var(--bad)' : 'var(--ink)', border: '1px solid var(--edge)' }
  }
}

export const theme = createTheme({
  primaryColor: 'teal',
  variantColorResolver: colours,
  defaultRadius: 8,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Checkbox: {
      defaultProps: { color: 'var(--accent)', iconColor: 'var(--on-accent)' },
      styles: { label: { fontSize: 14 }, description: { fontSize: 12 } }, // the box is large for thumbs, not its words
    },
    Switch: { defaultProps: { color: 'var(--accent)' } },
  },
})

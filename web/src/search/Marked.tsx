// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Fragment } from 'react'
import { partsOf } from './parts'

/** A text with what was found in it marked. */
export function Marked({ text, marks }: { text: string; marks: readonly { from: number; to: number }[] }) {
  return partsOf(text, marks).map((p, i) => (p.hit ? <mark key={i}>{p.text}</mark> : <Fragment key={i}>{p.text}</Fragment>))
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, it } from 'vitest'
import { hours, minutes } from './hours'

describe('hours', () => {
  it('are shown as people write them', () => {
    expect(hours(10080, 'de')).toBe('168')
    expect(hours(30, 'de')).toBe('0,5')
    expect(hours(30, 'en')).toBe('0.5')
  })
  it('become whole minutes', () => {
    expect(minutes('0,5')).toBe(30)
    expect(minutes(' 168 ')).toBe(10080)
    expect(minutes('0.1')).toBe(6)
    for (const odd of ['', 'ein Tag', '1e999', undefined]) expect(minutes(odd)).toBe(0)
    expect(minutes('-3')).toBe(-180)
  })
})

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import type { ServiceBody } from '../api/types'
import { bodyOf, draftOf, newHours, withoutHours, withTrade } from './serviceDraft'

const office: ServiceBody = {
  hours: [
    {
      name: 'Werktags',
      zone: 'Europe/Berlin',
      region: 'DE-BE',
      week: [[], [{ from: 480, to: 720 }], [], [], [], [], []],
      days: [{ date: '2026-12-24', spans: [] }],
    },
  ],
  targets: [
    { network: '', hours: 'Werktags', first_minutes: 60, next_minutes: 120, warn_minutes: 15, escalate_minutes: 30, escalate_to: 'lead' },
    { network: 'chat', hours: '', first_minutes: 5, next_minutes: 5, warn_minutes: 0, escalate_minutes: 0, escalate_to: '' },
  ],
}

test('what is not edited is sent as it came', () => {
  const { body, wrong } = bodyOf(draftOf(office))
  expect(body).toEqual(office)
  expect(wrong.size).toBe(0)
})

test('targets follow their hours to another name, and around the clock when they go', () => {
  const draft = draftOf(office)
  const renamed = { ...draft, hours: draft.hours.map((h) => ({ ...h, name: 'Büro' })) }
  expect(bodyOf(renamed).body.targets.map((t) => t.hours)).toEqual(['Büro', ''])
  const gone = withoutHours(draft, draft.hours[0]?.key ?? 0)
  expect(bodyOf(gone).body).toMatchObject({ hours: [], targets: [{ hours: '' }, { hours: '' }] })
})

test('a trade sets the target of all networks, and leaves the others', () => {
  const bank = { id: 'bank' as const, minutes: 240 }
  expect(bodyOf(withTrade(draftOf(office), bank)).body.targets).toEqual([{ ...office.targets[0], first_minutes: 240, next_minutes: 240 }, office.targets[1]])
  const fresh = withTrade({ hours: [newHours('Werktags', 'Europe/Berlin')], targets: [] }, bank)
  expect(bodyOf(fresh).body.targets).toMatchObject([{ network: '', hours: 'Werktags', first_minutes: 240, next_minutes: 240 }])
})

test('what cannot be understood is named', () => {
  const draft = draftOf(office)
  const [h, t] = [draft.hours[0], draft.targets[0]]
  if (!h || !t) throw new Error('no draft')
  h.week[2] = '18-8'
  h.days = [{ key: 99, date: '', spans: 'zu' }]
  t.first = '1,5'
  t.next = '0'
  t.warn = ''
  expect([...bodyOf(draft).wrong]).toEqual([
    ['hours.0.week.2', 'spans'],
    ['hours.0.days.0.date', 'date'],
    ['hours.0.days.0.spans', 'spans'],
    ['targets.0.first_minutes', 'minutes'],
    ['targets.0.next_minutes', 'minutes'],
    ['targets.0.warn_minutes', 'minutesOrNone'],
  ])
})

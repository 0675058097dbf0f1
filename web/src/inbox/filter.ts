// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { CaseRow, Filter, View } from '../api/types'
import { isBuiltIn, lookOf, savedViews } from './look'

/** Which cases a list has, and what the server orders it by. */
export interface Rule {
  filter: Filter
  order: 'next' | 'changed' | 'wakes'
  tag: string
  priority: string
}

const builtIn: Record<string, Pick<Rule, 'filter' | 'order'>> = {
  open: { filter: { states: ['open'] }, order: 'next' },
  mine: { filter: { states: ['open'], owner: 'me' }, order: 'next' },
  unassigned: { filter: { states: ['open'], owner: 'nobody' }, order: 'next' },
  trouble: { filter: { trouble: true }, order: 'next' },
  waiting: { filter: { states: ['waiting'] }, order: 'changed' },
  asleep: { filter: { states: ['asleep'] }, order: 'wakes' },
  solved: { filter: { states: ['solved'] }, order: 'changed' },
}

/** The rule of a list; undefined: it is a saved view that is not known here. */
export function ruleOf(view: View): Rule | undefined {
  const { id, tag, priority } = lookOf(view)
  const rule = isBuiltIn(id) ? builtIn[id] : savedViews()?.find((v) => v.id === id)
  return rule && { filter: rule.filter, order: rule.order, tag, priority }
}

/** What a list shows, as a saved view would: what it is narrowed to is in it. */
export function filterOf(view: View): Filter {
  const rule = ruleOf(view)
  const { tag, priority } = lookOf(view)
  const filter: Filter = { ...rule?.filter }
  if (tag) Object.assign(filter, { tags: filter.all_tags ? [...(filter.tags ?? []), tag] : [tag], all_tags: filter.all_tags ?? false })
  if (priority) filter.priorities = [priority]
  return filter
}

/** Whether a case belongs to a list. */
export function belongs(rule: Rule, row: CaseRow, me: string): boolean {
  return has(rule.filter, row, me) && (!rule.tag || row.tags.some((g) => g.id === rule.tag)) && (!rule.priority || row.priority === rule.priority)
}

/** Whether a filter has a case, for whoever looks. The server has the same rule (internal/desk/filter.go). */
export function has(f: Filter, row: CaseRow, me: string): boolean {
  const among = <T,>(all: readonly T[] | undefined, one: T) => !all?.length || all.includes(one)
  const owner = row.agent?.id ?? ''
  const tag = (id: string) => row.tags.some((g) => g.id === id)
  const { tags = [] } = f
  return (
    among(f.states, row.state) &&
    (!f.trouble || row.trouble > 0) &&
    (f.owner !== 'me' || (owner !== '' && owner === me)) &&
    (f.owner !== 'nobody' || owner === '') &&
    (f.owner !== 'agent' || owner === f.agent) &&
    (f.due !== 'soon' || row.late !== 'no') &&
    (f.due !== 'late' || row.late === 'late' || row.late === 'escalated') &&
    (!f.visibility || row.visibility === f.visibility) &&
    among(f.priorities, row.priority) &&
    among(f.networks, row.network) &&
    (!f.accounts?.length || f.accounts.includes(row.account.id)) &&
    (tags.length === 0 || (f.all_tags ? tags.every(tag) : tags.some(tag)))
  )
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** What an event says: something happened to this case, or to this account. It carries ids and nothing else. */
export interface Change {
  kind: string
  case_id: string
  subject: string
}

/** Reads an event's data; undefined when it says nothing that can be understood. */
export function changeOf(data: string): Change | undefined {
  try {
    const v: unknown = JSON.parse(data)
    if (typeof v !== 'object' || v === null) return undefined
    const { kind, case_id, subject } = v as Record<string, unknown>
    if (typeof kind !== 'string') return undefined
    return {
      kind,
      case_id: typeof case_id === 'string' ? case_id : '',
      subject: typeof subject === 'string' ? subject : '',
    }
  } catch {
    return undefined
  }
}

/** Which answers of the server a change puts out of date, as beginnings of query keys; ['row', id] stands for one case in the lists. */
export function outdatedBy(change: Change): string[][] {
  const room = change.kind.split('.', 1)[0]
  switch (room) {
    case 'case':
    case 'message':
    case 'note':
    case 'draft':
      return change.case_id ? [['row', change.case_id], ['case', change.case_id]] : [['inbox'], ['case']]
    case 'person':
      return [['case'], ['person'], ['company'], ['consents']]
    case 'tags':
      return [['inbox'], ['case'], ['tags']]
    case 'views':
      return [['inbox'], ['views']]
    case 'account':
      return [['accounts'], ['health'], ['case']] // an account in trouble blocks ways to answer
    case 'item':
    case 'job':
    case 'alert':
      return [['health']]
    case 'service':
      return [['inbox'], ['case'], ['service']]
    case 'watch':
      return [['health'], ['watch']]
    default:
      return [['inbox'], ['case']] // a kind of a newer server: rather ask once too often
  }
}

/**
 * Collects what is out of date and hands it over: at once when it has been quiet, else at most every `every()`
 * milliseconds, so that a storm of messages is one question and not two hundred.
 */
export function collector(flush: (keys: string[][]) => void, every: () => number) {
  const waiting = new Map<string, string[]>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function hand() {
    const keys = [...waiting.values()]
    waiting.clear()
    timer = undefined
    if (keys.length === 0) return
    timer = setTimeout(hand, every())
    flush(keys)
  }

  return {
    add(keys: string[][]) {
      for (const k of keys) waiting.set(k.join('\n'), k)
      if (timer === undefined) hand()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
    },
  }
}

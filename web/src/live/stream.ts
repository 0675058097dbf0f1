// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

export interface StreamEvent {
  id: string
  event: string
  data: string
}

/**
 * Reads a text/event-stream piece by piece, as the HTML standard says in "Interpreting an event stream". Pieces may
 * end anywhere. An id stays until the next one.
 */
export function streamReader(onEvent: (e: StreamEvent) => void): (piece: string) => void {
  let rest = ''
  let started = false
  let id = ''
  let event = ''
  let data: string[] = []

  function line(l: string) {
    if (l === '') {
      if (data.length > 0) onEvent({ id, event: event || 'message', data: data.join('\n') })
      event = ''
      data = []
      return
    }
    const colon = l.indexOf(':')
    if (colon === 0) return // a comment: the heartbeat
    const field = colon < 0 ? l : l.slice(0, colon)
    let value = colon < 0 ? '' : l.slice(colon + 1)
    if (value.startsWith(' ')) value = value.slice(1)
    if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }

  return (piece) => {
    rest += piece
    if (!started && rest !== '') {
      started = true
      if (rest.startsWith('\uFEFF')) rest = rest.slice(1)
    }
    for (;;) {
      const end = /\r\n|\n|\r/.exec(rest)
      // A lone \r at the end may be the first half of \r\n.
      if (!end || (end[0] === '\r' && end.index === rest.length - 1)) return
      line(rest.slice(0, end.index))
      rest = rest.slice(end.index + end[0].length)
    }
  }
}

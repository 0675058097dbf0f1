// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { streamReader, type StreamEvent } from './stream'

function read(...parts: string[]): StreamEvent[] {
  const out: StreamEvent[] = []
  const feed = streamReader((e) => out.push(e))
  for (const p of parts) feed(p)
  return out
}
const stream = 'event: hello\ndata: {}\n\n: still here\n\nid: 7\nevent: change\ndata: {"kind":"case.opened",\ndata: "case_id":"c1"}\n\n'
const want = [
  { id: '', event: 'hello', data: '{}' },
  { id: '7', event: 'change', data: '{"kind":"case.opened",\n"case_id":"c1"}' },
]

test('events, heartbeats left out', () => expect(read(stream)).toEqual(want))
test('cut anywhere, it reads the same', () => expect(read(...stream)).toEqual(want))
test('any line end will do, even one cut in half', () => expect(read(...stream.replaceAll('\n', '\r\n'))).toEqual(want))
test('an unfinished event is no event', () => expect(read('event: change\ndata: {}\n')).toEqual([]))
test('an id stays until the next one', () => expect(read('id: 7\ndata: a\n\ndata: b\n\n').map((e) => e.id)).toEqual(['7', '7']))
test('only one space after the colon is not data', () => expect(read('data:  a\ndata:b\ndata\n\n')[0]?.data).toBe(' a\nb\n'))
test('a byte order mark is not a field', () => expect(read('\uFEFFdata: a\n\n')).toHaveLength(1))

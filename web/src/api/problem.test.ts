// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { expect, test } from 'vitest'
import { isFinal, Problem, problemOf, Unreachable, worthRetrying } from './problem'

test('a problem is read with its fields', () => {
  const body = { status: 422, detail: 'no', code: 'account.settings.required', errors: [{ location: 'body.settings.host', message: 'needed', code: 'account.settings.required' }] }
  expect(problemOf(422, body)).toMatchObject({ status: 422, code: 'account.settings.required', detail: 'no', fields: [{ location: 'body.settings.host' }] })
})

test.each([undefined, null, '<html>', 7, { errors: 'x' }, { errors: [{}] }])('whatever a proxy answers (%j) is a problem', (body) => {
  expect(problemOf(502, body)).toBeInstanceOf(Problem)
})

test.each([
  [new Unreachable(), true],
  [new Problem(503, '', '', []), true],
  [new Problem(429, '', '', []), true],
  [new Problem(500, '', '', []), false],
  [new Problem(409, '', '', []), false],
  [new Problem(409, 'request.in_progress', '', []), true],
  [new TypeError(), false],
])('%s is worth another try: %s', (e, want) => expect(worthRetrying(e)).toBe(want))

test.each([
  [new Problem(422, '', '', []), true],
  [new Problem(409, 'reply.something_new', '', []), true],
  [new Problem(409, 'request.in_progress', '', []), false],
  [new Problem(401, '', '', []), false],
  [new Problem(500, '', '', []), false],
  [new Problem(503, '', '', []), false],
  [new Unreachable(), false],
])('%s is the last word under its key: %s', (e, want) => expect(isFinal(e)).toBe(want))

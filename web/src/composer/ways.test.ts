// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { describe, expect, test } from 'vitest'
import type { Message, Way } from '../api/types'
import { chooseWay, latest, newSince, warningOf, wayKey, wayName } from './ways'

const way = (conversation_id: string, visibility: 'public' | 'private', more: Partial<Way> = {}) =>
  ({ conversation_id, visibility, starts: false, blocked: '', ...more }) as Way
const said = (id: string, conversation_id: string, visibility: 'public' | 'private', more: Partial<Message> = {}) =>
  ({ id, conversation_id, visibility, direction: 'inbound', deleted_at: null, ...more }) as Message

const open = way('post', 'public')
const direct = way('dm', 'private')
const begin = way('', 'private', { starts: true })

describe('the way a reply begins with', () => {
  test('is the one the person spoke on last', () => expect(chooseWay([open, direct], [said('1', 'post', 'public'), said('2', 'dm', 'private')])).toBe(direct))
  test('our own words do not decide it', () =>
    expect(chooseWay([open, direct], [said('1', 'post', 'public'), said('2', 'dm', 'private', { direction: 'outbound' })])).toBe(open))
  test('a deleted word does not decide it', () =>
    expect(chooseWay([open, direct], [said('1', 'dm', 'private'), said('2', 'post', 'public', { deleted_at: '2026-01-01T00:00:00Z' })])).toBe(direct))
  test('is the one the draft was written for, even if it is blocked now', () => {
    const closed = way('dm', 'private', { blocked: 'window_closed' })
    expect(chooseWay([open, closed], [said('1', 'post', 'public')], wayKey(closed))).toBe(closed)
  })
  test('is not a blocked one otherwise', () =>
    expect(chooseWay([way('dm', 'private', { blocked: 'window_closed' }), open], [said('1', 'dm', 'private')])).toBe(open))
  test('of somebody who spoke in private is private, where there is a choice', () =>
    expect(chooseWay([open, way('mail', 'private')], [said('1', 'gone', 'private')])?.visibility).toBe('private'))
  test('does not begin a new conversation by itself', () => expect(chooseWay([begin, open], [said('1', 'gone', 'private')])).toBe(open))
  test('begins one where there is nothing else', () => expect(chooseWay([begin], [])).toBe(begin))
  test('is a blocked one where all are', () => {
    const closed = way('dm', 'private', { blocked: 'window_closed' })
    expect(chooseWay([closed], [])).toBe(closed)
  })
  test('is none where there is none', () => expect(chooseWay([], [])).toBeUndefined())
})

describe('what is new since a reply was begun', () => {
  const all = [said('1', 'dm', 'private'), said('2', 'dm', 'private', { direction: 'note' }), said('3', 'dm', 'private'), said('4', 'dm', 'private', { direction: 'outbound' })]
  test('words of the person and of colleagues, no notes', () => expect(newSince(all, '1').map((m) => m.id)).toEqual(['3', '4']))
  test('a word that was said before ours and came after it', () => {
    const late = [said('1', 'dm', 'private'), said('3', 'dm', 'private'), said('2', 'dm', 'private', { direction: 'outbound' })]
    expect(newSince(late, '2').map((m) => m.id)).toEqual(['3'])
    expect(newSince(late, latest(late))).toEqual([])
  })
  test('nothing after the last', () => expect(newSince(all, '4')).toEqual([]))
  test('nothing where nothing was begun', () => expect(newSince(all, '')).toEqual([]))
  test('the same where the seen one is gone', () => expect(newSince(all.slice(1), '1').map((m) => m.id)).toEqual(['3', '4']))
})

test.each([
  ['privat', 'Messenger', 'Facebook', 'privat · Messenger'],
  ['privat', '', 'E-Mail', 'privat · E-Mail'],
  ['privat', 'Privat', 'Eigenes System', 'privat · Eigenes System'],
  ['öffentlich', 'Öffentlicher Beitrag', 'Mastodon', 'Öffentlicher Beitrag'],
])('%s, %s on %s is called %s', (visibility, room, network, name) => expect(wayName(visibility, room, network)).toBe(name))

describe('what a reply warns of', () => {
  const warns = (id: string, warning: string, more: Partial<Message> = {}) => said(id, 'post', 'public', { warning, ...more })
  test('is what the last word of the conversation does', () => {
    expect(warningOf([warns('1', 'Keller'), warns('2', 'Blut')], open)).toBe('Blut')
    expect(warningOf([warns('1', 'Keller'), warns('2', '', { direction: 'outbound' })], open)).toBe('')
  })
  test('notes, deleted words and other conversations do not count', () =>
    expect(
      warningOf([warns('1', 'Keller'), warns('2', '', { direction: 'note' }), warns('3', 'Blut', { deleted_at: '2026-01-01T00:00:00Z' }), said('4', 'dm', 'private')], open),
    ).toBe('Keller'))
  test('is nothing where nothing was said', () => expect(warningOf([], open)).toBe(''))
})

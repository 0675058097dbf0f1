// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { accountsQuery, numberQuery, queries, tagsQuery, viewsQuery } from '../api/queries'
import { remember, remembered } from '../api/remembered'
import { wordsFor } from '../api/words'
import { useText } from '../i18n'
import { builtIns, lookOf, narrows, viewOf } from '../inbox/look'
import { Icon } from '../shell/Icon'
import { useGlance } from '../search/useGlance'
import { useMe } from '../shell/me'
import { lineOf, shown } from '../shell/name'
import { warn } from '../shell/notices'
import { bindings, isKey } from './bindings'
import { caseNumber, found, withRecent, type Entry, type Group } from './entries'
import { offered, perform } from './offers'
import s from './Palette.module.css'
import { actionIDs, actions, missing } from './registry'
import { effectOf, keyCap } from './useButton'

/** What is nearest to the work at hand stands first. */
const nearest = ['case', 'text', 'list', 'desk']

/** What can be done now, where one is; and with the reason, what cannot. */
function useActionEntries(): Entry[] {
  const { t } = useText()
  const keys = bindings(useMe().keys)
  // As it was when the palette was opened: what lies below does not change what stands under one's finger.
  const [offers] = useState(() => new Map(actionIDs.map((id) => [id, offered(id)])))
  return actionIDs
    .filter((id) => id !== 'palette' && id !== 'leave')
    .sort((a, b) => nearest.indexOf(actions[a].at) - nearest.indexOf(actions[b].at))
    .map((id): Entry => {
      const offer = offers.get(id)
      const no = offer ? offer.cannot : missing[actions[id].at]
      return {
        id,
        words: t(offer?.words ?? actions[id].words),
        group: 'actions',
        cap: keyCap(keys[id], t),
        says: no ? t(no) : effectOf(id, offer ?? {}, t),
        name: String(offer?.values?.name ?? ''),
        cannot: !!no,
        run: () => perform(id),
      }
    })
}

/** Where one can go. */
function usePlaces(): Entry[] {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const administers = me.runs
  const accounts = useQuery({ ...accountsQuery, enabled: administers }).data ?? []
  const saved = useQuery({ ...viewsQuery, enabled: false }).data ?? [] // they stand beside the list
  const place = (id: string, words: string, go: () => Promise<void>, also?: string): Entry => ({
    id: `to.${id}`,
    words,
    group: 'places',
    run: () => void go(),
    ...(also && { also }),
  })
  const section = (hash: string, name: string) =>
    place(`settings.${hash}`, t('palette.settings', { name }), () => navigate({ to: '/settings', hash }))
  return [
    ...builtIns.map((view) => place(`inbox.${view}`, t('palette.view', { name: t(`view.${view}`) }), () => navigate({ to: '/inbox/$view', params: { view } }))),
    ...saved.map((v) => place(`inbox.${v.id}`, t('palette.view', { name: shown(v.name) }), () => navigate({ to: '/inbox/$view', params: { view: v.id } }))),
    ...(administers
      ? [
          place('channels', t('nav.channels'), () => navigate({ to: '/channels' }), t('channels.connect')),
          ...accounts.map((a) =>
            place(`channel.${a.id}`, t('palette.channel', { name: shown(a.name) }), () => navigate({ to: '/channels/$id', params: { id: a.id } }), a.network),
          ),
          place('health', t('nav.health'), () => navigate({ to: '/health' })),
        ]
      : []),
    place('settings', t('nav.settings'), () => navigate({ to: '/settings' })),
    ...(me.brand.rights.includes('lead') ? [place('trail', t('trail.title'), () => navigate({ to: '/settings/trail' }))] : []),
    ...(administers ? [place('webhooks', t('hooks.title'), () => navigate({ to: '/settings/webhooks' }))] : []),
    section('keys', t('keys.title')),
    section('after', t('after.title')),
    section('you', t('settings.you')),
    section('password', t('field.password')),
    section('agents', t('settings.agents')),
  ]
}

/** The list at hand, or what waits for us, narrowed to a tag or a priority: offered to whoever types it, as there may be hundreds. */
function useNarrowings(typed: string): Entry[] {
  const { t } = useText()
  const navigate = useNavigate()
  const params = useParams({ strict: false })
  const tags = useQuery({ ...tagsQuery, enabled: typed.trim() !== '' }).data?.tags ?? []
  const look = lookOf(params.view ?? 'open')
  const entry = (id: string, name: string, to: Partial<typeof look>): Entry => ({
    id: `narrow.${id}`,
    words: t('palette.narrow', { name }),
    group: 'places',
    run: () => void navigate({ to: '/inbox/$view', params: { view: viewOf({ ...look, ...to }) } }),
  })
  if (!typed.trim()) return []
  return [...narrows.map((p) => entry(p, t(`priority.${p}`), { priority: p })), ...tags.map((g) => entry(g.id, lineOf(g.name), { tag: g.id }))]
}

/** One field that does everything and leads everywhere, and says by which key it would have been quicker. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useId()
  const lately = `palette.${me.id}`
  const [recent] = useState(() => namesOf(remembered(lately)))
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)

  useLayoutEffect(() => {
    const d = dialog.current
    if (d && !d.open) d.showModal()
    return () => d?.close() // while it is still on the page: the focus goes back to where it was
  }, [])

  async function toCase(number: number) {
    try {
      const { id } = await queries.fetchQuery(numberQuery(number))
      await navigate({ to: '/cases/$id', params: { id } })
    } catch (e) {
      warn(wordsFor(e))
    }
  }
  const all = [...useActionEntries(), ...usePlaces(), ...useNarrowings(typed)]
  const number = caseNumber(typed)
  const direct: Group[] = number
    ? [{ name: 'found', entries: [{ id: 'case', words: t('palette.case', { number }), group: 'places', run: () => void toCase(number) }] }]
    : found(typed, all, recent)
  const glance = useGlance(typed)
  const groups = [...direct.filter((g) => g.name !== 'cannot'), ...glance, ...direct.filter((g) => g.name === 'cannot')]
  const flat = groups.flatMap((g) => g.entries)
  const active = flat[at]

  useEffect(() => {
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [list, at, typed])

  function choose(entry: Entry | undefined) {
    if (!entry || entry.cannot) return
    if (entry.id !== 'case' && entry.group !== 'found') remember(lately, withRecent(recent, entry.id))
    flushSync(onClose) // so that the focus is back before the action takes it elsewhere
    entry.run()
  }
  function onKeyDown(e: KeyboardEvent) {
    if (e.nativeEvent.isComposing) return
    const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (by) setAt((now) => (flat.length ? (now + by + flat.length) % flat.length : 0))
    else if (e.key === 'Enter') choose(active)
    else if (isKey(e, actions.palette.key ?? '')) onClose()
    else return
    e.preventDefault()
  }

  return (
    <dialog
      ref={dialog}
      className={s.palette}
      aria-label={t('nav.palette')}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => {
        if (e.target === dialog.current) onClose() // beside it
      }}
    >
      <div className={s.inner}>
        <div className={s.top}>
          <input
            type="text"
            className={s.field}
            role="combobox"
            aria-expanded={flat.length > 0}
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={active ? `${list}-${at}` : undefined}
            aria-label={t('palette.type')}
            placeholder={t('palette.type')}
            autoComplete="off"
            spellCheck={false}
            enterKeyHint="go"
            maxLength={200}
            value={typed}
            onChange={(e) => {
              setTyped(e.target.value)
              setAt(0)
            }}
            onKeyDown={onKeyDown}
          />
          <button className={s.close} onClick={onClose} aria-label={t('close')}>
            <Icon name="close" />
          </button>
        </div>
        <div role="listbox" id={list} aria-label={t('nav.palette')} className={s.list}>
          {groups.map((g) => (
            <div key={g.name} role="group" aria-label={t(`palette.${g.name}`)}>
              {typed === '' || g.name !== 'found' ? (
                <p className={s.group} aria-hidden>
                  {t(`palette.${g.name}`)}
                </p>
              ) : null}
              {g.entries.map((e) => {
                const i = flat.indexOf(e)
                return (
                  <div
                    key={e.id}
                    id={`${list}-${i}`}
                    role="option"
                    aria-selected={i === at}
                    aria-disabled={e.cannot || undefined}
                    className={s.entry}
                    onClick={() => choose(e)}
                    onPointerMove={() => setAt(i)}
                  >
                    <span className={s.words}>
                      <bdi>{e.words}</bdi>
                      {e.says && (i === at || e.cannot) && <small> {e.says}</small>}
                    </span>
                    {e.cap && <kbd>{e.cap}</kbd>}
                  </div>
                )
              })}
            </div>
          ))}
        </div>
        <p role="status" className={flat.length === 0 ? s.none : 'unseen'}>
          {flat.length === 0 ? t('palette.none') : typed ? t('palette.hits', { count: flat.length }) : ''}
        </p>
      </div>
    </dialog>
  )
}

function namesOf(kept: unknown): string[] {
  return Array.isArray(kept) ? kept.filter((k) => typeof k === 'string') : []
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { accountsQuery, agentsQuery, networksQuery, outdated, tagsQuery, viewsQuery } from '../api/queries'
import type { Filter, SavedView, View, ViewBody } from '../api/types'
import { fieldWords, formWords } from '../api/words'
import carry from '../case/Carry.module.css'
import { useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useAct } from '../shell/form'
import { rightsIn, useMe, useNetworkName } from '../shell/me'
import { lineOf, shown } from '../shell/name'
import { tell } from '../shell/notices'
import { filterOf, ruleOf } from './filter'

// What is touched is the label, too.
const thumb = { body: { alignItems: 'center' }, label: { minHeight: 44, display: 'flex', alignItems: 'center' } }
const states = ['open', 'waiting', 'asleep', 'solved'] as const
const priorities = ['urgent', 'high', 'normal', 'low'] as const

/** A filter without what is not there any more. */
function mended(filter: Filter, gone: SavedView['gone']): Filter {
  const left = (what: string, ids: string[] | undefined) => ids?.filter((id) => !gone.some((g) => g.what === what && g.id === id)) ?? []
  const { agent, owner, ...rest } = filter
  const away = gone.some((g) => g.what === 'agent')
  return { ...rest, ...(!away && owner && { owner }), ...(!away && agent && { agent }), tags: left('tag', filter.tags), networks: left('network', filter.networks), accounts: left('account', filter.accounts) }
}

/** How a saved view is called, which cases it has, who has it, and where it stands. */
export default function ViewForm({ view, of, onClose }: { view: View; of: SavedView | undefined; onClose: () => void }) {
  const { t } = useText()
  const me = useMe()
  const navigate = useNavigate()
  const networkName = useNetworkName()
  const leads = rightsIn(me, me.brand.id).lead
  const [draft, setDraft] = useState<ViewBody>(() =>
    of
      ? { name: of.name, filter: mended(of.filter, of.gone), order: of.order, shared: of.shared }
      : { name: '', filter: filterOf(view), order: ruleOf(view)?.order === 'changed' ? 'changed' : 'next', shared: false },
  )
  const [sure, setSure] = useState(false)
  const agents = useQuery(agentsQuery).data ?? []
  const tags = useQuery(tagsQuery).data?.tags ?? []
  const networks = useQuery(networksQuery).data ?? []
  const accounts = useQuery(accountsQuery).data ?? []
  const f = draft.filter
  const set = (change: Partial<Filter>) => setDraft((d) => ({ ...d, filter: { ...d.filter, ...change } }))
  const done = (to?: string) => {
    onClose()
    outdated(['views'])
    outdated(['inbox'])
    tell(t('saved'))
    if (to) void navigate({ to: '/inbox/$view', params: { view: to } })
  }
  const save = useAct(
    async (body: ViewBody, key) => {
      if (!of) return (await take(client.POST('/api/views', { params: { query: inBrand() }, body, headers: once(key) }))).id
      await take(client.PUT('/api/views/{id}', { params: { path: { id: of.id } }, body, headers: once(key) }))
      return undefined
    },
    (id) => done(id),
  )
  const remove = useAct(
    (id: string, key) => take(client.DELETE('/api/views/{id}', { params: { path: { id } }, headers: once(key) })),
    () => done('open'),
  )
  const all = useQuery(viewsQuery).data ?? []
  const kind = all.filter((v) => v.shared === of?.shared).map((v) => v.id)
  const place = of ? kind.indexOf(of.id) : -1
  const move = useAct(
    (ids: string[], key) => take(client.PUT('/api/views', { params: { query: inBrand() }, body: { ids }, headers: once(key) })),
    () => outdated(['views']),
  )
  const step = (by: 1 | -1) => {
    const ids = [...kind]
    const [id] = ids.splice(place, 1)
    if (id) move.mutate(ids.toSpliced(place + by, 0, id))
  }
  const wrong = fieldWords(save.error, 'name')
  const some = <T extends string>(from: readonly T[] | null | undefined, one: T) => (from?.includes(one) ? from.filter((x) => x !== one) : [...(from ?? []), one])
  return (
    <Dialog title={of ? t('view.changeTitle', { name: shown(of.name) }) : t('view.saveTitle')} onClose={onClose}>
      <form
        className="fields"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate({ ...draft, filter: said(f) })
        }}
      >
        {of && of.gone.length > 0 && <p className="wrong">{t('view.mended', { count: of.gone.length })}</p>}
        <TextInput label={t('view.name')} value={draft.name} error={wrong} maxLength={200} dir="auto" required data-autofocus onChange={(e) => setDraft({ ...draft, name: e.currentTarget.value })} />
        <Some legend={t('view.states')}>
          {states.map((v) => (
            <Pick key={v} on={f.states?.includes(v)} onClick={() => set({ states: some(f.states, v) })}>
              {t(`view.${v}`)}
            </Pick>
          ))}
        </Some>
        <NativeSelect
          label={t('view.owner')}
          value={f.owner === 'agent' ? (f.agent ?? '') : (f.owner ?? '')}
          onChange={(e) => {
            const v = e.currentTarget.value
            set(v === '' || v === 'me' || v === 'nobody' ? { owner: v as 'me', agent: '' } : { owner: 'agent', agent: v })
          }}
          data={[
            { value: '', label: t('narrow.any') },
            { value: 'me', label: t('view.ownerMe') },
            { value: 'nobody', label: t('row.nobody') },
            ...agents.filter((a) => a.works).map((a) => ({ value: a.id, label: a.name })),
          ]}
        />
        {tags.length > 0 && (
          <Some legend={t('carry.tags')}>
            {tags.map((g) => (
              <Pick key={g.id} on={f.tags?.includes(g.id)} onClick={() => set({ tags: some(f.tags, g.id) })}>
                <bdi>{lineOf(g.name)}</bdi>
              </Pick>
            ))}
            {(f.tags?.length ?? 0) > 1 && <Checkbox size="md" styles={thumb} label={t('view.allTags')} checked={f.all_tags ?? false} onChange={(e) => set({ all_tags: e.currentTarget.checked })} />}
          </Some>
        )}
        <Some legend={t('carry.priority')}>
          {priorities.map((v) => (
            <Pick key={v} on={f.priorities?.includes(v)} onClick={() => set({ priorities: some(f.priorities, v) })}>
              {t(`priority.${v}`)}
            </Pick>
          ))}
        </Some>
        <Some legend={t('view.networks')}>
          {networks
            .filter((n) => f.networks?.includes(n.id) || accounts.some((a) => a.network === n.id))
            .map((n) => (
              <Pick key={n.id} on={f.networks?.includes(n.id)} onClick={() => set({ networks: some(f.networks, n.id) })}>
                {networkName(n.id)}
              </Pick>
            ))}
        </Some>
        {accounts.length > 1 && (
          <Some legend={t('view.accounts')}>
            {accounts.map((a) => (
              <Pick key={a.id} on={f.accounts?.includes(a.id)} onClick={() => set({ accounts: some(f.accounts, a.id) })}>
                <bdi>{shown(a.name)}</bdi>
              </Pick>
            ))}
          </Some>
        )}
        <Some legend={t('view.more')}>
          {(['public', 'private'] as const).map((v) => (
            <Pick key={v} on={f.visibility === v} onClick={() => set({ visibility: f.visibility === v ? undefined : v } as Partial<Filter>)}>
              {t(v)}
            </Pick>
          ))}
          {(['soon', 'late'] as const).map((v) => (
            <Pick key={v} on={f.due === v} onClick={() => set({ due: f.due === v ? undefined : v } as Partial<Filter>)}>
              {t(`view.due.${v}`)}
            </Pick>
          ))}
          <Pick on={f.trouble} onClick={() => set({ trouble: !f.trouble })}>
            {t('view.trouble')}
          </Pick>
        </Some>
        <NativeSelect
          label={t('view.order')}
          value={draft.order}
          onChange={(e) => setDraft({ ...draft, order: e.currentTarget.value === 'changed' ? 'changed' : 'next' })}
          data={[
            { value: 'next', label: t('view.order.next') },
            { value: 'changed', label: t('view.order.changed') },
          ]}
        />
        {leads && <Checkbox size="md" styles={thumb} label={t('view.shared')} checked={draft.shared} onChange={(e) => setDraft({ ...draft, shared: e.currentTarget.checked })} />}
        {of && kind.length > 1 && (
          <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
            <Button variant="default" mih={44} disabled={place <= 0 || move.isPending} onClick={() => step(-1)}>
              {t('view.up')}
            </Button>
            <Button variant="default" mih={44} disabled={place >= kind.length - 1 || move.isPending} onClick={() => step(1)}>
              {t('view.down')}
            </Button>
          </div>
        )}
        <div role="alert" className="wrong">
          {formWords(save.error, wrong) || formWords(remove.error) || formWords(move.error)}
        </div>
        <div className="acts atFoot">
          <Button type="submit" mih={44} loading={save.isPending}>
            {t('save')}
          </Button>
          <Button variant="default" mih={44} onClick={onClose}>
            {t('close')}
          </Button>
          {of && (
            <Button color="bad" variant="default" mih={44} loading={remove.isPending} onClick={() => (sure ? remove.mutate(of.id) : setSure(true))}>
              {t(!sure ? 'view.remove' : of.shared ? 'view.removeShared' : 'view.removeSure')}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  )
}

/** A filter as it is sent: what does not matter is left out. */
function said(f: Filter): Filter {
  return Object.fromEntries(Object.entries(f).filter(([, v]) => v !== undefined && v !== '' && v !== false && !(Array.isArray(v) && v.length === 0)))
}

function Some({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <div className={carry.parts}>
      <fieldset className={carry.priorities}>
        <legend>{legend}</legend>
        {children}
      </fieldset>
    </div>
  )
}

function Pick({ on, onClick, children }: { on: boolean | undefined; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" aria-pressed={on ?? false} onClick={onClick}>
      {children}
    </button>
  )
}

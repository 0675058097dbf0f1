// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import '../shell/formStyles'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { agentsQuery, networksQuery, queries } from '../api/queries'
import type { ServiceAnswer, ServiceBody } from '../api/types'
import { fieldWords, wordsFor } from '../api/words'
import { inWords, useText } from '../i18n'
import { focusFirstError, useAct } from '../shell/form'
import { tell } from '../shell/notices'
import { Trouble, Wait } from '../shell/Wait'
import { regionChoices } from './regions'
import s from './Service.module.css'
import { bodyOf, draftOf, newDay, newHours, newTarget, withoutHours, withTrade, type Draft, type HoursDraft, type TargetDraft } from './serviceDraft'

const serviceQuery = queryOptions({
  queryKey: ['service'],
  queryFn: ({ signal }) => take(client.GET('/api/service', { params: { query: inBrand() }, signal })),
})

function outlookQuery(body: ServiceBody) {
  return queryOptions({
    queryKey: ['outlook', JSON.stringify(body)],
    queryFn: ({ signal }) => take(client.POST('/api/service/outlook', { params: { query: inBrand() }, body, signal })),
    staleTime: 10_000, // customers wait meanwhile
    gcTime: 60_000,
    retry: false,
  })
}

const zones = Intl.supportedValuesOf('timeZone')

/** When customers are answered, and how soon: service hours, and targets in them. */
export function Service() {
  const service = useQuery(serviceQuery)
  if (service.isPending) return <Wait lines={4} />
  if (service.isError) return <Trouble error={service.error} again={() => void service.refetch()} />
  return <Form now={service.data} />
}

function Form({ now }: { now: ServiceAnswer }) {
  const { t } = useText()
  const form = useRef<HTMLFormElement>(null)
  const [draft, setDraft] = useState<Draft>(() => draftOf(now))
  const [tried, setTried] = useState(false)
  const { body, wrong } = useMemo(() => bodyOf(draft), [draft])
  const save = useAct(
    (next: ServiceBody, key) => take(client.PUT('/api/service', { params: { query: inBrand() }, body: next, headers: once(key) })),
    (kept) => {
      queries.setQueryData(serviceQuery.queryKey, kept)
      setTried(false)
      tell(t('service.saved'))
    },
  )
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (attempt > 0 || save.isError) focusFirstError(form.current)
  }, [attempt, save.isError])

  /** What is wrong with a field: what cannot be understood is said once somebody has tried to save, the rest by the server. */
  const error = (field: string) => {
    const kind = wrong.get(field)
    if (!kind) return fieldWords(save.error, field)
    return tried ? t(`service.wrong.${kind}`) : undefined
  }
  const setHours = (key: number, change: Partial<HoursDraft>) => setDraft((d) => ({ ...d, hours: d.hours.map((h) => (h.key === key ? { ...h, ...change } : h)) }))
  const setTarget = (key: number, change: Partial<TargetDraft>) => setDraft((d) => ({ ...d, targets: d.targets.map((g) => (g.key === key ? { ...g, ...change } : g)) }))

  return (
    <form
      ref={form}
      className={s.form}
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        setTried(true)
        if (wrong.size > 0) setAttempt((n) => n + 1)
        else save.mutate(body)
      }}
    >
      <p className={`soft ${s.how}`}>{t('service.how', { n: now.answer_in })}</p>
      <h3>{t('service.hours')}</h3>
      {draft.hours.map((h, i) => (
        <HoursFields
          key={h.key}
          hours={h}
          regions={now.regions}
          error={(field) => error(`hours.${i}.${field}`)}
          onChange={(change) => setHours(h.key, change)}
          onRemove={() => setDraft((d) => withoutHours(d, h.key))}
        />
      ))}
      <div>
        <Button
          variant="default"
          onClick={() =>
            setDraft((d) => ({
              ...d,
              hours: [...d.hours, newHours(d.hours.length === 0 ? t('service.hoursName') : '', Intl.DateTimeFormat().resolvedOptions().timeZone)],
            }))
          }
        >
          {t('service.addHours')}
        </Button>
      </div>
      <datalist id="zones">
        {zones.map((z) => (
          <option key={z} value={z} />
        ))}
      </datalist>
      <h3>{t('service.targets')}</h3>
      <NativeSelect
        className={s.trade}
        label={t('service.trade')}
        description={t('service.tradeHelp')}
        value=""
        onChange={(e) => {
          const trade = now.trades.find((x) => x.id === e.currentTarget.value)
          if (trade) setDraft((d) => withTrade(d, trade))
        }}
        data={[{ value: '', label: t('service.choose') }, ...now.trades.map((x) => ({ value: x.id, label: t(`service.trade.${x.id}`, { n: x.minutes }) }))]}
      />
      {draft.targets.map((g, i) => (
        <TargetFields
          key={g.key}
          target={g}
          hours={draft.hours}
          error={(field) => error(`targets.${i}.${field}`)}
          onChange={(change) => setTarget(g.key, change)}
          onRemove={() => setDraft((d) => ({ ...d, targets: d.targets.filter((x) => x.key !== g.key) }))}
        />
      ))}
      <div>
        <Button variant="default" onClick={() => setDraft((d) => ({ ...d, targets: [...d.targets, newTarget('', d.hours[0]?.key ?? 0)] }))}>
          {t('service.addTarget')}
        </Button>
      </div>
      <Outlook body={body} valid={wrong.size === 0} />
      <div role="alert" className="wrong">
        {tried && wrong.size > 0 ? t('service.wrong.some') : save.isError && wordsFor(save.error)}
      </div>
      <div>
        <Button type="submit" loading={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

/** Monday first, as weeks are shown here. */
const weekdays = [1, 2, 3, 4, 5, 6, 0]

interface HoursProps {
  hours: HoursDraft
  regions: readonly string[]
  error: (field: string) => string | undefined
  onChange: (change: Partial<HoursDraft>) => void
  onRemove: () => void
}

function HoursFields({ hours, regions, error, onChange, onRemove }: HoursProps) {
  const { t, language } = useText()
  const named = (d: number) => new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2026, 1, 1 + d))) // a Sunday
  const setDay = (d: number, text: string) => onChange({ week: hours.week.map((old, i) => (i === d ? text : old)) })
  const setOther = (key: number, change: { date?: string; spans?: string }) => onChange({ days: hours.days.map((d) => (d.key === key ? { ...d, ...change } : d)) })
  const week = error('week')
  return (
    <fieldset className={`sheet ${s.hours}`}>
      <legend>{hours.name.trim() || t('service.nameless')}</legend>
      <div className={s.row}>
        <TextInput label={t('service.name')} value={hours.name} onChange={(e) => onChange({ name: e.currentTarget.value })} required maxLength={60} error={error('name')} />
        <TextInput label={t('service.zone')} value={hours.zone} onChange={(e) => onChange({ zone: e.currentTarget.value })} list="zones" required autoComplete="off" error={error('zone')} />
        <NativeSelect
          label={t('service.region')}
          value={hours.region}
          onChange={(e) => onChange({ region: e.currentTarget.value })}
          data={[{ value: '', label: t('service.noRegion') }, ...regionChoices(regions)]}
          error={error('region')}
        />
      </div>
      <p className="soft" id={`week-${hours.key}`}>
        {t('service.weekHelp')}
      </p>
      <div className={s.week} role="group" aria-describedby={`week-${hours.key}`} aria-label={t('service.week')}>
        {weekdays.map((d) => (
          <TextInput key={d} label={named(d)} value={hours.week[d] ?? ''} placeholder={t('service.closed')} onChange={(e) => setDay(d, e.currentTarget.value)} autoComplete="off" error={error(`week.${d}`)} />
        ))}
      </div>
      {week && (
        <p role="alert" className="wrong">
          {week}
        </p>
      )}
      <div>
        <Button variant="subtle" onClick={() => onChange({ week: hours.week.map((old, d) => (d > 1 && d < 6 ? (hours.week[1] ?? '') : old)) })}>
          {t('service.likeMonday')}
        </Button>
      </div>
      {hours.days.length > 0 && <p className="soft">{t('service.daysHelp')}</p>}
      {hours.days.map((d, k) => (
        <div key={d.key} className={s.other} role="group" aria-label={t('service.day', { day: d.date })}>
          <TextInput type="date" label={t('service.date')} value={d.date} onChange={(e) => setOther(d.key, { date: e.currentTarget.value })} error={error(`days.${k}.date`)} />
          <TextInput label={t('service.spans')} value={d.spans} placeholder={t('service.closed')} onChange={(e) => setOther(d.key, { spans: e.currentTarget.value })} autoComplete="off" error={error(`days.${k}.spans`)} />
          <Button variant="subtle" c="var(--bad)" aria-label={t('service.removeDay', { day: d.date })} onClick={() => onChange({ days: hours.days.filter((x) => x.key !== d.key) })}>
            {t('service.remove')}
          </Button>
        </div>
      ))}
      <div className="acts">
        <Button variant="default" onClick={() => onChange({ days: [...hours.days, newDay('')] })}>
          {t('service.addDay')}
        </Button>
        <Button variant="subtle" c="var(--bad)" onClick={onRemove}>
          {t('service.removeHours', { name: hours.name.trim() || t('service.nameless') })}
        </Button>
      </div>
    </fieldset>
  )
}

interface TargetProps {
  target: TargetDraft
  hours: HoursDraft[]
  error: (field: string) => string | undefined
  onChange: (change: Partial<TargetDraft>) => void
  onRemove: () => void
}

function TargetFields({ target, hours, error, onChange, onRemove }: TargetProps) {
  const { t, language } = useText()
  const networks = useQuery(networksQuery).data ?? []
  const agents = useQuery(agentsQuery).data ?? []
  const network = networks.find((n) => n.id === target.network)
  const name = network ? inWords(network.name, language) : t('service.allNetworks')
  return (
    <div className={`sheet ${s.target}`} role="group" aria-label={t('service.target', { name })}>
      <NativeSelect
        label={t('service.network')}
        value={target.network}
        onChange={(e) => onChange({ network: e.currentTarget.value })}
        data={[{ value: '', label: t('service.allNetworks') }, ...networks.map((n) => ({ value: n.id, label: inWords(n.name, language) }))]}
        error={error('network')}
      />
      <TextInput inputMode="numeric" label={t('service.first')} value={target.first} onChange={(e) => onChange({ first: e.currentTarget.value })} autoComplete="off" error={error('first_minutes')} />
      <TextInput inputMode="numeric" label={t('service.next')} value={target.next} onChange={(e) => onChange({ next: e.currentTarget.value })} autoComplete="off" error={error('next_minutes')} />
      <NativeSelect
        label={t('service.in')}
        value={String(target.hours)}
        onChange={(e) => onChange({ hours: Number(e.currentTarget.value) })}
        data={[{ value: '0', label: t('service.always') }, ...hours.map((h) => ({ value: String(h.key), label: h.name.trim() || t('service.nameless') }))]}
        error={error('hours')}
      />
      <TextInput inputMode="numeric" label={t('service.warn')} value={target.warn} onChange={(e) => onChange({ warn: e.currentTarget.value })} autoComplete="off" error={error('warn_minutes')} />
      <TextInput inputMode="numeric" label={t('service.escalate')} value={target.escalate} onChange={(e) => onChange({ escalate: e.currentTarget.value })} autoComplete="off" error={error('escalate_minutes')} />
      <NativeSelect
        label={t('service.escalateTo')}
        value={target.to}
        onChange={(e) => onChange({ to: e.currentTarget.value })}
        data={[{ value: '', label: t('service.nobodyElse') }, ...agents.map((a) => ({ value: a.id, label: a.name }))]}
        error={error('escalate_to')}
      />
      <Button variant="subtle" c="var(--bad)" aria-label={t('service.removeTarget', { name })} onClick={onRemove}>
        {t('service.remove')}
      </Button>
    </div>
  )
}

/** What the draft would come to, before anybody saves it. */
function Outlook({ body, valid }: { body: ServiceBody; valid: boolean }) {
  const { t } = useText()
  const [asked] = useDebouncedValue(body, 600)
  const outlook = useQuery({ ...outlookQuery(asked), enabled: valid, placeholderData: (before) => before })
  const o = outlook.data
  return (
    <p role="status" className={`soft ${s.outlook}`}>
      {valid && outlook.isError && wordsFor(outlook.error)}
      {valid && !outlook.isError && o && (o.open === 0 ? t('service.nobodyWaits') : t(o.partly ? 'service.outlookPartly' : 'service.outlook', { open: o.open, aimed: o.aimed, late: o.late, now: o.late_now }))}
    </p>
  )
}

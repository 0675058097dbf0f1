// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useEffect, useId, useImperativeHandle, useRef, useState, type DragEvent, type KeyboardEvent, type Ref } from 'react'
import { isKey } from '../actions/bindings'
import { perform, useOffers, type Offers } from '../actions/offers'
import { actions } from '../actions/registry'
import { useButton } from '../actions/useButton'
import type { Case, Me, Way } from '../api/types'
import { showChange, sleep, solve } from '../case/acts'
import { inWords, say, useText, type Key } from '../i18n'
import { number } from '../i18n/format'
import type { Done } from '../inbox/after'
import { typedHere, typesHere } from '../live/presence'
import { SomebodyWrites, useWriters } from '../presence/Beside'
import { shown } from '../shell/name'
import { AttachButton, Attachments, useUploads } from './Attach'
import s from './Composer.module.css'
import { left, signed } from './count'
import { keepDraft, keptDraft, watchDraft, type Draft, type Held } from './draft'
import { spend } from './keeping'
import { KeptElsewhere, useKeeping } from './KeptElsewhere'
import { again, heldOf, post, takeBack, type Unsent } from './outbox'
import { SomethingNew } from './SomethingNew'
import { Tabs } from './Tabs'
import { hasWritten, types } from './typing'
import { Undescribed } from './Undescribed'
import { pastedFiles } from './upload'
import { chooseWay, latest, newSince, warningOf, wayKey } from './ways'

export interface ComposerHandle {
  reply: () => void
  note: () => void
  /** Goes on where one writes. */
  write: () => void
  takeBack: (key: string) => void
  /** Begins an answer with a text that is there. */
  reuse: (text: string) => void
}

interface Props {
  ref: Ref<ComposerHandle>
  case: Case
  me: Me
  /** Whether they may answer the customer; else they write for colleagues alone. */
  answers: boolean
  unsent: Unsent[]
  /** An answer is on its way: on to what the agent wants to see then. */
  onDone: (done: Done) => void
  /** Asks until when the case is put aside. */
  onSleep: (chosen: (until: string) => void) => void
  /** Shows the case again, after it was left. */
  onOpen: () => void
  onLeave: () => void
}

const none: Way[] = []

/** What becomes of the case when a text goes out. */
interface Then {
  solve?: boolean
  sleep?: string
}

/** Where an answer is written: to whom and for whose eyes stands above the text, and what is written is never lost. */
export function Composer({ ref, case: c, me, answers, unsent, onDone, onOpen, onSleep, onLeave }: Props) {
  const { t, language } = useText()
  const [draft, setDraft] = useState<Draft>(() => keptDraft(me.id, c.id))
  const [safe, setSafe] = useState(true)
  const [asking, setAsking] = useState<{ then: Then }>()
  const [describing, setDescribing] = useState<{ then: Then; anyway: boolean }>()
  const writers = useWriters(c.id)
  const [crowded, setCrowded] = useState<Parameters<typeof send>>()
  const box = useRef<HTMLTextAreaElement>(null)
  const whole = useRef<HTMLElement>(null)
  const warner = useRef<HTMLInputElement>(null)
  const hints = useId()

  const ways = answers ? c.ways : none
  const way = chooseWay(ways, c.messages, draft.tab)
  const noting = draft.tab === 'note' || !way
  const text = noting ? draft.note : draft.reply
  const warns = !noting && !!way?.limits?.warning
  const warning = warns ? (draft.warning ?? warningOf(c.messages, way)) : ''
  const rest = noting || !way ? undefined : left(signed(text, way.sign), way.limits ?? {}, warning)
  const since = (seen: string) => newSince(c.messages, seen).filter((m) => m.direction === 'inbound' || m.agent?.id !== me.id)
  const fresh = since(draft.seen)
  const withSubject = !noting && !!way?.starts && !!way.limits?.subject
  const blocked = !noting && !!way?.blocked
  /** A file has arrived: it belongs to the draft as it is by then. */
  function hold(f: Held) {
    setDraft((d) => {
      const next = { ...d, files: [...d.files, f], seen: d.reply || d.files.length > 0 ? d.seen : latest(c.messages) }
      keepDraft(me.id, c.id, next)
      return next
    })
  }
  const takesFiles = !noting && !!way?.limits?.files_max
  const files = useUploads(draft.files, way?.limits ?? {}, hold)
  const attached = noting ? [] : draft.files
  const fits = attached.length <= (way?.limits?.files_max ?? 0) || noting
  const cannot: Key | undefined = blocked
    ? 'composer.blocked'
    : text.trim() === '' && attached.length === 0
      ? 'cannot.empty'
      : !fits
        ? takesFiles ? 'error.reply.too_many_files' : 'error.reply.no_files'
        : !noting && files.underway.length > 0
          ? 'cannot.files'
          : rest !== undefined && rest < 0
            ? 'error.reply.too_long'
            : undefined
  const stopped = unsent.find((u) => u.state === 'refused' && u.problem?.code === 'reply.something_new')

  function edit(change: Partial<Draft>) {
    const next = { ...draft, ...change }
    // What was there when the reply was begun is what the reply knows.
    const begun = (d: Draft) => d.reply !== '' || d.files.length > 0
    if (begun(next) && !begun(draft)) next.seen = latest(c.messages)
    if (!begun(next)) next.seen = ''
    setDraft(next)
    setSafe(keepDraft(me.id, c.id, next))
  }
  function focus(change?: Partial<Draft>) {
    if (change) edit(change)
    requestAnimationFrame(() => box.current?.focus())
  }
  const replyTab = () => {
    const w = chooseWay(ways, c.messages)
    return noting && w ? wayKey(w) : draft.tab
  }
  function back(key: string) {
    const u = takeBack(key)
    if (!u) return
    if (u.write.kind === 'note') focus({ tab: 'note', note: join(u.write.text, draft.note) })
    else if (u.write.kind === 'reply') {
      const { body } = u.write
      const w = c.ways.find((x) => x.conversation_id === body.conversation_id && x.visibility === body.visibility)
      const next = { ...draft, reply: join(body.text, draft.reply), subject: body.subject ?? draft.subject, warning: body.warning ?? draft.warning, files: [...heldOf(u.write), ...draft.files], seen: latest(c.messages), tab: w ? wayKey(w) : draft.tab }
      setDraft(next)
      setSafe(keepDraft(me.id, c.id, next))
      focus()
    }
  }
  const reuse = (words: string) => focus({ tab: replyTab(), reply: join(words, draft.reply) })
  useImperativeHandle(ref, () => ({ reply: () => focus({ tab: replyTab() }), note: () => focus({ tab: 'note' }), write: () => focus(), takeBack: back, reuse }))

  function send(then: Then, anyway = false, undescribed = false, crowd = false) {
    if (cannot) return
    const about = { caseId: c.id, number: c.number, person: shown(c.person.name) }
    if (noting) {
      post({ ...about, write: { kind: 'note', text, draft: spend(c.id, 'note') }, via: null })
      edit({ note: '' })
      if (then.solve || then.sleep) onDone('send_solve')
      if (then.solve) void solve(c, onOpen)
      if (then.sleep) void sleep(c, then.sleep, onOpen)
      return
    }
    if (!way) return
    if (fresh.length > 0 && !anyway) {
      setAsking({ then })
      return
    }
    if (way.limits?.describes && !undescribed && attached.some((f) => !f.alt.trim())) {
      setDescribing({ then, anyway })
      return
    }
    if (writers.length > 0 && !crowd) {
      setCrowded([then, anyway, undescribed, true])
      return
    }
    typedHere()
    post({
      ...about,
      write: {
        kind: 'reply',
        names: attached.map((f) => ({ name: f.name, size: f.size })),
        body: {
          conversation_id: way.conversation_id,
          visibility: way.visibility,
          text,
          ...(attached.length > 0 && { files: attached.map((f) => ({ ticket: f.ticket, ...(f.alt && { alt: f.alt }) })) }),
          ...(withSubject && draft.subject && { subject: draft.subject }),
          ...(warning.trim() && { warning: warning.trim() }),
          seen: anyway ? latest(c.messages) : draft.seen,
          ...(then.solve && { solve: true }),
          ...(then.sleep && { sleep: then.sleep }),
          ...(anyway && { anyway: true }),
          draft: spend(c.id, 'reply'),
        },
      },
      via: { visibility: way.visibility, network: way.network, account: way.account },
    })
    edit({ reply: '', subject: '', warning: null, files: [] })
    hasWritten()
    onDone(then.solve || then.sleep ? 'send_solve' : 'send')
    if (then.solve) showChange(c.id, { state: 'solved', solved_at: new Date().toISOString() })
    if (then.sleep) showChange(c.id, { state: 'asleep', wakes_at: then.sleep })
  }

  // Until when is asked first; what goes out then is what stands there by then.
  const latestSend = useRef(send)
  useEffect(() => {
    latestSend.current = send
  })
  const values = { name: shown(c.person.name) || t('nameless') }
  const goes: Key = noting ? 'does.note' : way.visibility === 'public' ? 'does.sendPublic' : 'does.sendPrivate'
  const offers = {
    send: { run: () => send({}), cannot, does: [goes], values, ...(noting && { words: 'composer.keepNote' as const }) },
    sendSolve: { run: () => send({ solve: true }), cannot, does: [goes, 'does.solve'], values, ...(noting && { words: 'act.keepSolve' as const }) },
    ...(answers && {
      sendSleep: { run: () => onSleep((until) => latestSend.current({ sleep: until })), cannot, does: [goes, 'does.sleep'] as const, values, ...(noting && { words: 'act.keepSleep' as const }) },
    }),
    leave: { run: onLeave },
  } satisfies Offers
  useOffers(offers)
  const [sending, solving] = [useButton('send', offers.send), useButton('sendSolve', offers.sendSolve)]
  const goesOn = me.after.send_solve === 'next'

  function onKeyDown(e: KeyboardEvent) {
    if (e.nativeEvent.isComposing || asking || describing || crowded) return
    const id = (['send', 'sendSolve', 'sendSleep', 'leave'] as const).find((a) => isKey(e, actions[a].key ?? ''))
    if (!id || !offers[id]) return
    e.preventDefault()
    perform(id)
  }

  function onDrop(e: DragEvent) {
    if (!takesFiles || e.dataTransfer.files.length === 0) return
    e.preventDefault()
    files.add([...e.dataTransfer.files])
  }

  useEffect(() => watchDraft(me.id, c.id, setDraft), [me.id, c.id])
  const onlyHere = useKeeping(c, me.id)

  // Leaving the page with a text that could not be kept would lose it.
  useEffect(() => {
    if (safe) return
    const stop = (e: BeforeUnloadEvent) => e.preventDefault()
    window.addEventListener('beforeunload', stop)
    return () => window.removeEventListener('beforeunload', stop)
  }, [safe])

  const look = noting ? s.note : way?.visibility === 'public' ? s.public : s.private
  return (
    <section ref={whole} data-tour="reply" className={`${s.composer} ${look}`} aria-label={t('composer')} onKeyDown={onKeyDown} onDragOver={(e) => takesFiles && e.preventDefault()} onDrop={onDrop}>
      <Tabs ways={ways} chosen={noting ? 'note' : wayKey(way)} onChoose={(tab) => focus({ tab })} />
      {!noting && (
        <p className={s.to} id={`${hints}-to`}>
          {t(way.visibility === 'public' ? 'composer.toPublic' : 'composer.toPrivate', { to: shown(way.to) || t('nameless'), via: shown(way.account.name) })}
          {way.waits && <span> · {way.onward ? t('composer.onward', { to: way.onward }) : t('composer.waits')}</span>}
          {way.caution && <span className={s.caution}> {inWords(way.caution, language)}</span>}
        </p>
      )}
      {noting && (
        <p className={s.to} id={`${hints}-to`}>
          {t('composer.toNobody')}
        </p>
      )}
      {blocked && (
        <p className={s.blocked} role="status">
          {t('composer.blocked')} {say('reason', way.blocked, way.blocked)}
        </p>
      )}
      {fresh.length > 0 && !noting && (
        <div className={s.fresh} role="status">
          <span>{t('composer.fresh', { count: fresh.length })}</span>
          <button onClick={() => edit({ seen: latest(c.messages) })}>{t('composer.read')}</button>
        </div>
      )}
      <KeptElsewhere caseId={c.id} way={noting ? 'note' : 'reply'} />
      {withSubject && (
        <label className={s.subject}>
          <span>{t('composer.subject')}</span>
          <input value={draft.subject} dir="auto" maxLength={250} onChange={(e) => edit({ subject: e.target.value })} />
        </label>
      )}
      {warns && (warning !== '' || draft.warning !== null) && (
        <label className={s.subject}>
          <span>{t('composer.warning')}</span>
          <input
            ref={warner}
            value={warning}
            dir="auto"
            maxLength={500}
            placeholder={t('composer.noWarning')}
            onChange={(e) => edit({ warning: e.target.value })}
          />
        </label>
      )}
      <textarea
        ref={box}
        className={s.box}
        rows={3}
        dir="auto"
        value={text}
        aria-label={noting ? t('composer.noteText') : t(way.visibility === 'public' ? 'composer.publicText' : 'composer.privateText')}
        aria-describedby={`${hints}-to ${hints}-sign ${hints}-left`}
        aria-invalid={rest !== undefined && rest < 0 ? true : undefined}
        placeholder={noting ? t('composer.noteHere') : t('composer.writeHere')}
        onChange={(e) => {
          edit(noting ? { note: e.target.value } : { reply: e.target.value })
          typesHere()
          if (!noting && way.typing && !blocked && e.target.value.trim()) types(c.id, way.conversation_id)
        }}
        onPaste={(e) => {
          const pasted = pastedFiles(e.clipboardData)
          if (!takesFiles || pasted.length === 0) return
          e.preventDefault()
          files.add(pasted)
        }}
      />
      {!noting && way.sign && (
        <p className={s.to} id={`${hints}-sign`}>
          {t('composer.sign')} <bdi>{way.sign}</bdi>
        </p>
      )}
      {!noting && <Attachments held={draft.files} underway={files.underway} problem={files.problem} onChange={(held) => edit({ files: held })} />}
      {!noting && !fits && (
        <p className={s.blocked} role="status">
          {t(takesFiles ? 'error.reply.too_many_files' : 'error.reply.no_files')}
        </p>
      )}
      <div className={s.foot}>
        {takesFiles && <AttachButton onFiles={files.add} />}
        {warns && warning === '' && draft.warning === null && (
          <button
            type="button"
            className={s.warn}
            onClick={() => {
              edit({ warning: '' })
              requestAnimationFrame(() => warner.current?.focus())
            }}
          >
            {t('composer.warn')}
          </button>
        )}
        <span id={`${hints}-left`} className={rest !== undefined && rest < 0 ? s.over : s.left}>
          {!safe && <b className={s.over}>{t('composer.notKept')} </b>}
          {onlyHere && <b className={s.over}>{t('draft.onlyHere')} </b>}
          {rest === undefined
            ? ''
            : rest >= 0
              ? t('composer.left', { count: rest, n: number(rest, language) })
              : t('composer.over', { count: -rest, n: number(-rest, language) })}
        </span>
        <Button {...sending.props} variant="default" disabled={!!cannot} onClick={offers.send.run}>
          {noting ? t('composer.keepNote') : t('composer.send')}
        </Button>
        {sending.says}
        {answers && (
          <Button {...solving.props} disabled={!!cannot} onClick={offers.sendSolve.run} className={s.main}>
            {noting ? t(goesOn ? 'composer.keepSolve' : 'act.keepSolve') : t(goesOn ? 'composer.sendSolve' : 'act.sendSolve')}
          </Button>
        )}
        {answers && solving.says}
      </div>
      {describing && (
        <Undescribed
          files={attached.filter((f) => !f.alt.trim())}
          onBack={() => {
            setDescribing(undefined)
            requestAnimationFrame(() => whole.current?.querySelector<HTMLInputElement>('input[data-alt=""]')?.focus())
          }}
          onSend={() => {
            setDescribing(undefined)
            send(describing.then, describing.anyway, true)
          }}
        />
      )}
      {crowded && (
        <SomebodyWrites
          writers={writers}
          onBack={() => {
            setCrowded(undefined)
            focus()
          }}
          onSend={() => {
            setCrowded(undefined)
            send(...crowded)
          }}
        />
      )}
      {asking && (
        <SomethingNew
          messages={fresh}
          onBack={() => {
            setAsking(undefined)
            edit({ seen: latest(c.messages) })
            focus()
          }}
          onSend={() => {
            setAsking(undefined)
            send(asking.then, true)
          }}
        />
      )}
      {stopped?.write.kind === 'reply' && !asking && (
        <SomethingNew
          messages={since(stopped.write.body.seen)}
          onBack={() => back(stopped.key)}
          onSend={() => again(stopped.key, { anyway: true, seen: latest(c.messages) })}
        />
      )}
    </section>
  )
}

function join(first: string, then: string): string {
  return then.trim() ? `${first}\n\n${then}` : first
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Fragment, memo, useEffect, useMemo, useState } from 'react'
import type { Attached, Message } from '../api/types'
import { say, useText } from '../i18n'
import { bytes, exactly, moment, number } from '../i18n/format'
import { withdraw } from '../composer/withdraw'
import { Icon } from '../shell/Icon'
import { shown } from '../shell/name'
import { Outward } from '../shell/Outward'
import { itArrived, letGo, sendAgain, takeUp } from './acts'
import { beginningOf } from './fold'
import { pieces } from './links'
import s from './MessageView.module.css'

interface Shown {
  message: Message
  caseId: string
  now: number
  /** Puts a text into the answer that is being written; undefined for those who only read. */
  onReuse: ((text: string) => void) | undefined
}

/** One message: who said it, what, with what attached, and what became of it. */
export const MessageView = memo(function MessageView({ message: m, caseId, now, onReuse }: Shown) {
  const { t, language } = useText()
  const [original, setOriginal] = useState(false)
  const [unfolded, setUnfolded] = useState(false)
  const look = m.direction === 'note' ? s.note : m.direction === 'outbound' ? `${s.message} ${s.ours} ${s[m.visibility]}` : `${s.message} ${s[m.visibility]}`
  return (
    <article className={original ? `${look} ${s.open}` : look} aria-label={t('message.label', { who: authorOf(m, t), at: moment(m.at, now, language) })}>
      <div className={s.who}>
        {m.direction === 'note' && <b>{t('note')} · </b>}
        {m.author?.url && m.direction === 'inbound' ? (
          <Outward href={m.author.url} className={s.plain}>
            <bdi>{authorOf(m, t)}</bdi>
          </Outward>
        ) : (
          <bdi>{authorOf(m, t)}</bdi>
        )}
        {m.author?.handle && m.direction === 'inbound' && shown(m.author.handle) !== authorOf(m, t) && (
          <>
            {' '}
            <bdi className={s.handle}>{shown(m.author.handle)}</bdi>
          </>
        )}{' '}
        ·{' '}
        {m.url ? (
          <Outward href={m.url} className={s.plain}>
            <Time at={m.at} now={now} />
          </Outward>
        ) : (
          <Time at={m.at} now={now} />
        )}
        {m.edited_at && !m.deleted_at && <span title={exactly(m.edited_at, language)}> · {t('message.edited')}</span>}
        {m.auto && <span> · {t(m.direction === 'inbound' ? 'message.autoIn' : 'message.autoOut')}</span>}
        {m.elsewhere && <span> · {t('message.elsewhere')}</span>}
        {m.genuine && (
          <span className={m.genuine === 'doubtful' ? s.doubtful : undefined} title={m.proofs}>
            {' '}
            · {t(`genuine.${m.genuine}`)}
          </span>
        )}
      </div>
      {m.delivery === 'withdrawn' ? (
        <p className={s.deleted}>{t('delivery.withdrawn')}</p>
      ) : m.deleted_at ? (
        <p className={s.deleted}>{m.direction === 'note' ? t('note.takenBack') : t('message.deleted', { at: moment(m.deleted_at, now, language) })}</p>
      ) : (
        <>
          {m.warning && (
            <button className={s.warning} dir="auto" onClick={() => setUnfolded(!unfolded)} aria-expanded={unfolded}>
              <span aria-hidden>⚠ </span>
              <span className="unseen">{t('message.warning')} </span>
              {m.warning}
            </button>
          )}
          {(!m.warning || unfolded) && <Said message={m} original={original} onOriginal={() => setOriginal(!original)} />}
          <Reach message={m} />
        </>
      )}
      {m.direction === 'outbound' && <Delivered message={m} caseId={caseId} now={now} onReuse={onReuse} />}
    </article>
  )
})

/** What a message says: its text, what it quotes, its files, and its original where that shows more. */
function Said({ message: m, original, onOriginal }: { message: Message; original: boolean; onOriginal: () => void }) {
  const { t } = useText()
  return (
    <>
      {m.subject && (
        <p className={s.subject} dir="auto">
          {m.subject}
        </p>
      )}
      <Words text={m.body} empty={m.files.length > 0 ? '' : t('wordless')} />
      {m.quoted && (
        <details className={s.quoted}>
          <summary>{t('message.quoted')}</summary>
          <Words text={m.quoted} empty="" />
        </details>
      )}
      {m.files.length > 0 && (
        <ul className={s.files}>
          {m.files.map((f, i) => (
            <File key={`${f.href}${i}`} file={f} />
          ))}
        </ul>
      )}
      {m.html && (
        <button className={s.small} onClick={onOriginal} aria-expanded={original}>
          {original ? t('message.hideOriginal') : t('message.original')}
        </button>
      )}
      {m.html && original && (
        <iframe
          className={s.original}
          title={t('message.originalOf', { who: authorOf(m, t) })}
          src={`/api/messages/${encodeURIComponent(m.id)}/html`}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerPolicy="no-referrer"
          loading="lazy"
        />
      )}
    </>
  )
}

/** How far a message has come, where its network counts that and somebody has passed it on or liked it. */
function Reach({ message: m }: { message: Message }) {
  const { t, language } = useText()
  if (!m.shared && !m.liked) return null
  return (
    <p className={s.reach}>
      {m.shared > 0 && (
        <span title={t('reach.shared', { count: m.shared, n: number(m.shared, language) })}>
          <span aria-hidden>↻ {number(m.shared, language)}</span>
          <span className="unseen">{t('reach.shared', { count: m.shared, n: number(m.shared, language) })}</span>
        </span>
      )}
      {m.liked > 0 && (
        <span title={t('reach.liked', { count: m.liked, n: number(m.liked, language) })}>
          <span aria-hidden>★ {number(m.liked, language)}</span>
          <span className="unseen">{t('reach.liked', { count: m.liked, n: number(m.liked, language) })}</span>
        </span>
      )}
    </p>
  )
}

function authorOf(m: Message, t: ReturnType<typeof useText>['t']): string {
  if (m.agent) return shown(m.agent.name, m.agent.initials) || t('nameless')
  const named = shown(m.author?.name, m.author?.handle)
  if (named) return named
  return m.direction === 'inbound' ? t('nameless') : 'hilft'
}

function Time({ at, now }: { at: string; now: number }) {
  const { language } = useText()
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {moment(at, now, language)}
    </time>
  )
}

/**
 * Foreign words: shown as text, in their own direction, with the addresses that the desk is willing to open. Of a text
 * without end, the beginning first.
 */
export function Words({ text, empty }: { text: string; empty: string }) {
  const { t, language } = useText()
  const [whole, setWhole] = useState(false)
  const beginning = useMemo(() => beginningOf(text), [text])
  if (!text.trim()) return empty ? <p className={s.empty}>{empty}</p> : null
  return (
    <>
      <div className={s.words} dir="auto">
        {pieces(whole ? text : (beginning ?? text)).map((p, i) =>
          p.href ? (
            <Fragment key={i}>
              <Outward href={p.href}>{p.text}</Outward>
              {p.really && <bdi className={s.really}> ({p.really})</bdi>}
            </Fragment>
          ) : (
            p.text
          ),
        )}
        {beginning !== undefined && !whole && ' …'}
      </div>
      {beginning !== undefined && (
        <button className={s.small} onClick={() => setWhole(!whole)} aria-expanded={whole}>
          {whole ? t('message.fold') : t('message.whole', { n: number(text.length - beginning.length, language) })}
        </button>
      )}
    </>
  )
}

function File({ file: f }: { file: Attached }) {
  const { t, language } = useText()
  const name = shown(f.name) || t('file.nameless')
  return (
    <li>
      <a href={f.href} download={name} rel="noopener noreferrer" className={s.file}>
        <Icon name="file" size={18} />
        <span>
          <bdi>{name}</bdi> <small>{f.size > 0 ? bytes(f.size, language) : ''}</small>
          {(f.type === 'application/ms-tnef' || f.name.toLowerCase() === 'winmail.dat') && <small className={s.alt}>{t('file.tnef')}</small>}
          {f.alt && (
            <small className={s.alt} dir="auto">
              <span className="unseen">{t('file.shows')} </span>
              {f.alt}
            </small>
          )}
        </span>
      </a>
    </li>
  )
}

/** What became of the letter in which a message went on. */
function onwardSaid({ to, delivery }: NonNullable<Message['onward']>, t: ReturnType<typeof useText>['t']): string {
  switch (delivery) {
    case 'failed':
      return t('delivery.onwardFailed', { to })
    case 'unknown':
      return t('delivery.onwardUnknown', { to })
    case 'held':
    case 'queued':
    case 'sending':
      return t('delivery.onwardSoon', { to })
    default:
      return t('delivery.onward', { to })
  }
}

function secondsTo(at: string | null): number {
  return at ? Math.max(0, Math.ceil((Date.parse(at) - Date.now()) / 1000)) : 0
}

/** That a message goes out in some seconds, which are counted, and how it is taken back by whoever may answer. */
function Waits({ message: m, caseId, may }: { message: Message; caseId: string; may: boolean }) {
  const { t } = useText()
  const [seconds, setSeconds] = useState(() => secondsTo(m.retry_at))
  const [asked, setAsked] = useState(false)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(secondsTo(m.retry_at)), 1000)
    return () => clearInterval(timer)
  }, [m.retry_at])
  return (
    <p className={s.state}>
      ◷ {seconds > 0 ? t('delivery.held', { n: seconds }) : t('delivery.queued')}{' '}
      {seconds > 0 && may && (
        <button
          className={s.small}
          disabled={asked}
          onClick={() => {
            setAsked(true)
            void withdraw(caseId, m.id).finally(() => setAsked(false))
          }}
        >
          {t('delivery.withdraw')}
        </button>
      )}
    </p>
  )
}

/** Where a message of ours stands, in words that say neither more nor less than is known. */
function Delivered({ message: m, caseId, now, onReuse }: Shown) {
  const { t, language } = useText()
  const [asked, setAsked] = useState(false)
  const why = m.reason || m.detail ? say('reason', m.reason, m.detail || t('reason.other')) : ''
  const detail = m.detail && m.detail !== why ? m.detail : ''
  switch (m.delivery) {
    case 'held':
      return <Waits message={m} caseId={caseId} may={!!onReuse} />
    case 'queued':
      return (
        <p className={s.state}>
          ◷ {t('delivery.queued')}
          {m.retry_at && ` · ${t('delivery.retryAt', { at: moment(m.retry_at, now, language) })}`}
          {why && ` · ${why}`}
        </p>
      )
    case 'sending':
      return <p className={s.state}>↗ {t('delivery.sending')}</p>
    case 'sent':
      return (
        <p className={s.state}>
          ✓ {t('delivery.sent')}
          {m.shown_at && <span title={exactly(m.shown_at, language)}> · {t('delivery.shown')}</span>}
          {m.onward && (
            <>
              {' · '}
              <bdi>{onwardSaid(m.onward, t)}</bdi>
            </>
          )}
        </p>
      )
    case 'failed':
      return (
        <div className={m.let_go_at ? `${s.failed} ${s.letGo}` : s.failed}>
          <p>
            <b>{t('delivery.failed')}</b> {why}
            {detail && (
              <>
                {' '}
                <q dir="auto">{detail}</q>
              </>
            )}
          </p>
          {m.let_go_at ? (
            <p>
              {t('delivery.letGo')}{' '}
              {onReuse && (
                <button disabled={asked} onClick={() => void ask(takeUp)}>
                  {t('delivery.takeUp')}
                </button>
              )}
            </p>
          ) : onReuse && (
            <>
              <button disabled={asked} onClick={() => void ask(sendAgain)}>
                {t('delivery.again')}
              </button>{' '}
              <button onClick={() => onReuse(m.body)}>{t('delivery.edit')}</button>{' '}
              <button disabled={asked} title={t('delivery.letItGoHow')} onClick={() => void ask(letGo)}>
                {t('delivery.letItGo')}
              </button>
            </>
          )}
        </div>
      )
    case 'unknown':
      return (
        <div className={s.unknown}>
          <p>
            <b>{t('delivery.unknown')}</b> {t('delivery.unknownHow')} {m.reason !== 'unknown' && why}
          </p>
          {onReuse && (
            <>
              <button disabled={asked} onClick={() => void ask(itArrived)}>
                {t('delivery.arrived')}
              </button>{' '}
              <button disabled={asked} onClick={() => void ask(sendAgain)}>
                {t('delivery.notThere')}
              </button>
            </>
          )}
        </div>
      )
    default:
      return null
  }

  async function ask(act: (caseId: string, messageId: string) => Promise<void>) {
    setAsked(true)
    try {
      await act(caseId, m.id)
    } finally {
      setAsked(false)
    }
  }
}

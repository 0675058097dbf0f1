// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { inBrand } from '../api/brand'
import { client, once, take } from '../api/client'
import { accountsQuery, networksQuery, queries } from '../api/queries'
import type { Account, Description } from '../api/types'
import { problemWords, wordsFor } from '../api/words'
import { inWords, useText } from '../i18n'
import { Dialog } from '../shell/Dialog'
import { useNetworkName } from '../shell/me'
import { shown } from '../shell/name'
import { tell, warn } from '../shell/notices'
import { Outward } from '../shell/Outward'
import { Page } from '../shell/Page'
import { Trouble, Wait } from '../shell/Wait'
import { Ago, StateChip, whyOf } from './AccountState'
import s from './Channels.module.css'
import { Copy } from './Copy'
import { Hold } from './Hold'
import { signInAgain, signsIn } from './signInAgain'

/** Where customers reach the brand: what is connected and how it is doing, and what else can be connected. */
export function Channels() {
  const { t, language } = useText()
  const { connected, error, first } = useSearch({ from: '/desk/channels' })
  const accounts = useQuery(accountsQuery)
  const networks = useQuery(networksQuery)
  useEffect(() => {
    if (connected) tell(t('channels.connected'))
  }, [connected, t])

  return (
    <Page title={t('nav.channels')}>
      {error && (
        <p className={s.wrong} role="alert">
          {problemWords(error, t('channels.signInFailed'))}
        </p>
      )}
      {first && (
        <p className={s.first}>
          {t('channels.first')}{' '}
          <Link to="/inbox/$view" params={{ view: 'open' }}>
            {t('notFound.inbox')}
          </Link>
        </p>
      )}
      {accounts.isPending && <Wait lines={3} />}
      {accounts.isError && !accounts.data && <Trouble error={accounts.error} again={() => void accounts.refetch()} />}
      {accounts.data && accounts.data.length === 0 && !first && <p className="soft">{t('channels.none')}</p>}
      {accounts.data && accounts.data.length > 0 && (
        <ul className={s.list}>
          {accounts.data.map((a) => (
            <One key={a.id} account={a} network={networks.data?.find((n) => n.id === a.network)} isNew={a.id === connected} />
          ))}
        </ul>
      )}
      <h2>{t('channels.connect')}</h2>
      {networks.isPending && <Wait lines={3} />}
      {networks.isError && <Trouble error={networks.error} again={() => void networks.refetch()} />}
      <ul className={s.networks}>
        {networks.data?.map((n) => (
          <li key={n.id}>
            <Link to="/channels/new/$network" params={{ network: n.id }}>
              <b>{inWords(n.name, language)}</b>
              <span>{inWords(n.about, language)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  )
}

function One({ account: a, network, isNew }: { account: Account; network?: Description; isNew: boolean }) {
  const { t } = useText()
  const networkName = useNetworkName()
  const [removing, setRemoving] = useState(false)
  const [busy, setBusy] = useState(false)
  const paused = a.state === 'paused'

  async function act(ask: () => Promise<unknown>) {
    setBusy(true)
    try {
      await ask()
    } catch (e) {
      warn(wordsFor(e))
    } finally {
      setBusy(false)
      void queries.invalidateQueries({ queryKey: ['accounts'] })
      void queries.invalidateQueries({ queryKey: ['health'] })
    }
  }
  const asked = () => ({ params: { path: { id: a.id }, query: inBrand() }, headers: once() })

  return (
    <li className={`sheet ${s.one}`}>
      <div className={s.top}>
        <h2>
          <bdi>{shown(a.name) || networkName(a.network)}</bdi>
        </h2>
        <span className="chip">{networkName(a.network)}</span>
        <StateChip account={a} />
        {isNew && <span className="chip good">{t('channels.new')}</span>}
      </div>
      {shown(a.self.handle, a.self.name) && shown(a.self.handle, a.self.name) !== shown(a.name) && (
        <p className="soft">
          <Outward href={a.self.url}>
            <bdi>{shown(a.self.handle, a.self.name)}</bdi>
          </Outward>
        </p>
      )}
      {whyOf(a) && <p className={a.state === 'ok' ? 'soft' : s.why}>{whyOf(a)}</p>}
      <dl className={s.times}>
        <div>
          <dt>{t('account.heard')}</dt>
          <dd>
            <Ago at={a.heard_at} />
          </dd>
        </div>
        <div>
          <dt>{t('account.sentLast')}</dt>
          <dd>
            <Ago at={a.sent_at} />
          </dd>
        </div>
      </dl>
      <Hold account={a} onChoose={(seconds) => void act(() => take(client.PUT('/api/accounts/{id}/hold', { ...asked(), body: { seconds } })))} />
      {a.hook_url && network?.can.hook && <Copy label={t('account.hook')} help={t('account.hookHelp')} text={a.hook_url} />}
      {a.snippet && <Copy label={t('account.snippet')} help={t('account.snippetHelp')} text={a.snippet} lines={3} />}
      <div className="acts">
        {a.state === 'sign_in' && network && signsIn(network, a.settings) && (
          <Button loading={busy} onClick={() => void act(() => signInAgain(a))}>
            {t('account.signInAgain')}
          </Button>
        )}
        <Link to="/channels/$id" params={{ id: a.id }} className={s.linkButton}>
          {t('account.change')}
        </Link>
        <Button
          variant="default"
          loading={busy}
          onClick={() =>
            void act(() =>
              paused ? take(client.POST('/api/accounts/{id}/resume', asked())) : take(client.POST('/api/accounts/{id}/pause', asked())),
            )
          }
        >
          {paused ? t('account.resume') : t('account.pause')}
        </Button>
        <Button variant="default" color="bad" onClick={() => setRemoving(true)}>
          {t('account.remove')}
        </Button>
      </div>
      {removing && (
        <Dialog title={t('account.removeTitle', { name: shown(a.name) || networkName(a.network) })} onClose={() => setRemoving(false)}>
          <p>{t('account.removeHow')}</p>
          <div className={`acts ${s.dialogActs}`}>
            <Button onClick={() => setRemoving(false)}>{t('cancel')}</Button>
            <Button
              color="bad"
              variant="default"
              onClick={() => {
                setRemoving(false)
                void act(() => take(client.DELETE('/api/accounts/{id}', asked())))
              }}
            >
              {t('account.remove')}
            </Button>
          </div>
        </Dialog>
      )}
    </li>
  )
}

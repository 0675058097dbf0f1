// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { client, take } from '../api/client'
import { remember, remembered } from '../api/remembered'
import type { Me } from '../api/types'
import { t } from '../i18n'
import { offer } from './notices'

const updateEvery = 30 * 60_000

/** Whether this browser keeps the app for when there is no connection. While it is being built, it would keep it for ever. */
export const keepsApp = import.meta.env.PROD && 'serviceWorker' in navigator

const register = () => navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' })

/**
 * Has the browser keep the app, so that it opens without a connection, and says calmly when there is a newer one. go is where
 * a message on the device leads. Returns what ends that.
 */
export function startWorker(me: Pick<Me, 'id' | 'language'>, go: (path: string) => void): () => void {
  document.querySelector('link[rel=manifest]')?.setAttribute('href', `/${me.language}.webmanifest`) // what an installed app says of itself
  if (!keepsApp) return () => {}
  const onMessage = (e: MessageEvent<unknown>) => {
    const to = e.data && typeof e.data === 'object' && 'go' in e.data ? e.data.go : undefined
    if (typeof to === 'string') go(to)
  }
  navigator.serviceWorker.addEventListener('message', onMessage)
  let timer: ReturnType<typeof setInterval> | undefined
  register()
    .then((kept) => {
      watch(kept)
      timer = setInterval(() => void kept.update().catch(() => {}), updateEvery)
      return renewSubscription(kept, me.id)
    })
    .catch(() => {}) // private windows refuse; the desk works all the same
  return () => {
    navigator.serviceWorker.removeEventListener('message', onMessage)
    clearInterval(timer)
  }
}

function watch(kept: ServiceWorkerRegistration): void {
  if (kept.waiting) void greet(kept.waiting)
  kept.addEventListener('updatefound', () => {
    const next = kept.installing
    next?.addEventListener('statechange', () => {
      if (next.state === 'installed' && navigator.serviceWorker.controller) void greet(next)
    })
  })
}

/** What takes over from the worker before it: at once, where this page is of its build already; else when somebody says so. */
async function greet(next: ServiceWorker): Promise<void> {
  const takeOver = () => next.postMessage('take over')
  if (await knows(next)) return takeOver()
  offer(t('update.ready'), {
    label: t('reload'),
    run() {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
      takeOver()
    },
  })
}

/** Whether a worker is of the build of this page: it keeps the piece with which the page begins. */
function knows(worker: ServiceWorker): Promise<boolean> {
  const first = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src') ?? ''
  return new Promise((answer) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (e) => answer(e.data === true)
    setTimeout(() => answer(false), 2_000)
    worker.postMessage({ keeps: first }, [port2])
  })
}

const whose = 'push'


async function send(subscription: PushSubscription): Promise<void> {
  const { endpoint = '', keys = {} } = subscription.toJSON()
  await take(client.PUT('/api/me/push', { body: { endpoint, p256dh: keys.p256dh ?? '', auth: keys.auth ?? '' } }))
}

/** A sign-in after the one in which somebody asked for it: they are told again. Somebody else is not. */
async function renewSubscription(kept: ServiceWorkerRegistration, me: string): Promise<void> {
  const subscription = await kept.pushManager?.getSubscription()
  if (!subscription) return
  if (remembered(whose) === me && Notification.permission === 'granted') await send(subscription)
  else await subscription.unsubscribe()
}

export type Refusal = 'denied' | 'impossible'

/** Whether this browser can tell somebody something while the desk is closed. */
export function canTell(): boolean {
  return keepsApp && 'PushManager' in window && 'Notification' in window
}

/** Has whoever sits here told in this browser, if they allow it. It is to be called by a click of theirs. */
export async function beTold(me: string, key: string): Promise<Refusal | undefined> {
  if ((await Notification.requestPermission()) !== 'granted') return 'denied'
  await register()
  const { pushManager } = await navigator.serviceWorker.ready
  const how = { userVisibleOnly: true, applicationServerKey: key }
  let subscription
  try {
    subscription = await pushManager.subscribe(how).catch(async () => {
      await (await pushManager.getSubscription())?.unsubscribe() // of another house that was at this address
      return pushManager.subscribe(how)
    })
  } catch {
    return 'impossible' // the browser reaches no push service
  }
  await send(subscription)
  remember(whose, me)
}

/** Tells nothing more in this browser. */
export async function beToldNothing(): Promise<void> {
  remember(whose, undefined)
  const kept = await navigator.serviceWorker.getRegistration()
  await (await kept?.pushManager?.getSubscription())?.unsubscribe()
}

/** At sign-out: nothing of the app is kept for whoever comes next, and nobody is told. */
export async function forgetWorker(): Promise<void> {
  if (!keepsApp) return
  try {
    await beToldNothing()
    const kept = await navigator.serviceWorker.getRegistration()
    await kept?.unregister()
    for (const key of await caches.keys()) if (key.startsWith('hilft-')) await caches.delete(key)
  } catch {
    // what the browser does not give back, it does not keep either
  }
}

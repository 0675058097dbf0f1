// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// The service worker: keeps the app itself, so that it opens without a connection, and tells what concerns somebody when the
// desk is not before them. It never keeps, nor even sees through, what the server answers about cases: those requests pass
// it by. It is taken away when somebody signs out.

const version = '' // of the build; filled in by it, as is the next
const shell = [] // all pieces of the app

const name = `hilft-${version}`
const page = '/'
const patience = 3000 // for a page, on a connection that is none

self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(name).then((c) => c.addAll([page, ...shell].map((path) => new Request(path, { cache: 'no-cache' })))))
})

self.addEventListener('activate', (e) => {
  e.waitUntil(
    (async () => {
      // The build before this one stays: a page of it may be open in another tab, and ask for a piece it has not loaded yet.
      const ours = (await caches.keys()).filter((key) => key.startsWith('hilft-') && key !== name)
      await Promise.all(ours.slice(0, -1).map((key) => caches.delete(key)))
      await self.clients.claim()
    })(),
  )
})

self.addEventListener('message', (e) => {
  if (e.data === 'take over') void self.skipWaiting()
  if (typeof e.data?.keeps === 'string') e.ports[0]?.postMessage(shell.includes(e.data.keeps))
})

self.addEventListener('fetch', (e) => {
  const { request } = e
  const at = new URL(request.url)
  if (request.method !== 'GET' || at.origin !== location.origin) return
  if (at.pathname.startsWith('/assets/')) e.respondWith(kept(request))
  else if (request.mode === 'navigate' && isPage(at.pathname)) e.respondWith(newest(request))
})

/** Everything else is the server's: its API, files of customers, the chat. */
function isPage(path) {
  return !/^\/(api|media|chat|hooks|metrics|healthz|readyz)(\/|$)/.test(path) && !/\.\w+$/.test(path)
}

/** A piece has its content's hash in its name: what is kept is right. */
async function kept(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}

/** The page comes from the server, with the rules that hold today; without a connection, as it was when it was last here. */
async function newest(request) {
  const late = new Promise((_, leave) => setTimeout(leave, patience))
  try {
    return await Promise.race([fetch(request), late])
  } catch {
    return (await caches.match(page, { cacheName: name, ignoreVary: true })) ?? fetch(request)
  }
}

self.addEventListener('push', (e) => {
  let said
  try {
    said = e.data?.json()
  } catch {
    return // not from us
  }
  if (!said || typeof said.text !== 'string') return
  e.waitUntil(
    (async () => {
      const windows = await self.clients.matchAll({ type: 'window' })
      if (windows.some((w) => w.focused && w.visibilityState === 'visible')) return // they have it before them
      await self.registration.showNotification('hilft', { body: said.text, tag: said.tag, icon: '/icon-192.png', badge: '/badge-96.png', data: { url: said.url } })
    })(),
  )
})

self.addEventListener('notificationclick', (e) => {
  e.notification.close()
  const to = e.notification.data?.url
  const url = typeof to === 'string' && /^\/(?![/\\])/.test(to) ? to : '/'
  e.waitUntil(
    (async () => {
      const [open] = await self.clients.matchAll({ type: 'window' })
      if (!open) return self.clients.openWindow(url)
      open.postMessage({ go: url }) // the page goes there itself, and keeps what is being written
      return open.focus()
    })(),
  )
})

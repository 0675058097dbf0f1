// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

// A house after some weeks: there is one of everything that a page can show. It is put there over the API, by agents in
// browsers of their own, because only what comes of it is to be looked at.

import { administrator, base, ok, story } from './stage.mjs'

export const colleague = { name: 'Jan Okafor', email: 'jan@nordnetz.example', password: 'zwölf Möwen auf dem Deich' }

/** Signs somebody in, and returns how they ask the house for something. */
export async function signedIn({ email, password }) {
  const headers = { 'Content-Type': 'application/json' }
  const ask = async (method, path, body) => {
    const answer = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const said = await answer.text()
    ok(answer.ok, `${method} ${path}: ${answer.status} ${said}`)
    headers.cookie ??= answer.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ')
    return said ? JSON.parse(said) : undefined
  }
  await ask('POST', '/api/session', { email, password })
  /** What the live stream brings is for nobody here; who has one is seen to have a case open. */
  ask.listens = (tab) => {
    const over = new AbortController()
    fetch(`${base}/api/events?tab=${tab}`, { headers, signal: over.signal }).then((r) => r.body.pipeTo(new WritableStream(), { signal: over.signal })).catch(() => {})
    return () => over.abort()
  }
  return ask
}

/** What happened before anybody is at the desk. Both accounts are connected already. */
export async function furnish() {
  const petra = await signedIn(administrator)
  await petra('POST', '/api/agents', { ...colleague, role: 'agent' })
  const jan = await signedIn(colleague)

  for (const [name, text, ...where] of [
    ['Mira Köster', 'Kein Netz, siehe https://nordnetz.example/stoerung.', 'in', 'public'],
    ['Jens Petersen', 'Wo bleibt der Router?'],
    ['Ayşe Demir', `${'sehr '.repeat(60)}lang ${'ohneLuft'.repeat(30)}`],
    ['Frieda Thomsen', 'Wann kommt die Technik?'],
  ]) {
    await story('neighbour', name, 'says', text, ...where)
  }
  const rows = async () => (await petra('GET', '/api/inbox')).cases
  const until = async (holds, what) => {
    for (let tries = 0; tries < 600; tries++) {
      const found = await holds()
      if (found) return found
      await new Promise((again) => setTimeout(again, 100))
    }
    throw new Error(`it never comes to ${what}`)
  }
  const open = await until(async () => ((all) => all.length === 4 && all)(await rows()), 'four cases')
  const of = (name) => open.find((c) => c.person.name === name)
  const [mira, jens, ayse, frieda] = ['Mira Köster', 'Jens Petersen', 'Ayşe Demir', 'Frieda Thomsen'].map(of)

  // One case continues another, has tags and is urgent, and its person is somebody for whom there is more to know.
  const next = await petra('POST', `/api/cases/${jens.id}/continue`, { title: 'Router: Rückgabe' })
  await petra('POST', `/api/cases/${jens.id}/tags`, { add: ['Router', 'Paket'], remove: [] })
  await petra('PUT', `/api/cases/${jens.id}/priority`, { priority: 'urgent' })
  await petra('POST', `/api/people/${jens.person.id}/notes`, { text: 'Ruft ungern zurück.' })
  await petra('PUT', `/api/people/${jens.person.id}/company`, { name: 'Petersen Bau', number: 'K-4711' })
  const { person, ways } = await petra('GET', `/api/cases/${jens.id}`)
  await petra('POST', `/api/people/${jens.person.id}/consents`, { identity_id: person.identities[0].id, purpose: 'service', given: true, how: 'call', remark: 'beim Rückruf' })
  const { code } = await petra('POST', `/api/cases/${jens.id}/codes`, { conversation_id: ways.find((w) => !w.starts).conversation_id })
  await story('neighbour', 'Ayşe Demir', 'says', `Der Code ist ${code}.`)
  await until(async () => (await petra('GET', `/api/cases/${jens.id}`)).person.links.length > 0, 'a proposal')

  await jan('PUT', `/api/cases/${jens.id}/drafts/reply`, { known: '', text: 'Der Router ist am Montag' })

  // A list of one's own and one of the team's; and what an administrator has set.
  const view = await petra('POST', '/api/views', { name: 'Dringend', filter: { priorities: ['urgent'] }, order: 'next', shared: false })
  await petra('POST', '/api/views', { name: 'Alles Offene', filter: { states: ['open'] }, order: 'changed', shared: true })
  await petra('POST', '/api/brands', { name: 'Südnetz', language: 'de', answer_in: 60 })
  const day = [{ from: 480, to: 1080 }]
  await petra('PUT', '/api/service', {
    hours: [{ name: 'Kernzeit', zone: 'Europe/Berlin', region: 'DE-SH', week: [[], day, day, day, day, day, []], days: [{ date: '2027-12-24', spans: [{ from: 480, to: 720 }] }] }],
    targets: [{ network: '', hours: 'Kernzeit', first_minutes: 60, next_minutes: 120, warn_minutes: 15, escalate_minutes: 30, escalate_to: '' }],
  })
  await petra('POST', '/api/webhooks', { url: 'https://crm.nordnetz.example/hilft', types: ['case.opened', 'reply.failed'] })
  const nobody = { role: '', brand_id: '' }
  await petra('PUT', '/api/providers/1', {
    name: 'Firmenkonto', issuer: 'https://anmeldung.nordnetz.example', client_id: 'hilft', secret: 'geheim', domains: ['nordnetz.example'], vouches: true,
    claim: 'groups', grants: [{ value: 'kundendienst', role: 'agent', brand_id: jens.brand_id }], otherwise: nobody, second: false, second_level: '', on: false,
  })
  await petra('POST', '/api/me/tokens', { name: 'Auswertung', scopes: ['read'], days: 30 })
  const { link } = await petra('POST', '/api/invitations', { name: 'Jule Petersen', email: 'jule@nordnetz.example', role: 'agent', mail: false })
  const company = (await petra('GET', `/api/cases/${jens.id}`)).person.companies[0].id
  return { petra, jan, mira, jens, ayse, frieda, next, view, company, invitation: new URL(link) }
}

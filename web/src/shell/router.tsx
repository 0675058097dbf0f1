// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Problem } from '../api/problem'
import { caseQuery, meQuery, queries } from '../api/queries'
import type { View } from '../api/types'
import { EmptyCase } from '../inbox/EmptyCase'
import { Inbox } from '../inbox/Inbox'
import { isView } from '../inbox/look'
import { withLater } from '../i18n'
import { Desk } from './Desk'
import { Broken, NotFound, Wait } from './Wait'

/** Where to go back to, if that is a page of ours. */
function inside(back: unknown): { back?: string } {
  return typeof back === 'string' && /^\/(?![/\\])/.test(back) ? { back } : {}
}

const rootRoute = createRootRoute({ notFoundComponent: NotFound, errorComponent: Broken })

const desk = createRoute({
  getParentRoute: () => rootRoute,
  id: 'desk',
  component: Desk,
  beforeLoad: async ({ location }) => {
    let me
    try {
      me = await queries.ensureQueryData(meQuery)
    } catch (e) {
      if (e instanceof Problem && e.status === 401) {
        throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { back: location.href } })
      }
      throw e
    }
    if (me.second_step === 'now') throw redirect({ to: '/second-step', search: location.pathname === '/' ? {} : { back: location.href } })
  },
})

const start = createRoute({
  getParentRoute: () => desk,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox/$view', params: { view: 'open' }, replace: true })
  },
})

const inbox = createRoute({ getParentRoute: () => desk, id: 'inbox', component: Inbox })

const inboxStart = createRoute({
  getParentRoute: () => inbox,
  path: '/inbox',
  beforeLoad: () => {
    throw redirect({ to: '/inbox/$view', params: { view: 'open' }, replace: true })
  },
})

const inboxView = createRoute({
  getParentRoute: () => inbox,
  path: '/inbox/$view',
  component: EmptyCase,
  beforeLoad: ({ params }) => {
    if (!isView(params.view)) throw redirect({ to: '/inbox/$view', params: { view: 'open' }, replace: true })
  },
})

const oneCase = createRoute({
  getParentRoute: () => inbox,
  path: '/cases/$id',
  validateSearch: (search: Record<string, unknown>): { view?: View } =>
    typeof search.view === 'string' && isView(search.view) ? { view: search.view } : {},
  loader: ({ params }) => {
    void queries.prefetchQuery(caseQuery(params.id))
  },
  component: lazyRouteComponent(() => import('../case/CasePane'), 'CasePane'),
})

const search = createRoute({
  getParentRoute: () => desk,
  path: '/search',
  validateSearch: (search: Record<string, unknown>): { q?: string } => {
    const q = typeof search.q === 'string' || typeof search.q === 'number' ? String(search.q).slice(0, 200) : ''
    return q ? { q } : {}
  },
  component: lazyRouteComponent(() => withLater(import('../search/SearchPage')), 'SearchPage'),
})

const company = createRoute({
  getParentRoute: () => desk,
  path: '/companies/$id',
  component: lazyRouteComponent(() => withLater(import('../person/CompanyPage')), 'CompanyPage'),
})

const channels = createRoute({
  getParentRoute: () => desk,
  path: '/channels',
  validateSearch: (search: Record<string, unknown>): { connected?: string; error?: string; first?: boolean } => ({
    ...(typeof search.connected === 'string' && { connected: search.connected }),
    ...(typeof search.error === 'string' && { error: search.error }),
    ...(search.first === true && { first: true }),
  }),
  component: lazyRouteComponent(() => import('../channels/Channels'), 'Channels'),
})

const newChannel = createRoute({
  getParentRoute: () => desk,
  path: '/channels/new/$network',
  component: lazyRouteComponent(() => import('../channels/Wizard'), 'NewChannel'),
})

const editChannel = createRoute({
  getParentRoute: () => desk,
  path: '/channels/$id',
  component: lazyRouteComponent(() => import('../channels/Wizard'), 'EditChannel'),
})

const health = createRoute({
  getParentRoute: () => desk,
  path: '/health',
  component: lazyRouteComponent(() => withLater(import('../health/HealthPage')), 'HealthPage'),
})

const settings = createRoute({
  getParentRoute: () => desk,
  path: '/settings',
  component: lazyRouteComponent(() => withLater(import('../settings/Settings')), 'Settings'),
})

const security = createRoute({
  getParentRoute: () => desk,
  path: '/settings/security',
  validateSearch: (search: Record<string, unknown>): { done?: 'bind' | 'prove'; wrong?: string } => ({
    ...((search.done === 'bind' || search.done === 'prove') && { done: search.done }),
    ...(typeof search.wrong === 'string' && { wrong: search.wrong }),
  }),
  component: lazyRouteComponent(() => withLater(import('../settings/Security')), 'Security'),
})

const providers = createRoute({
  getParentRoute: () => desk,
  path: '/settings/providers',
  component: lazyRouteComponent(() => withLater(import('../settings/Providers')), 'Providers'),
})

const trail = createRoute({
  getParentRoute: () => desk,
  path: '/settings/trail',
  component: lazyRouteComponent(() => withLater(import('../settings/Trail')), 'Trail'),
})

const webhooks = createRoute({
  getParentRoute: () => desk,
  path: '/settings/webhooks',
  component: lazyRouteComponent(() => withLater(import('../settings/Webhooks')), 'Webhooks'),
})

const signIn = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { back?: string; ended?: boolean; wrong?: string; second?: boolean } => ({
    ...inside(search.back),
    ...(search.ended === true && { ended: true }),
    ...(typeof search.wrong === 'string' && { wrong: search.wrong }),
    ...(search.second === true && { second: true }),
  }),
  component: lazyRouteComponent(() => import('../signin/SignIn'), 'SignIn'),
})

const secondStep = createRoute({
  getParentRoute: () => rootRoute,
  path: '/second-step',
  validateSearch: (search: Record<string, unknown>): { back?: string } => ({ ...inside(search.back) }),
  component: lazyRouteComponent(() => import('../signin/SecondStep'), 'SetUpSecondStep'),
})

const welcome = createRoute({
  getParentRoute: () => rootRoute,
  path: '/welcome',
  component: lazyRouteComponent(() => import('../signin/Welcome'), 'Welcome'),
})

const forgotten = createRoute({
  getParentRoute: () => rootRoute,
  path: '/forgotten',
  component: lazyRouteComponent(() => import('../signin/Forgotten'), 'Forgotten'),
})

const setup = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('../setup/Setup'), 'Setup'),
})

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signIn,
    setup,
    secondStep,
    welcome,
    forgotten,
    desk.addChildren([
      start,
      inbox.addChildren([inboxStart, inboxView, oneCase]),
      search,
      company,
      channels,
      newChannel,
      editChannel,
      health,
      settings,
      security,
      providers,
      trail,
      webhooks,
    ]),
  ]),
  defaultPendingComponent: Wait,
  defaultPendingMs: 300,
  defaultPendingMinMs: 0,
  defaultPreload: false,
  pathParamsAllowedCharacters: [';', '='], // what a list is narrowed to (inbox/look.ts)
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

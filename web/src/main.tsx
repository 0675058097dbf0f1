// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import './shell/styles'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { inboxQuery, meQuery, queries } from './api/queries'
import { guessLanguage, speak } from './i18n'
import { isView } from './inbox/look'
import { Notices } from './shell/Notices'
import { router } from './shell/router'
import { theme } from './shell/theme'

// What the first screen needs is asked for while the page is still being put together.
const path = location.pathname
if (!/^\/(sign-in|setup|second-step|welcome|forgotten)\b/.test(path)) {
  void queries.prefetchQuery(meQuery)
  const view = path.slice('/inbox/'.length)
  if (path === '/' || path.startsWith('/inbox')) void queries.prefetchInfiniteQuery(inboxQuery(isView(view) ? view : 'open'))
}

// After an update of the server the old pieces of the app are gone: begin again with the new ones. Where the server is gone, the
// page that is here is all there is.
window.addEventListener('vite:preloadError', (e) => {
  e.preventDefault()
  fetch('/healthz', { cache: 'no-store' }).then(
    (answer) => answer.ok && location.reload(),
    () => undefined,
  )
})

const root = document.getElementById('root')
if (root) {
  void speak(guessLanguage()).then(() =>
    createRoot(root).render(
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
          <Notices />
        </QueryClientProvider>
      </MantineProvider>,
    ),
  )
}

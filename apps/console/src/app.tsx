import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from 'react-router/dom'
import { KEYS } from './api/queries.ts'
import { ConsoleError, isSessionError } from './errors.ts'
import { ROUTER } from './routes.tsx'
import { CSS_VARIABLES, THEME } from './theme/theme.ts'
import { TimeModeProvider } from './time/time-mode.tsx'

const RETRIES_MAX = 2

const COLOR_SCHEME = localStorageColorSchemeManager({ key: 'pomona.color_scheme' })

const CLIENT = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended anywhere ended everywhere.
    onError: (error) => {
      if (isSessionError(error)) CLIENT.setQueryData(KEYS.session, null)
    },
  }),
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < RETRIES_MAX &&
        error instanceof ConsoleError &&
        error.code === 'ERR_CONSOLE_OFFLINE',
      refetchOnWindowFocus: false,
    },
  },
})

/** The nonce the server wrote into the page, for the one style element Mantine adds. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
}

/** The whole console. */
export function App() {
  return (
    <MantineProvider
      theme={THEME}
      cssVariablesResolver={CSS_VARIABLES}
      colorSchemeManager={COLOR_SCHEME}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={CLIENT}>
        <TimeModeProvider>
          <RouterProvider router={ROUTER} />
        </TimeModeProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}

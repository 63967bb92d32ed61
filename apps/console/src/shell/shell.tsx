import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet, useLocation } from 'react-router'
import { useTranslation } from 'react-i18next'
import { sessionQuery } from '../api/queries.ts'
import { useSilentHosts } from '../hosts/silent-hosts.ts'
import { LiveProvider } from '../live/live.tsx'
import { NewAlertsProvider } from '../live/new-alerts.tsx'
import { signInPath } from '../session/return-path.ts'
import { Header } from './header.tsx'
import { HelpProvider } from './help.tsx'
import { NoticeProvider } from './notice.tsx'
import { OfflineBanner } from './offline-banner.tsx'
import { PageLoading, PanelError } from './panel-state.tsx'
import { Rail } from './rail.tsx'
import './shell.css'

/** Everything around a page, for people who are signed in; others are sent to sign in and back. */
export function Shell() {
  const session = useQuery(sessionQuery)
  const location = useLocation()
  if (session.isPending) return <PageLoading />
  if (session.isError) {
    return (
      <div className="page-center">
        <PanelError error={session.error} onRetry={() => void session.refetch()} />
      </div>
    )
  }
  if (session.data === null) {
    return <Navigate to={signInPath(location.pathname + location.search)} replace />
  }
  return (
    <LiveProvider>
      <NewAlertsProvider>
        <HelpProvider>
          <NoticeProvider>
            <Frame user={session.data.user.name} />
          </NoticeProvider>
        </HelpProvider>
      </NewAlertsProvider>
    </LiveProvider>
  )
}

function Frame({ user }: { readonly user: string }) {
  const { t } = useTranslation()
  useSilentHosts()
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        {t('shell.skip')}
      </a>
      <Rail />
      <div className="shell-column">
        <Header user={user} />
        <OfflineBanner />
        <main id="main" className="shell-main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </div>
  )
}

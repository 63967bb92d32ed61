import { createBrowserRouter, Navigate } from 'react-router'
import { AlertQueuePage } from './alerts/queue-page.tsx'
import { IncidentsPage } from './incidents/incidents-page.tsx'
import { NotFound, PageError } from './shell/page-error.tsx'
import { PageLoading } from './shell/panel-state.tsx'
import { Shell } from './shell/shell.tsx'
import { FirstRunPage } from './session/first-run-page.tsx'
import { SignInPage } from './session/sign-in-page.tsx'

/** Pages beside the two lists are loaded when they are first opened. */
export const ROUTER = createBrowserRouter([
  { path: '/sign-in', Component: SignInPage, ErrorBoundary: PageError },
  { path: '/first-run', Component: FirstRunPage, ErrorBoundary: PageError },
  {
    path: '/',
    Component: Shell,
    ErrorBoundary: PageError,
    HydrateFallback: PageLoading,
    children: [
      {
        ErrorBoundary: PageError,
        children: [
          { index: true, element: <Navigate to="/incidents" replace /> },
          { path: 'incidents', Component: IncidentsPage },
          {
            path: 'incidents/:incidentId',
            lazy: async () => ({
              Component: (await import('./incidents/incident-page.tsx')).IncidentPage,
            }),
          },
          { path: 'alerts', Component: AlertQueuePage },
          {
            path: 'alerts/:alertId',
            lazy: async () => ({ Component: (await import('./alerts/alert-page.tsx')).AlertPage }),
          },
          {
            path: 'hosts',
            lazy: async () => ({ Component: (await import('./hosts/hosts-page.tsx')).HostsPage }),
          },
          {
            path: 'hosts/:hostId',
            lazy: async () => ({ Component: (await import('./hosts/host-page.tsx')).HostPage }),
          },
          {
            path: 'hosts/:hostId/processes/:entityId',
            lazy: async () => ({
              Component: (await import('./processes/process-page.tsx')).ProcessPage,
            }),
          },
          {
            path: 'rules',
            lazy: async () => ({ Component: (await import('./rules/rules-page.tsx')).RulesPage }),
          },
          {
            path: 'rules/:ruleId',
            lazy: async () => ({ Component: (await import('./rules/rule-page.tsx')).RulePage }),
          },
          {
            path: 'health',
            lazy: async () => ({
              Component: (await import('./health/health-page.tsx')).HealthPage,
            }),
          },
          {
            path: 'agents',
            lazy: async () => ({
              Component: (await import('./agents/agents-page.tsx')).AgentsPage,
            }),
          },
          {
            path: 'letters',
            lazy: async () => ({
              Component: (await import('./letters/letters-page.tsx')).LettersPage,
            }),
          },
          { path: '*', Component: NotFound },
        ],
      },
    ],
  },
])

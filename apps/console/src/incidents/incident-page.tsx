import type { IncidentDetail, IncidentUpdate } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useNavigate, useParams } from 'react-router'
import { TriageDialog } from '../alerts/triage-dialog.tsx'
import { incidentDetailQuery, incidentProcessesQuery } from '../api/queries.ts'
import { TreeView } from '../processes/process-tree.tsx'
import { useKeys } from '../shell/keys.ts'
import { INCIDENT_LIST } from '../shell/list-memory.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { IncidentHeader } from './incident-header.tsx'
import { IncidentSide } from './incident-side.tsx'
import { Timeline } from './timeline.tsx'
import { useDecide } from './use-decide.ts'
import '../alerts/alert.css'
import './incident.css'

const PROCESSES_RETRY_MS = 4000

function Chain({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const { id } = detail.incident
  const query = useQuery({
    ...incidentProcessesQuery(id),
    // The event store follows the engine by seconds.
    refetchInterval: ({ state }) => (state.data?.nodes.length === 0 ? PROCESSES_RETRY_MS : false),
  })
  const nodes = query.data?.nodes ?? []
  return (
    <section className="card alert-card" aria-label={t('incident.chain')}>
      <div className="card-head">
        <h2>{t('incident.chain')}</h2>
        <span className="dim">{t('incident.chain_hint')}</span>
      </div>
      {query.isPending && <PanelLoading lines={7} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && nodes.length === 0 && (
        <PanelEmpty title={t('tree.empty')} hint={t('tree.empty_hint')} />
      )}
      {query.isSuccess && nodes.length > 0 && <TreeView key={query.data.focus} tree={query.data} />}
    </section>
  )
}

function Loaded({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const decide = useDecide()
  const [deciding, setDeciding] = useState(false)
  const { id } = detail.incident
  const update = (change: IncidentUpdate) => decide.mutate({ ids: [id], update: change })
  const walk = (step: 1 | -1) => () => {
    const next = INCIDENT_LIST.neighbour(id, step)
    if (next !== undefined) void navigate(`/incidents/${encodeURIComponent(next)}`)
  }
  useKeys({
    j: walk(1),
    k: walk(-1),
    e: () => setDeciding(true),
    u: () => void navigate(INCIDENT_LIST.path),
  })
  return (
    <div className="alert-page scroll grow">
      <IncidentHeader detail={detail} busy={decide.isPending} onUpdate={update} />
      <div className="alert-body alert-columns">
        <div className="column alert-main">
          <section className="card alert-card" aria-label={t('incident.story')}>
            <div className="card-head">
              <h2>{t('incident.story')}</h2>
              <span className="dim">{t('incident.story_hint')}</span>
            </div>
            <Timeline detail={detail} />
          </section>
          <Chain detail={detail} />
        </div>
        <IncidentSide detail={detail} />
      </div>
      <TriageDialog
        opened={deciding}
        count={1}
        title={t('incident.decide', { count: 1 })}
        onClose={() => setDeciding(false)}
        onChoose={update}
      />
    </div>
  )
}

/** One incident: what happened in which order, why it is one, where it began, what to do. */
export function IncidentPage() {
  const { incidentId = '' } = useParams()
  const query = useQuery(incidentDetailQuery(incidentId))
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  const { id } = query.data.incident
  // It became part of another: that one's address is the one to share.
  if (id !== incidentId) return <Navigate to={`/incidents/${encodeURIComponent(id)}`} replace />
  return <Loaded key={incidentId} detail={query.data} />
}

import type { IncidentRecord } from '@pomona/schema'
import type { TFunction } from 'i18next'
import { Link } from 'react-router'
import { TacticMarks } from '../alerts/tactic-strip.tsx'
import type { Column } from '../table/virtual-table.tsx'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge, VerdictBadge } from '../theme/status.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { IncidentTitle } from './title.tsx'

/** What is ticked in a list. */
export interface Ticked {
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (id: string) => void
  readonly onAll: () => void
  readonly all: boolean
}

function statusCell({ verdict, status, assignee }: IncidentRecord) {
  return (
    <span className="row">
      {verdict === undefined ? <StatusBadge status={status} /> : <VerdictBadge verdict={verdict} />}
      {assignee !== undefined && (
        <span className="dim clip">
          <Untrusted text={assignee} clip />
        </span>
      )}
    </span>
  )
}

function selectColumn(
  t: TFunction,
  { chosen, onToggle, onAll, all }: Ticked,
): Column<IncidentRecord> {
  return {
    key: 'select',
    width: '20px',
    title: <input type="checkbox" checked={all} onChange={onAll} aria-label={t('queue.all')} />,
    cell: ({ id, name }) => (
      <input
        type="checkbox"
        tabIndex={-1}
        checked={chosen.has(id)}
        onChange={() => onToggle(id)}
        aria-label={t('queue.select', { name: visibleText(name) })}
      />
    ),
  }
}

/** Columns of the incident list. */
export function incidentColumns(t: TFunction, ticked: Ticked): readonly Column<IncidentRecord>[] {
  return [
    selectColumn(t, ticked),
    {
      key: 'severity',
      width: '104px',
      title: t('field.severity'),
      cell: ({ severity }) => <SeverityBadge severity={severity} />,
    },
    {
      key: 'last',
      width: '118px',
      title: t('incident.latest'),
      cell: ({ last_time: time }) => <Timestamp time={time} />,
    },
    {
      key: 'name',
      width: 'minmax(280px, 7fr)',
      title: t('incident.name'),
      cell: (incident) => (
        <Link
          to={`/incidents/${encodeURIComponent(incident.id)}`}
          className="queue-rule"
          tabIndex={-1}
        >
          <IncidentTitle incident={incident} clip />
        </Link>
      ),
    },
    {
      key: 'host',
      width: 'minmax(84px, 0.9fr)',
      title: t('field.host'),
      cell: ({ host }) => (
        <Link to={`/hosts/${encodeURIComponent(host.id)}`} className="quiet" tabIndex={-1}>
          <Untrusted text={host.name ?? host.id} clip />
        </Link>
      ),
    },
    {
      key: 'tactics',
      width: '120px',
      title: t('incident.tactics'),
      cell: ({ tactics }) => <TacticMarks tactics={tactics} />,
    },
    {
      key: 'alerts',
      width: '58px',
      numeric: true,
      title: t('nav.alerts'),
      cell: ({ alert_count: count }) => count,
    },
    {
      key: 'risk',
      width: '48px',
      numeric: true,
      title: t('alert.risk'),
      cell: ({ risk_score: risk }) => risk,
    },
    { key: 'status', width: 'minmax(104px, 0.8fr)', title: t('field.status'), cell: statusCell },
  ]
}

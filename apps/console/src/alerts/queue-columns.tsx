import type { AlertRecord } from '@pomona/schema'
import type { TFunction } from 'i18next'
import { Link } from 'react-router'
import type { Column } from '../table/virtual-table.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge, VerdictBadge } from '../theme/status.tsx'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { FoundBy } from './found-by.tsx'
import { TechniqueTags } from './techniques.tsx'

interface Selection {
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (id: string) => void
  readonly onAll: () => void
  readonly all: boolean
}

function statusCell(alert: AlertRecord) {
  return (
    <span className="row">
      {alert.verdict === undefined ? (
        <StatusBadge status={alert.status} />
      ) : (
        <VerdictBadge verdict={alert.verdict} />
      )}
      {alert.assignee !== undefined && (
        <span className="dim clip">
          <Untrusted text={alert.assignee} clip />
        </span>
      )}
    </span>
  )
}

function hostCell({ host }: AlertRecord) {
  return (
    <Link to={`/hosts/${encodeURIComponent(host.id)}`} className="quiet" tabIndex={-1}>
      <Untrusted text={host.name ?? host.id} clip />
    </Link>
  )
}

function processCell(alert: AlertRecord) {
  const actor = alert.processes[0]
  if (actor === undefined) return <span className="dim">–</span>
  return (
    <span className="row" title={visibleText(actor.command_line ?? actor.executable ?? '')}>
      <Untrusted text={actor.name ?? actor.executable} mono clip />
      <span className="dim mono">{actor.pid}</span>
    </span>
  )
}

/** Columns of the alert queue. */
export function queueColumns(
  t: TFunction,
  { chosen, onToggle, onAll, all }: Selection,
): readonly Column<AlertRecord>[] {
  return [
    {
      key: 'select',
      width: '20px',
      title: <input type="checkbox" checked={all} onChange={onAll} aria-label={t('queue.all')} />,
      cell: ({ id, rule_name }) => (
        <input
          type="checkbox"
          tabIndex={-1}
          checked={chosen.has(id)}
          onChange={() => onToggle(id)}
          aria-label={t('queue.select', { name: visibleText(rule_name) })}
        />
      ),
    },
    {
      key: 'severity',
      width: '104px',
      title: t('field.severity'),
      cell: ({ severity }) => <SeverityBadge severity={severity} />,
    },
    {
      key: 'time',
      width: '118px',
      title: t('field.time'),
      cell: ({ time }) => <Timestamp time={time} />,
    },
    {
      key: 'rule',
      width: 'minmax(220px, 3fr)',
      title: t('field.rule'),
      cell: ({ id, rule_name }) => (
        <Link to={`/alerts/${encodeURIComponent(id)}`} className="queue-rule" tabIndex={-1}>
          <Untrusted text={rule_name} clip />
        </Link>
      ),
    },
    {
      key: 'host',
      width: 'minmax(96px, 0.9fr)',
      title: t('field.host'),
      cell: hostCell,
    },
    {
      key: 'found_by',
      width: '76px',
      title: t('field.found_by'),
      cell: (alert) => <FoundBy alert={alert} />,
    },
    { key: 'process', width: 'minmax(110px, 1fr)', title: t('field.process'), cell: processCell },
    {
      key: 'user',
      width: 'minmax(60px, 0.5fr)',
      title: t('field.user'),
      cell: ({ user }) => <Untrusted text={user?.name ?? user?.id} clip />,
    },
    {
      key: 'techniques',
      width: 'minmax(104px, 0.6fr)',
      title: t('field.techniques'),
      cell: ({ techniques }) => <TechniqueTags ids={techniques.map(({ id }) => id)} max={1} />,
    },
    { key: 'status', width: 'minmax(110px, 0.8fr)', title: t('field.status'), cell: statusCell },
  ]
}

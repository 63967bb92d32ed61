import type { TFunction } from 'i18next'
import { Link } from 'react-router'
import type { Column } from '../table/virtual-table.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { duration } from '../time/format.ts'
import { Timestamp } from '../time/timestamp.tsx'
import { ConditionLine } from './condition-list.tsx'
import { Completeness, OpenAlerts, Presence, SystemName } from './host-facts.tsx'
import type { JudgedHost } from './host-filters.ts'

const NS_PER_MS = 1_000_000n

/** Columns of the list of hosts. */
export function hostColumns(t: TFunction, locale: string): readonly Column<JudgedHost>[] {
  const number = new Intl.NumberFormat(locale)
  return [
    {
      key: 'name',
      width: 'minmax(140px, 1.3fr)',
      title: t('field.host'),
      cell: ({ host }) => (
        <Link to={`/hosts/${encodeURIComponent(host.id)}`} className="queue-rule">
          <Untrusted text={host.name} clip />
        </Link>
      ),
    },
    {
      key: 'state',
      width: '92px',
      title: t('host.state'),
      cell: ({ host }) => <Presence host={host} />,
    },
    {
      key: 'conditions',
      width: 'minmax(200px, 1.9fr)',
      title: t('host.problems'),
      cell: ({ conditions }) => <ConditionLine conditions={conditions} max={1} />,
    },
    {
      key: 'alerts',
      width: 'minmax(270px, 1.4fr)',
      title: t('host.open_alerts'),
      cell: ({ host }) => <OpenAlerts host={host} />,
    },
    {
      key: 'complete',
      width: 'minmax(110px, 0.9fr)',
      title: t('host.last_day'),
      cell: ({ host }) => <Completeness host={host} />,
    },
    {
      key: 'report',
      width: '104px',
      title: t('host.last_report'),
      cell: ({ host }) => <Timestamp time={host.agent?.last_report} form="age" />,
    },
    {
      key: 'event',
      width: '104px',
      title: t('host.last_event'),
      cell: ({ host }) => <Timestamp time={host.last_event} form="age" />,
    },
    {
      key: 'spool',
      width: '76px',
      numeric: true,
      title: t('host.spool'),
      cell: ({ host }) => (host.agent === undefined ? '–' : number.format(host.agent.spool_events)),
    },
    {
      key: 'os',
      width: 'minmax(84px, 0.5fr)',
      title: t('host.os'),
      cell: ({ host }) => <SystemName host={host} clip />,
    },
    {
      key: 'agent',
      width: 'minmax(56px, 0.5fr)',
      title: t('host.agent'),
      cell: ({ host }) => <Untrusted text={host.agent_version} clip />,
    },
  ]
}

/** A length of time that a report tells in milliseconds. */
export function spanOfMs(ms: number, locale: string): string {
  return duration(BigInt(Math.round(ms)) * NS_PER_MS, locale)
}

import type { HostRecord } from '@pomona/schema'
import { IconDeviceLaptop } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { hostsQuery } from '../api/queries.ts'
import { useRowKeys } from '../shell/row-keys.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { type Column, VirtualTable } from '../table/virtual-table.tsx'
import { SearchField } from '../text/search-field.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { Completeness, OpenAlerts, Presence } from './host-facts.tsx'
import './hosts.css'

function hostColumns(t: TFunction, locale: string): readonly Column<HostRecord>[] {
  const number = new Intl.NumberFormat(locale)
  return [
    {
      key: 'name',
      width: 'minmax(150px, 1.4fr)',
      title: t('field.host'),
      cell: (host) => (
        <Link to={`/hosts/${encodeURIComponent(host.id)}`} className="queue-rule">
          <Untrusted text={host.name} clip />
        </Link>
      ),
    },
    {
      key: 'state',
      width: '96px',
      title: t('host.state'),
      cell: (host) => <Presence host={host} />,
    },
    {
      key: 'alerts',
      width: 'minmax(290px, 1.6fr)',
      title: t('host.open_alerts'),
      cell: (host) => <OpenAlerts host={host} />,
    },
    {
      key: 'os',
      width: 'minmax(80px, 0.7fr)',
      title: t('host.os'),
      cell: (host) => <Untrusted text={host.os_version} clip />,
    },
    {
      key: 'agent',
      width: 'minmax(60px, 0.6fr)',
      title: t('host.agent'),
      cell: (host) => <Untrusted text={host.agent_version} clip />,
    },
    {
      key: 'seen',
      width: '110px',
      title: t('host.last_seen'),
      cell: (host) => <Timestamp time={host.last_seen} form="age" />,
    },
    {
      key: 'event',
      width: '130px',
      title: t('host.last_event'),
      cell: (host) => <Timestamp time={host.last_event} />,
    },
    {
      key: 'events',
      width: '90px',
      numeric: true,
      title: t('host.events'),
      cell: (host) => number.format(host.events),
    },
    {
      key: 'complete',
      width: 'minmax(120px, 1fr)',
      title: t('host.completeness'),
      cell: (host) => <Completeness host={host} />,
    },
  ]
}

const WEIGHTS: Readonly<Record<string, number>> = { critical: 1e6, high: 1e4, medium: 100, low: 1 }

/** Worst first, so that the host to look at stands on top. */
function weight(host: HostRecord): number {
  return Object.entries(host.open_alerts).reduce(
    (sum, [severity, count]) => sum + (WEIGHTS[severity] ?? 0) * count,
    0,
  )
}

/** Every host, the one with the worst open alerts on top. */
export function HostsPage() {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const [parameters, setParameters] = useSearchParams()
  const q = parameters.get('q') ?? ''
  const query = useQuery(hostsQuery)
  const field = useRef<HTMLInputElement>(null)
  const hosts = useMemo(() => {
    const needle = q.toLowerCase()
    const found = (query.data?.items ?? []).filter((host) =>
      [host.name, host.id, host.os_version].some((text) => text?.toLowerCase().includes(needle)),
    )
    return found.toSorted((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1))
  }, [query.data, q])
  const open = (host: HostRecord) => void navigate(`/hosts/${encodeURIComponent(host.id)}`)
  const walk = useRowKeys({
    items: hosts,
    onOpen: open,
    keys: { '/': () => field.current?.focus() },
  })
  const columns = useMemo(() => hostColumns(t, i18n.language), [t, i18n.language])
  return (
    <div className="column grow">
      <div className="page-head">
        <h1>{t('nav.hosts')}</h1>
        <span className="dim">{t('host.count', { count: hosts.length })}</span>
        <span className="grow" />
        <div className="page-search">
          <SearchField
            inputRef={field}
            label={t('host.search')}
            value={q}
            onChange={(next) => setParameters(next === '' ? {} : { q: next }, { replace: true })}
          />
        </div>
      </div>
      <section className="page-panel" aria-label={t('nav.hosts')}>
        {query.isPending && <PanelLoading lines={10} />}
        {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && hosts.length === 0 && (
          <PanelEmpty
            title={q === '' ? t('host.none') : t('host.no_match')}
            hint={q === '' ? t('host.none_hint') : ''}
            Icon={IconDeviceLaptop}
          />
        )}
        {hosts.length > 0 && (
          <VirtualTable
            label={t('nav.hosts')}
            columns={columns}
            items={hosts}
            keyOf={(host) => host.id}
            onOpen={open}
            {...walk}
          />
        )}
      </section>
    </div>
  )
}

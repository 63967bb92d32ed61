import { SegmentedControl, Select } from '@mantine/core'
import { HOST_STATES, type HostState } from '@pomona/schema'
import { IconDeviceLaptop } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router'
import { hostsQuery } from '../api/queries.ts'
import { useNow } from '../live/live.tsx'
import { useRowKeys } from '../shell/row-keys.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { VirtualTable } from '../table/virtual-table.tsx'
import { SearchField } from '../text/search-field.tsx'
import { conditionsOf, CONDITIONS } from './conditions.ts'
import { hostColumns } from './host-columns.tsx'
import {
  fitsFilters,
  formatHostFilters,
  type HostFilters,
  type JudgedHost,
  parseHostFilters,
  stateOf,
} from './host-filters.ts'
import './hosts.css'

const WEIGHTS: Readonly<Record<string, number>> = { critical: 1e6, high: 1e4, medium: 100, low: 1 }
/** A host that tells nothing true may hide anything. */
const GRAVE_WEIGHT = 1e5

/** Worst first, so that the host to look at stands on top. */
function weight({ host, conditions }: JudgedHost): number {
  const grave = conditions.filter((one) => one.grave).length * GRAVE_WEIGHT
  return Object.entries(host.open_alerts).reduce(
    (sum, [severity, count]) => sum + (WEIGHTS[severity] ?? 0) * count,
    grave,
  )
}

function useHosts() {
  const query = useQuery(hostsQuery)
  const nowMs = useNow()
  const [parameters, setParameters] = useSearchParams()
  const filters = useMemo(() => parseHostFilters(parameters), [parameters])
  const all = useMemo(
    () =>
      (query.data?.items ?? []).map((host) => ({ host, conditions: conditionsOf(host, nowMs) })),
    [query.data, nowMs],
  )
  const hosts = useMemo(
    () =>
      all
        .filter((one) => fitsFilters(one, filters))
        .toSorted((a, b) => weight(b) - weight(a) || (a.host.name < b.host.name ? -1 : 1)),
    [all, filters],
  )
  const set = (change: Partial<HostFilters>) =>
    setParameters(formatHostFilters({ ...filters, ...change }), { replace: 'q' in change })
  return { query, all, hosts, filters, set }
}

interface FilterProps {
  readonly all: readonly JudgedHost[]
  readonly filters: HostFilters
  readonly set: (change: Partial<HostFilters>) => void
}

function StateFilter({ all, filters, set }: FilterProps) {
  const { t } = useTranslation()
  const count = (state: HostState) => all.filter(({ host }) => stateOf(host) === state).length
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('host.state')}
      value={filters.state ?? 'all'}
      onChange={(value) => set({ state: HOST_STATES.find((state) => state === value) })}
      data={[
        { value: 'all', label: t('host.all', { count: all.length }) },
        ...HOST_STATES.map((state) => ({
          value: state,
          label: `${t(`host.${state}`)} ${count(state)}`,
        })),
      ]}
    />
  )
}

function ProblemFilter({ all, filters, set }: FilterProps) {
  const { t } = useTranslation()
  const kinds = CONDITIONS.flatMap((kind) => {
    const count = all.filter(({ conditions }) => conditions.some((one) => one.kind === kind)).length
    return count === 0 && filters.problem !== kind ? [] : [{ kind, count }]
  })
  const any = all.filter(({ conditions }) => conditions.length > 0).length
  return (
    <Select
      size="xs"
      w={230}
      clearable
      aria-label={t('host.problems')}
      placeholder={t('host.problem_filter')}
      value={filters.problem ?? null}
      onChange={(value) =>
        set({ problem: value === 'any' ? 'any' : CONDITIONS.find((kind) => kind === value) })
      }
      data={[
        { value: 'any', label: t('host.problem_any', { count: any }) },
        ...kinds.map(({ kind, count }) => ({
          value: kind,
          label: `${t(`condition_kind.${kind}`)} ${count}`,
        })),
      ]}
    />
  )
}

/** Every host, the one to look at on top. */
export function HostsPage() {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const { query, all, hosts, filters, set } = useHosts()
  const field = useRef<HTMLInputElement>(null)
  const open = ({ host }: JudgedHost) => void navigate(`/hosts/${encodeURIComponent(host.id)}`)
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
        <StateFilter all={all} filters={filters} set={set} />
        <ProblemFilter all={all} filters={filters} set={set} />
        <span className="dim">{t('host.count', { count: hosts.length })}</span>
        <span className="grow" />
        <div className="page-search">
          <SearchField
            inputRef={field}
            label={t('host.search')}
            value={filters.q}
            onChange={(q) => set({ q })}
          />
        </div>
      </div>
      <section className="page-panel" aria-label={t('nav.hosts')}>
        {query.isPending && <PanelLoading lines={10} />}
        {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && hosts.length === 0 && (
          <PanelEmpty
            title={all.length === 0 ? t('host.none') : t('host.no_match')}
            hint={all.length === 0 ? t('host.none_hint') : ''}
            Icon={IconDeviceLaptop}
          />
        )}
        {hosts.length > 0 && (
          <VirtualTable
            label={t('nav.hosts')}
            columns={columns}
            items={hosts}
            keyOf={({ host }) => host.id}
            onOpen={open}
            {...walk}
          />
        )}
      </section>
    </div>
  )
}

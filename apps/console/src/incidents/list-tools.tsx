import { SegmentedControl } from '@mantine/core'
import {
  ALERT_STATUSES,
  INCIDENT_ORDERS,
  type IncidentPage,
  isTactic,
  SEVERITIES,
} from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { Facet, inFixedOrder } from '../table/facet.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge } from '../theme/status.tsx'
import {
  FILTERS_DEFAULT,
  formatFilters,
  type IncidentFilters,
  LIST_FILTERS,
  type ListFilter,
  NOBODY,
  sameFilters,
  toggle,
} from './filters.ts'
import type { SetFilters } from './use-filters.ts'

const VIEWS = [
  { key: 'open', filters: FILTERS_DEFAULT },
  { key: 'urgent', filters: { ...FILTERS_DEFAULT, severity: ['high', 'critical'] } },
  { key: 'unassigned', filters: { ...FILTERS_DEFAULT, assignee: [NOBODY] } },
  { key: 'closed_week', filters: { ...FILTERS_DEFAULT, status: ['closed'], from: '-7d' } },
  { key: 'everything', filters: { ...FILTERS_DEFAULT, severity: [], status: [] } },
] as const satisfies readonly { readonly key: string; readonly filters: IncidentFilters }[]

/** Sets of filters that everybody needs: links, so that they open in a new tab as well. */
export function IncidentViews({ filters }: { readonly filters: IncidentFilters }) {
  const { t } = useTranslation()
  return (
    <nav className="views" aria-label={t('views.label')}>
      {VIEWS.map((view) => {
        const query = formatFilters({ ...view.filters, order: filters.order }).toString()
        return (
          <Link
            key={view.key}
            to={query === '' ? '/incidents' : `/incidents?${query}`}
            className="view"
            aria-current={sameFilters(view.filters, filters) ? 'page' : undefined}
          >
            {t(`views.${view.key}`)}
          </Link>
        )
      })}
    </nav>
  )
}

interface OrderControlProps {
  readonly filters: IncidentFilters
  readonly setFilters: SetFilters
}

/** Which incidents come first. */
export function OrderControl({ filters, setFilters }: OrderControlProps) {
  const { t } = useTranslation()
  return (
    <SegmentedControl
      size="xs"
      value={filters.order}
      aria-label={t('incident.order')}
      onChange={(next) =>
        setFilters({
          ...filters,
          order: INCIDENT_ORDERS.find((order) => order === next) ?? 'latest',
        })
      }
      data={INCIDENT_ORDERS.map((order) => ({ value: order, label: t(`incident.by_${order}`) }))}
    />
  )
}

const FIXED: Readonly<Partial<Record<ListFilter, readonly string[]>>> = {
  severity: SEVERITIES.toReversed(),
  status: ALERT_STATUSES,
}

interface FacetLabelProps {
  readonly name: ListFilter
  readonly value: string
  readonly label: string
}

function FacetLabel({ name, value, label }: FacetLabelProps) {
  const { t } = useTranslation()
  const severity = SEVERITIES.find((one) => one === value)
  if (name === 'severity' && severity !== undefined) return <SeverityBadge severity={severity} />
  const status = ALERT_STATUSES.find((one) => one === value)
  if (name === 'status' && status !== undefined) return <StatusBadge status={status} />
  if (name === 'tactic' && isTactic(value)) return <span>{t(`tactic.${value}`)}</span>
  if (name === 'assignee' && value === NOBODY) {
    return <span className="dim">{t('incident.nobody')}</span>
  }
  return <Untrusted text={label === '' ? value : label} clip />
}

interface IncidentFacetsProps {
  readonly facets: IncidentPage['facets'] | undefined
  readonly filters: IncidentFilters
  readonly setFilters: SetFilters
}

/** The filters with how many incidents each value has. */
export function IncidentFacets({ facets, filters, setFilters }: IncidentFacetsProps) {
  const { t } = useTranslation()
  return (
    <aside className="facets scroll" aria-label={t('filter.label')}>
      {LIST_FILTERS.map((name) => {
        const found = (facets?.[name] ?? []).map((facet) =>
          // The address has no way to hold an empty name.
          facet.value === '' ? { ...facet, value: NOBODY } : facet,
        )
        return (
          <Facet
            key={name}
            legend={t(`filter.${name}`)}
            values={inFixedOrder(found, FIXED[name])}
            chosen={filters[name]}
            onToggle={(value) => setFilters(toggle(filters, { name, value }))}
            render={({ value, label }) => <FacetLabel name={name} value={value} label={label} />}
          />
        )
      })}
    </aside>
  )
}

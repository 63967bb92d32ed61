import { ALERT_STATUSES, type AlertPage, SEVERITIES } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Facet, inFixedOrder } from '../table/facet.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge } from '../theme/status.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { type AlertFilters, LIST_FILTERS, type ListFilter, toggle } from './filters.ts'
import type { SetFilters } from './use-filters.ts'

/** A filter's value as people read it: badges for our own words, plain text for everything else. */
export function FacetLabel({ name, value, label }: FacetLabelProps) {
  const severity = SEVERITIES.find((one) => one === value)
  if (name === 'severity' && severity !== undefined) return <SeverityBadge severity={severity} />
  if (name === 'status' && (value === 'new' || value === 'in_progress' || value === 'closed')) {
    return <StatusBadge status={value} />
  }
  return <Untrusted text={label === '' ? value : label} clip mono={name === 'technique'} />
}

interface FacetLabelProps {
  readonly name: ListFilter
  readonly value: string
  readonly label: string
}

/** Our own words, all of them, in their order: one can choose what no alert has at the moment. */
const FIXED: Readonly<Partial<Record<ListFilter, readonly string[]>>> = {
  severity: SEVERITIES.toReversed(),
  status: ALERT_STATUSES,
}

interface FacetPanelProps {
  readonly facets: AlertPage['facets'] | undefined
  readonly filters: AlertFilters
  readonly setFilters: SetFilters
}

/** The filters with how many alerts each value has. */
export function FacetPanel({ facets, filters, setFilters }: FacetPanelProps) {
  const { t } = useTranslation()
  return (
    <aside className="facets scroll" aria-label={t('filter.label')}>
      {LIST_FILTERS.map((name) => (
        <Facet
          key={name}
          legend={t(`filter.${name}`)}
          values={inFixedOrder(facets?.[name] ?? [], FIXED[name])}
          chosen={filters[name]}
          onToggle={(value) => setFilters(toggle(filters, { name, value }))}
          render={({ value, label }) => <FacetLabel name={name} value={value} label={label} />}
        />
      ))}
    </aside>
  )
}

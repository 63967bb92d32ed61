import { ALERT_STATUSES, type AlertPage, type FacetValue, SEVERITIES } from '@pomona/schema'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge } from '../theme/status.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { type AlertFilters, LIST_FILTERS, type ListFilter, toggle } from './filters.ts'
import type { SetFilters } from './use-filters.ts'

const VALUES_SHOWN_MAX = 8

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

function ordered(name: ListFilter, values: readonly FacetValue[]): readonly FacetValue[] {
  const found = new Map(values.map((value) => [value.value, value]))
  const fixed = FIXED[name]?.map((value) => found.get(value) ?? { value, label: '', count: 0 })
  return fixed ?? values
}

interface FacetProps {
  readonly name: ListFilter
  readonly values: readonly FacetValue[]
  readonly filters: AlertFilters
  readonly setFilters: SetFilters
}

function Facet({ name, values, filters, setFilters }: FacetProps) {
  const { t } = useTranslation()
  const [all, setAll] = useState(false)
  const chosen: readonly string[] = filters[name]
  const sorted = ordered(name, values)
  const shown = all ? sorted : sorted.slice(0, VALUES_SHOWN_MAX)
  const largest = Math.max(1, ...values.map(({ count }) => count))
  return (
    <fieldset className="facet">
      <legend>{t(`filter.${name}`)}</legend>
      {shown.map(({ value, label, count }) => (
        <label key={value} className="facet-value">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() => setFilters(toggle(filters, { name, value }))}
          />
          <span className="facet-name">
            <FacetLabel name={name} value={value} label={label} />
          </span>
          <span className="facet-count">{count === 0 ? '' : count}</span>
          <span
            className="facet-bar"
            style={{ width: `${(count / largest) * 100}%` }}
            aria-hidden
          />
        </label>
      ))}
      {sorted.length === 0 && <span className="dim facet-none">{t('filter.none')}</span>}
      {sorted.length > VALUES_SHOWN_MAX && (
        <button type="button" className="plain-button text-more" onClick={() => setAll(!all)}>
          {all ? t('text.less') : t('filter.more', { count: sorted.length - VALUES_SHOWN_MAX })}
        </button>
      )}
    </fieldset>
  )
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
          name={name}
          values={facets?.[name] ?? []}
          filters={filters}
          setFilters={setFilters}
        />
      ))}
    </aside>
  )
}

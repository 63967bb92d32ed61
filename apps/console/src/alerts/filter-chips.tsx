import type { AlertPage } from '@pomona/schema'
import { IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { describeRange } from '../time/range-picker.tsx'
import { useTimeFormat } from '../time/time-mode.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { FacetLabel } from './facets.tsx'
import {
  type AlertFilters,
  FILTERS_DEFAULT,
  LIST_FILTERS,
  type ListFilter,
  sameFilters,
  toggle,
} from './filters.ts'
import type { SetFilters } from './use-filters.ts'
import type { ReactNode } from 'react'

interface ChipProps {
  readonly name: string
  readonly onRemove: () => void
  readonly children: ReactNode
}

function Chip({ name, onRemove, children }: ChipProps) {
  const { t } = useTranslation()
  return (
    <span className="chip">
      <span className="dim">{name}</span>
      <span className="chip-value">{children}</span>
      <button
        type="button"
        className="plain-button chip-remove"
        aria-label={t('filter.remove', { name })}
        onClick={onRemove}
      >
        <IconX size={12} aria-hidden />
      </button>
    </span>
  )
}

interface FilterChipsProps {
  readonly filters: AlertFilters
  readonly setFilters: SetFilters
  readonly facets: AlertPage['facets'] | undefined
}

/** What the queue is filtered by, each part removable. */
export function FilterChips({ filters, setFilters, facets }: FilterChipsProps) {
  const { t } = useTranslation()
  const format = useTimeFormat()
  if (sameFilters(filters, FILTERS_DEFAULT)) return null
  const labelOf = (name: ListFilter, value: string) =>
    facets?.[name].find((facet) => facet.value === value)?.label ?? value
  const { from: _from, to: _to, ...timeless } = filters
  const untouched = sameFilters({ ...FILTERS_DEFAULT, status: filters.status }, FILTERS_DEFAULT)
  return (
    <div className="chips" role="group" aria-label={t('filter.active')}>
      {LIST_FILTERS.filter((name) => name !== 'status' || !untouched).flatMap((name) =>
        filters[name].map((value) => (
          <Chip
            key={`${name}/${value}`}
            name={t(`filter.${name}`)}
            onRemove={() => setFilters(toggle(filters, { name, value }))}
          >
            <FacetLabel name={name} value={value} label={labelOf(name, value)} />
          </Chip>
        )),
      )}
      {filters.q !== '' && (
        <Chip name={t('filter.text')} onRemove={() => setFilters({ ...filters, q: '' })}>
          <Untrusted text={filters.q} clip />
        </Chip>
      )}
      {(filters.from !== undefined || filters.to !== undefined) && (
        <Chip name={t('filter.time')} onRemove={() => setFilters(timeless)}>
          {describeRange(filters, { t, format })}
        </Chip>
      )}
      <button
        type="button"
        className="plain-button text-more"
        onClick={() => setFilters(FILTERS_DEFAULT)}
      >
        {t('filter.reset')}
      </button>
    </div>
  )
}

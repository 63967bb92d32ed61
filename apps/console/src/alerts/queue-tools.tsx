import { ActionIcon, Tooltip } from '@mantine/core'
import { IconFilter, IconFilterOff, IconRefresh } from '@tabler/icons-react'
import type { RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { SearchField } from '../text/search-field.tsx'
import { RangePicker } from '../time/range-picker.tsx'
import type { AlertFilters } from './filters.ts'
import type { SetFilters } from './use-filters.ts'

interface QueueToolsProps {
  readonly filters: AlertFilters
  readonly setFilters: SetFilters
  readonly facetsShown: boolean
  readonly onFacets: () => void
  readonly fieldRef: RefObject<HTMLInputElement | null>
  readonly query: { readonly isFetching: boolean }
  readonly onRefresh: () => void
}

/** Search, time range and refresh above the queue. */
export function QueueTools(props: QueueToolsProps) {
  const { filters, setFilters, facetsShown, onFacets, fieldRef, query, onRefresh } = props
  const { t } = useTranslation()
  const { from, to, ...timeless } = filters
  const FacetIcon = facetsShown ? IconFilterOff : IconFilter
  const facetLabel = facetsShown ? t('filter.hide') : t('filter.show')
  return (
    <div className="queue-tools">
      <Tooltip label={facetLabel}>
        <ActionIcon
          variant="default"
          size={28}
          aria-label={facetLabel}
          aria-expanded={facetsShown}
          onClick={onFacets}
        >
          <FacetIcon size={15} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <div className="grow">
        <SearchField
          inputRef={fieldRef}
          label={t('queue.search')}
          value={filters.q}
          onChange={(q) => setFilters({ ...filters, q }, { replace: filters.q !== '' })}
        />
      </div>
      <RangePicker
        range={{ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }}
        onChange={(range) => setFilters({ ...timeless, ...range })}
      />
      <Tooltip label={t('queue.refresh')}>
        <ActionIcon
          variant="default"
          size={28}
          aria-label={t('queue.refresh')}
          loading={query.isFetching}
          loaderProps={{ size: 13 }}
          onClick={onRefresh}
        >
          <IconRefresh size={15} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

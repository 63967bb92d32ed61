import { ActionIcon, Tooltip } from '@mantine/core'
import { IconFilter, IconFilterOff, IconRefresh } from '@tabler/icons-react'
import type { ReactNode, RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { SearchField } from '../text/search-field.tsx'
import { RangePicker } from '../time/range-picker.tsx'

/** Filters of any list that is searched by text and time. */
interface SearchedFilters {
  readonly q: string
  readonly from?: string
  readonly to?: string
}

interface ListToolsProps<Filters extends SearchedFilters> {
  readonly searchLabel: string
  readonly filters: Filters
  readonly setFilters: (filters: Filters, options?: { readonly replace: boolean }) => void
  readonly facetsShown: boolean
  readonly onFacets: () => void
  readonly fieldRef: RefObject<HTMLInputElement | null>
  readonly busy: boolean
  readonly onRefresh: () => void
  /** What only this list has, between search and time. */
  readonly children?: ReactNode
}

/** Search, time range and refresh above a list. */
export function ListTools<Filters extends SearchedFilters>(props: ListToolsProps<Filters>) {
  const { filters, setFilters, facetsShown, onFacets, fieldRef, busy, onRefresh } = props
  const { t } = useTranslation()
  const { from, to } = filters
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
          label={props.searchLabel}
          value={filters.q}
          onChange={(q) => setFilters({ ...filters, q }, { replace: filters.q !== '' })}
        />
      </div>
      {props.children}
      <RangePicker
        range={{ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }}
        onChange={(range) => {
          const { from: _from, to: _to, ...timeless } = filters
          // Without its old range, and with the new one, it is the same kind of filters again.
          setFilters({ ...timeless, ...range } as Filters)
        }}
      />
      <Tooltip label={t('queue.refresh')}>
        <ActionIcon
          variant="default"
          size={28}
          aria-label={t('queue.refresh')}
          loading={busy}
          loaderProps={{ size: 13 }}
          onClick={onRefresh}
        >
          <IconRefresh size={15} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </div>
  )
}

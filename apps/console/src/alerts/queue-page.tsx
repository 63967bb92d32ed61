import type { AlertUpdate } from '@pomona/schema'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { alertsQuery } from '../api/queries.ts'
import { useNewAlerts } from '../live/new-alerts.tsx'
import { useFacetPanel } from '../table/use-facet-panel.ts'
import { useTicks } from '../table/use-ticks.ts'
import { FacetPanel } from './facets.tsx'
import { FilterChips } from './filter-chips.tsx'
import { formatFilters } from './filters.ts'
import { Histogram } from './histogram.tsx'
import { QueueList } from './queue-list.tsx'
import { ALERT_LIST } from '../shell/list-memory.ts'
import { BulkBar } from '../triage/bulk-bar.tsx'
import { ListTools } from '../triage/list-tools.tsx'
import { useRowKeys, useRows } from '../triage/use-rows.ts'
import { TriageDialog } from './triage-dialog.tsx'
import { useArrivals } from './use-arrivals.ts'
import { useFilters } from './use-filters.ts'
import { useTriage } from './use-triage.ts'
import { ViewBar } from './view-bar.tsx'
import './queue.css'

/** The queue's rows, the row the keyboard is on, and what the keys do. */
function useQueue() {
  const [filters, setFilters] = useFilters()
  const search = formatFilters(filters).toString()
  const query = useInfiniteQuery(alertsQuery(filters))
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const rows = useRows({ list: ALERT_LIST, search, items })
  const selection = useTicks(items)
  const { see } = useNewAlerts()
  const { dataUpdatedAt } = query
  useEffect(() => {
    if (dataUpdatedAt > 0) see()
  }, [see, dataUpdatedAt])
  // In an empty queue nothing can jump: the first alert appears by itself.
  const arrivals = useArrivals(filters, () => {
    if (items.length === 0) void query.refetch()
  })
  const refresh = async () => {
    await query.refetch()
    arrivals.clear()
  }
  return { filters, setFilters, query, items, rows, arrivals, selection, refresh }
}

/** The alert queue: what an analyst has to decide, worst and newest in view, rows that stay put. */
export function AlertQueuePage() {
  const { t } = useTranslation()
  const queue = useQueue()
  const { filters, setFilters, query, rows, selection } = queue
  const triage = useTriage()
  const panel = useFacetPanel()
  const [deciding, setDeciding] = useState<readonly string[]>([])
  const field = useRef<HTMLInputElement>(null)
  const targets = selection.chosen.size > 0 ? [...selection.chosen] : [rows.currentItem?.id ?? '']
  const decide = () => setDeciding(targets.filter((id) => id !== ''))
  useRowKeys({
    rows,
    ticks: selection,
    onDecide: decide,
    onRefresh: () => void queue.refresh(),
    onSearch: () => field.current?.focus(),
  })
  const apply = (update: AlertUpdate) =>
    triage.mutate({ ids: deciding, update }, { onSuccess: selection.clear })
  const first = query.data?.pages[0]
  const { from: _from, to: _to, ...timeless } = filters
  return (
    <div className="queue">
      <h1 className="visually-hidden">{t('nav.alerts')}</h1>
      {panel.shown && (
        <FacetPanel facets={first?.facets} filters={filters} setFilters={setFilters} />
      )}
      <div className="queue-main">
        <ViewBar filters={filters} />
        <ListTools
          searchLabel={t('queue.search')}
          filters={filters}
          setFilters={setFilters}
          facetsShown={panel.shown}
          onFacets={panel.flip}
          fieldRef={field}
          busy={query.isFetching}
          onRefresh={() => void queue.refresh()}
        />
        <FilterChips filters={filters} setFilters={setFilters} facets={first?.facets} />
        {first !== undefined && (
          <Histogram
            hours={first.histogram}
            chosen={filters.from}
            onChoose={(range) => setFilters({ ...timeless, ...range })}
          />
        )}
        <BulkBar
          label={t('bulk.label')}
          count={selection.chosen.size}
          onDecide={decide}
          onClear={selection.clear}
        />
        <QueueList queue={queue} />
      </div>
      <TriageDialog
        opened={deciding.length > 0}
        count={deciding.length}
        onClose={() => setDeciding([])}
        onChoose={apply}
      />
    </div>
  )
}

/** What the list of the queue needs of it. */
export type Queue = ReturnType<typeof useQueue>

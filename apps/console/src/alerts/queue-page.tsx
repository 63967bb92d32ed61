import { Button } from '@mantine/core'
import type { AlertRecord, AlertUpdate } from '@pomona/schema'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { alertsQuery } from '../api/queries.ts'
import { useNewAlerts } from '../live/new-alerts.tsx'
import { useKeys } from '../shell/keys.ts'
import { useFacetPanel } from '../table/use-facet-panel.ts'
import { useTicks } from '../table/use-ticks.ts'
import { FacetPanel } from './facets.tsx'
import { FilterChips } from './filter-chips.tsx'
import { formatFilters } from './filters.ts'
import { Histogram } from './histogram.tsx'
import { QueueList } from './queue-list.tsx'
import { ALERT_LIST } from '../shell/list-memory.ts'
import { QueueTools } from './queue-tools.tsx'
import { TriageDialog } from './triage-dialog.tsx'
import { useArrivals } from './use-arrivals.ts'
import { useFilters } from './use-filters.ts'
import { useTriage } from './use-triage.ts'
import { ViewBar } from './view-bar.tsx'
import './queue.css'

/** The queue's rows, the row the keyboard is on, and what the keys do. */
function useQueue() {
  const navigate = useNavigate()
  const [filters, setFilters] = useFilters()
  const search = formatFilters(filters).toString()
  const query = useInfiniteQuery(alertsQuery(filters))
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const [place, setPlace] = useState(() => ({ search, row: ALERT_LIST.row(search) }))
  const current = place.search === search ? Math.min(place.row, items.length - 1) : -1
  const selection = useTicks(items)
  const { see } = useNewAlerts()
  const { dataUpdatedAt } = query
  useEffect(() => {
    if (dataUpdatedAt > 0) see()
  }, [see, dataUpdatedAt])
  useEffect(() => {
    ALERT_LIST.remember({ search, ids: items.map(({ id }) => id), current })
  }, [search, items, current])
  // In an empty queue nothing can jump: the first alert appears by itself.
  const arrivals = useArrivals(filters, () => {
    if (items.length === 0) void query.refetch()
  })
  const refresh = async () => {
    await query.refetch()
    arrivals.clear()
  }
  const open = (alert: AlertRecord | undefined) => {
    if (alert !== undefined) void navigate(`/alerts/${encodeURIComponent(alert.id)}`)
  }
  const setRow = (row: number) => setPlace({ search, row })
  const step = (by: number) => () => setRow(Math.max(0, Math.min(items.length - 1, current + by)))
  const shown = { filters, setFilters, query, items, arrivals }
  return { ...shown, current, setRow, selection, refresh, open, step }
}

interface BulkBarProps {
  readonly count: number
  readonly onDecide: () => void
  readonly onClear: () => void
}

function BulkBar({ count, onDecide, onClear }: BulkBarProps) {
  const { t } = useTranslation()
  if (count === 0) return null
  return (
    <section className="bulk" aria-label={t('bulk.label')}>
      <strong>{t('bulk.chosen', { count })}</strong>
      <Button size="compact-xs" onClick={onDecide}>
        {t('bulk.decide')}
      </Button>
      <button type="button" className="plain-button text-more" onClick={onClear}>
        {t('bulk.clear')}
      </button>
    </section>
  )
}

/** The alert queue: what an analyst has to decide, worst and newest in view, rows that stay put. */
export function AlertQueuePage() {
  const { t } = useTranslation()
  const queue = useQueue()
  const { filters, setFilters, query, items, current, selection } = queue
  const triage = useTriage()
  const panel = useFacetPanel()
  const [deciding, setDeciding] = useState<readonly string[]>([])
  const field = useRef<HTMLInputElement>(null)
  const targets = selection.chosen.size > 0 ? [...selection.chosen] : [items[current]?.id ?? '']
  const decide = () => setDeciding(targets.filter((id) => id !== ''))
  useKeys({
    j: queue.step(1),
    ArrowDown: queue.step(1),
    k: queue.step(-1),
    ArrowUp: queue.step(-1),
    Enter: () => queue.open(items[current]),
    o: () => queue.open(items[current]),
    x: () => items[current] !== undefined && selection.toggle(items[current].id),
    e: decide,
    n: () => void queue.refresh(),
    '/': () => field.current?.focus(),
    Escape: selection.clear,
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
        <QueueTools
          filters={filters}
          setFilters={setFilters}
          facetsShown={panel.shown}
          onFacets={panel.flip}
          fieldRef={field}
          query={query}
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
        <BulkBar count={selection.chosen.size} onDecide={decide} onClear={selection.clear} />
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

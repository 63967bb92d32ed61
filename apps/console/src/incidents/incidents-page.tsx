import type { IncidentUpdate } from '@pomona/schema'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TriageDialog } from '../alerts/triage-dialog.tsx'
import { incidentsQuery } from '../api/queries.ts'
import { useNewAlerts } from '../live/new-alerts.tsx'
import { INCIDENT_LIST } from '../shell/list-memory.ts'
import { useFacetPanel } from '../table/use-facet-panel.ts'
import { useTicks } from '../table/use-ticks.ts'
import { BulkBar } from '../triage/bulk-bar.tsx'
import { ListTools } from '../triage/list-tools.tsx'
import { useRowKeys, useRows } from '../triage/use-rows.ts'
import { WorkList, WorkListEmpty } from '../triage/work-list.tsx'
import { incidentColumns } from './columns.tsx'
import { FILTERS_DEFAULT, formatFilters, sameFilters } from './filters.ts'
import { IncidentFacets, IncidentViews, OrderControl } from './list-tools.tsx'
import { useArrivals } from './use-arrivals.ts'
import { useDecide } from './use-decide.ts'
import { useFilters } from './use-filters.ts'
import '../alerts/queue.css'
import './incident.css'

/** The list's rows, the row the keyboard is on, and what the keys do. */
function useList() {
  const [filters, setFilters] = useFilters()
  const search = formatFilters(filters).toString()
  const query = useInfiniteQuery(incidentsQuery(filters))
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const rows = useRows({ list: INCIDENT_LIST, search, items })
  const { seeIncidents } = useNewAlerts()
  const { dataUpdatedAt } = query
  useEffect(() => {
    if (dataUpdatedAt > 0) seeIncidents()
  }, [seeIncidents, dataUpdatedAt])
  const arrivals = useArrivals({
    filters,
    isShown: (id) => items.some((item) => item.id === id),
    // In an empty list nothing can jump: the first incident appears by itself.
    onArrival: () => {
      if (items.length === 0) void query.refetch()
    },
  })
  const refresh = async () => {
    await query.refetch()
    arrivals.clear()
  }
  return { filters, setFilters, query, items, rows, arrivals, refresh }
}

type List = ReturnType<typeof useList>

interface IncidentListProps {
  readonly list: List
  readonly ticks: ReturnType<typeof useTicks>
}

function IncidentList({ list, ticks }: IncidentListProps) {
  const { t } = useTranslation()
  const { query, items, rows, arrivals, filters } = list
  const isDefault = sameFilters(filters, FILTERS_DEFAULT)
  return (
    <WorkList
      label={t('incident.list')}
      columns={incidentColumns(t, {
        chosen: ticks.chosen,
        onToggle: ticks.toggle,
        onAll: ticks.toggleAll,
        all: ticks.all,
      })}
      items={items}
      query={query}
      current={rows.current}
      chosen={ticks.chosen}
      arrived={arrivals.count > 0 ? t('incident.arrived', { count: arrivals.count }) : undefined}
      onArrived={() => void list.refresh().then(() => rows.setRow(0))}
      onOpen={(incident, index) => {
        rows.setRow(index)
        rows.open(incident)
      }}
      empty={
        <WorkListEmpty
          title={isDefault ? t('incident.empty') : t('incident.no_match')}
          hint={isDefault ? t('incident.empty_hint') : t('queue.no_match_hint')}
          onReset={isDefault ? undefined : () => list.setFilters(FILTERS_DEFAULT)}
        />
      }
      totalText={(count) => t('incident.total', { shown: items.length, count })}
    />
  )
}

/** The incidents: what happened, worst and latest in view, rows that stay put. */
export function IncidentsPage() {
  const { t } = useTranslation()
  const list = useList()
  const { filters, setFilters, query, items, rows } = list
  const ticks = useTicks(items)
  const decide = useDecide()
  const panel = useFacetPanel()
  const [deciding, setDeciding] = useState<readonly string[]>([])
  const field = useRef<HTMLInputElement>(null)
  const targets = ticks.chosen.size > 0 ? [...ticks.chosen] : [rows.currentItem?.id ?? '']
  const open = () => setDeciding(targets.filter((id) => id !== ''))
  useRowKeys({
    rows,
    ticks,
    onDecide: open,
    onRefresh: () => void list.refresh(),
    onSearch: () => field.current?.focus(),
  })
  const apply = (update: IncidentUpdate) =>
    decide.mutate({ ids: deciding, update }, { onSuccess: ticks.clear })
  return (
    <div className="queue">
      <h1 className="visually-hidden">{t('nav.incidents')}</h1>
      {panel.shown && (
        <IncidentFacets
          facets={query.data?.pages[0]?.facets}
          filters={filters}
          setFilters={setFilters}
        />
      )}
      <div className="queue-main">
        <IncidentViews filters={filters} />
        <ListTools
          searchLabel={t('incident.search')}
          filters={filters}
          setFilters={setFilters}
          facetsShown={panel.shown}
          onFacets={panel.flip}
          fieldRef={field}
          busy={query.isFetching}
          onRefresh={() => void list.refresh()}
        >
          <OrderControl filters={filters} setFilters={setFilters} />
        </ListTools>
        <BulkBar
          label={t('bulk.label_incidents')}
          count={ticks.chosen.size}
          onDecide={open}
          onClear={ticks.clear}
        />
        <IncidentList list={list} ticks={ticks} />
      </div>
      <TriageDialog
        opened={deciding.length > 0}
        count={deciding.length}
        title={t('incident.decide', { count: deciding.length })}
        onClose={() => setDeciding([])}
        onChoose={apply}
      />
    </div>
  )
}

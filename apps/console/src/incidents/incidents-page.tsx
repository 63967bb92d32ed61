import { Button } from '@mantine/core'
import type { IncidentRecord, IncidentUpdate } from '@pomona/schema'
import { IconArrowUp, IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { TriageDialog } from '../alerts/triage-dialog.tsx'
import { incidentsQuery } from '../api/queries.ts'
import { useNewAlerts } from '../live/new-alerts.tsx'
import { useKeys } from '../shell/keys.ts'
import { INCIDENT_LIST } from '../shell/list-memory.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useFacetPanel } from '../table/use-facet-panel.ts'
import { useTicks } from '../table/use-ticks.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { incidentColumns } from './columns.tsx'
import { FILTERS_DEFAULT, formatFilters, sameFilters } from './filters.ts'
import { IncidentFacets, IncidentViews, ListTools } from './list-tools.tsx'
import { useArrivals } from './use-arrivals.ts'
import { useDecide } from './use-decide.ts'
import { useFilters } from './use-filters.ts'
import '../alerts/queue.css'
import './incident.css'

/** The list's rows, the row the keyboard is on, and what the keys do. */
function useList() {
  const navigate = useNavigate()
  const [filters, setFilters] = useFilters()
  const search = formatFilters(filters).toString()
  const query = useInfiniteQuery(incidentsQuery(filters))
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const [place, setPlace] = useState(() => ({ search, row: INCIDENT_LIST.row(search) }))
  const current = place.search === search ? Math.min(place.row, items.length - 1) : -1
  const { seeIncidents } = useNewAlerts()
  const { dataUpdatedAt } = query
  useEffect(() => {
    if (dataUpdatedAt > 0) seeIncidents()
  }, [seeIncidents, dataUpdatedAt])
  useEffect(() => {
    INCIDENT_LIST.remember({ search, ids: items.map(({ id }) => id), current })
  }, [search, items, current])
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
  const open = (incident: IncidentRecord | undefined) => {
    if (incident !== undefined) void navigate(`/incidents/${encodeURIComponent(incident.id)}`)
  }
  const setRow = (row: number) => setPlace({ search, row })
  const step = (by: number) => () => setRow(Math.max(0, Math.min(items.length - 1, current + by)))
  return { filters, setFilters, query, items, arrivals, current, setRow, refresh, open, step }
}

type List = ReturnType<typeof useList>

function Empty({ list }: { readonly list: List }) {
  const { t } = useTranslation()
  const isDefault = sameFilters(list.filters, FILTERS_DEFAULT)
  return (
    <PanelEmpty
      title={isDefault ? t('incident.empty') : t('incident.no_match')}
      hint={isDefault ? t('incident.empty_hint') : t('queue.no_match_hint')}
      Icon={IconShieldCheck}
    >
      {!isDefault && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => list.setFilters(FILTERS_DEFAULT)}
        >
          {t('filter.reset')}
        </Button>
      )}
    </PanelEmpty>
  )
}

interface IncidentListProps {
  readonly list: List
  readonly ticks: ReturnType<typeof useTicks>
}

function IncidentList({ list, ticks }: IncidentListProps) {
  const { t } = useTranslation()
  const { query, items, current, arrivals } = list
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError && items.length === 0) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  const total = query.data?.pages[0]?.total ?? items.length
  return (
    <div className="queue-list">
      {arrivals.count > 0 && items.length > 0 && (
        <button
          type="button"
          className="plain-button arrivals"
          onClick={() => void list.refresh().then(() => list.setRow(0))}
        >
          <IconArrowUp size={14} aria-hidden />
          <span role="status">{t('incident.arrived', { count: arrivals.count })}</span>
          <kbd className="kbd">n</kbd>
        </button>
      )}
      {items.length === 0 ? (
        <Empty list={list} />
      ) : (
        <VirtualTable
          label={t('incident.list')}
          columns={incidentColumns(t, {
            chosen: ticks.chosen,
            onToggle: ticks.toggle,
            onAll: ticks.toggleAll,
            all: ticks.all,
          })}
          items={items}
          keyOf={({ id }) => id}
          total={total}
          more={{
            has: query.hasNextPage,
            busy: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          rowClass={({ severity, status }) => `queue-row queue-${severity} queue-${status}`}
          selected={({ id }) => ticks.chosen.has(id)}
          onOpen={(incident, index) => {
            list.setRow(index)
            list.open(incident)
          }}
          {...(current < 0 ? {} : { current })}
        />
      )}
      <div className="table-foot">
        <span role="status">{t('incident.total', { shown: items.length, count: total })}</span>
        {query.isFetchingNextPage && <span>{t('state.loading')}</span>}
        {query.isError && <span className="panel-bad">{t('state.stale')}</span>}
        <span className="grow" />
        <span className="queue-keys">
          <kbd className="kbd">j</kbd>
          <kbd className="kbd">k</kbd> {t('help.walk')} · <kbd className="kbd">Enter</kbd>{' '}
          {t('help.open')} · <kbd className="kbd">x</kbd> {t('help.select')} ·{' '}
          <kbd className="kbd">e</kbd> {t('help.triage')}
        </span>
      </div>
    </div>
  )
}

/** The incidents: what happened, worst and latest in view, rows that stay put. */
export function IncidentsPage() {
  const { t } = useTranslation()
  const list = useList()
  const { filters, setFilters, query, items, current } = list
  const ticks = useTicks(items)
  const decide = useDecide()
  const panel = useFacetPanel()
  const [deciding, setDeciding] = useState<readonly string[]>([])
  const field = useRef<HTMLInputElement>(null)
  const targets = ticks.chosen.size > 0 ? [...ticks.chosen] : [items[current]?.id ?? '']
  const open = () => setDeciding(targets.filter((id) => id !== ''))
  useKeys({
    j: list.step(1),
    ArrowDown: list.step(1),
    k: list.step(-1),
    ArrowUp: list.step(-1),
    Enter: () => list.open(items[current]),
    o: () => list.open(items[current]),
    x: () => items[current] !== undefined && ticks.toggle(items[current].id),
    e: open,
    n: () => void list.refresh(),
    '/': () => field.current?.focus(),
    Escape: ticks.clear,
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
          filters={filters}
          setFilters={setFilters}
          facetsShown={panel.shown}
          onFacets={panel.flip}
          fieldRef={field}
          busy={query.isFetching}
          onRefresh={() => void list.refresh()}
        />
        {ticks.chosen.size > 0 && (
          <section className="bulk" aria-label={t('bulk.label_incidents')}>
            <strong>{t('bulk.chosen', { count: ticks.chosen.size })}</strong>
            <Button size="compact-xs" onClick={open}>
              {t('bulk.decide')}
            </Button>
            <button type="button" className="plain-button text-more" onClick={ticks.clear}>
              {t('bulk.clear')}
            </button>
          </section>
        )}
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

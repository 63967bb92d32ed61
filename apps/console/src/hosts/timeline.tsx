import type { EventDocument } from '@pomona/schema'
import { IconTimelineEvent } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'react-router'
import { timelinePagesQuery } from '../api/queries.ts'
import { EventDetails } from '../events/event-details.tsx'
import { fieldText } from '../events/fields.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useRowKeys } from '../shell/row-keys.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { timelineColumns } from './timeline-columns.tsx'
import {
  formatTimelineFilters,
  parseTimelineFilters,
  type TimelineFilters,
} from './timeline-filters.ts'
import { ActionFacet, TimelineTools } from './timeline-tools.tsx'

function idOf(event: EventDocument): string {
  return fieldText(event, 'event.id') ?? JSON.stringify(event)
}

function useTimelineFilters() {
  const [parameters, setParameters] = useSearchParams()
  const text = parameters.toString()
  const filters = useMemo(() => parseTimelineFilters(new URLSearchParams(text)), [text])
  const setFilters = (next: TimelineFilters, replace = false) =>
    setParameters(formatTimelineFilters(next), { replace })
  return [filters, setFilters] as const
}

/** Events shown with all they carry, by id. */
function useOpenRows() {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const flip = (event: EventDocument) => {
    const next = new Set(open)
    if (!next.delete(idOf(event))) next.add(idOf(event))
    setOpen(next)
  }
  return { open, flip }
}

/** A host's events, newest first, each opening to everything it carries. */
export function Timeline({ hostId }: { readonly hostId: string }) {
  const { t } = useTranslation()
  const [filters, setFilters] = useTimelineFilters()
  const { open, flip } = useOpenRows()
  const query = useInfiniteQuery(timelinePagesQuery({ hostId, filters }))
  const field = useRef<HTMLInputElement>(null)
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const walk = useRowKeys({
    items,
    onOpen: flip,
    keys: { '/': () => field.current?.focus() },
  })
  const columns = timelineColumns(t, {
    hostId,
    isOpen: (event) => open.has(idOf(event)),
    onFlip: flip,
    onProcess: (process) => setFilters({ ...filters, process }),
  })
  return (
    <div className="timeline">
      <ActionFacet
        actions={query.data?.pages[0]?.actions ?? []}
        filters={filters}
        setFilters={setFilters}
      />
      <div className="column grow">
        <TimelineTools
          filters={filters}
          setFilters={setFilters}
          fieldRef={field}
          busy={query.isFetching}
          onRefresh={() => void query.refetch()}
        />
        {query.isPending && <PanelLoading lines={14} />}
        {query.isError && items.length === 0 && (
          <PanelError error={query.error} onRetry={() => void query.refetch()} />
        )}
        {query.isSuccess && items.length === 0 && (
          <PanelEmpty
            title={t('timeline.empty')}
            hint={t('timeline.empty_hint')}
            Icon={IconTimelineEvent}
          />
        )}
        {items.length > 0 && (
          <VirtualTable
            label={t('host.tab.timeline')}
            columns={columns}
            items={items}
            keyOf={idOf}
            more={{
              has: query.hasNextPage,
              busy: query.isFetchingNextPage,
              load: () => void query.fetchNextPage(),
            }}
            onOpen={flip}
            {...walk}
            renderBelow={(event) => open.has(idOf(event)) && <EventDetails event={event} />}
          />
        )}
        <div className="table-foot">
          <span role="status">{t('timeline.loaded', { count: items.length })}</span>
          {query.isFetchingNextPage && <span>{t('state.loading')}</span>}
        </div>
      </div>
    </div>
  )
}

import { useTranslation } from 'react-i18next'
import { WorkList, WorkListEmpty } from '../triage/work-list.tsx'
import { FILTERS_DEFAULT, sameFilters } from './filters.ts'
import { queueColumns } from './queue-columns.tsx'
import type { Queue } from './queue-page.tsx'

/** The queue's table, and the counter of new alerts. */
export function QueueList({ queue }: { readonly queue: Queue }) {
  const { t } = useTranslation()
  const { query, items, rows, selection, arrivals, filters } = queue
  const isDefault = sameFilters(filters, FILTERS_DEFAULT)
  return (
    <WorkList
      label={t('queue.label')}
      columns={queueColumns(t, {
        chosen: selection.chosen,
        onToggle: selection.toggle,
        onAll: selection.toggleAll,
        all: selection.all,
      })}
      items={items}
      query={query}
      current={rows.current}
      chosen={selection.chosen}
      arrived={arrivals.count > 0 ? t('queue.arrived', { count: arrivals.count }) : undefined}
      onArrived={() => void queue.refresh().then(() => rows.setRow(0))}
      onOpen={(alert, index) => {
        rows.setRow(index)
        rows.open(alert)
      }}
      empty={
        <WorkListEmpty
          title={isDefault ? t('queue.empty') : t('queue.no_match')}
          hint={isDefault ? t('queue.empty_hint') : t('queue.no_match_hint')}
          onReset={isDefault ? undefined : () => queue.setFilters(FILTERS_DEFAULT)}
        />
      }
      totalText={(count) => t('queue.total', { shown: items.length, count })}
    />
  )
}

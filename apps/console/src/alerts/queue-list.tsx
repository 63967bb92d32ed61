import { Button } from '@mantine/core'
import { IconArrowUp, IconShieldCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { VirtualTable } from '../table/virtual-table.tsx'
import { FILTERS_DEFAULT, sameFilters } from './filters.ts'
import { queueColumns } from './queue-columns.tsx'
import type { Queue } from './queue-page.tsx'

function Empty({ queue }: { readonly queue: Queue }) {
  const { t } = useTranslation()
  const isDefault = sameFilters(queue.filters, FILTERS_DEFAULT)
  return (
    <PanelEmpty
      title={isDefault ? t('queue.empty') : t('queue.no_match')}
      hint={isDefault ? t('queue.empty_hint') : t('queue.no_match_hint')}
      Icon={IconShieldCheck}
    >
      {!isDefault && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => queue.setFilters(FILTERS_DEFAULT)}
        >
          {t('filter.reset')}
        </Button>
      )}
    </PanelEmpty>
  )
}

/** The queue's table with its loading, empty and error states, and the counter of new alerts. */
export function QueueList({ queue }: { readonly queue: Queue }) {
  const { t } = useTranslation()
  const { query, items, current, selection, arrivals } = queue
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError && items.length === 0) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  const total = query.data?.pages[0]?.total ?? items.length
  const columns = queueColumns(t, {
    chosen: selection.chosen,
    onToggle: selection.toggle,
    onAll: selection.toggleAll,
    all: selection.all,
  })
  return (
    <div className="queue-list">
      {arrivals.count > 0 && items.length > 0 && (
        <button
          type="button"
          className="plain-button arrivals"
          onClick={() => void queue.refresh().then(() => queue.setRow(0))}
        >
          <IconArrowUp size={14} aria-hidden />
          <span role="status">{t('queue.arrived', { count: arrivals.count })}</span>
          <kbd className="kbd">n</kbd>
        </button>
      )}
      {items.length === 0 ? (
        <Empty queue={queue} />
      ) : (
        <VirtualTable
          label={t('queue.label')}
          columns={columns}
          items={items}
          keyOf={({ id }) => id}
          total={total}
          more={{
            has: query.hasNextPage,
            busy: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          rowClass={({ severity, status }) => `queue-row queue-${severity} queue-${status}`}
          selected={({ id }) => selection.chosen.has(id)}
          onOpen={(alert, index) => {
            queue.setRow(index)
            queue.open(alert)
          }}
          {...(current < 0 ? {} : { current })}
        />
      )}
      <div className="table-foot">
        <span role="status">{t('queue.total', { shown: items.length, count: total })}</span>
        {query.isFetchingNextPage && <span>{t('state.loading')}</span>}
        {query.isError && <span className="panel-bad">{t('state.stale')}</span>}
        <span className="grow" />
        <span className="queue-keys">
          <kbd className="kbd">j</kbd>
          <kbd className="kbd">k</kbd> {t('help.walk')} · <kbd className="kbd">Enter</kbd>{' '}
          {t('help.open')} · <kbd className="kbd">x</kbd> {t('help.select')} ·{' '}
          <kbd className="kbd">e</kbd> {t('help.triage')} · <kbd className="kbd">?</kbd>{' '}
          {t('help.help')}
        </span>
      </div>
    </div>
  )
}

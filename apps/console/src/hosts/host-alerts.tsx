import { IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { FILTERS_DEFAULT } from '../alerts/filters.ts'
import { queueColumns } from '../alerts/queue-columns.tsx'
import { alertsQuery } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { VirtualTable } from '../table/virtual-table.tsx'
import '../alerts/queue.css'

const NONE: ReadonlySet<string> = new Set()
const LEFT_OUT: ReadonlySet<string> = new Set(['select', 'host'])

/** Alerts of one host, closed ones as well. */
export function HostAlerts({ hostId }: { readonly hostId: string }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const query = useInfiniteQuery(alertsQuery({ ...FILTERS_DEFAULT, status: [], host: [hostId] }))
  if (query.isPending) return <PanelLoading lines={8} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  const items = query.data.pages.flatMap((page) => page.items)
  if (items.length === 0) return <PanelEmpty title={t('host.no_alerts')} Icon={IconShieldCheck} />
  const nothing = () => undefined
  const selection = { chosen: NONE, onToggle: nothing, onAll: nothing, all: false }
  return (
    <VirtualTable
      label={t('host.tab.alerts')}
      columns={queueColumns(t, selection).filter(({ key }) => !LEFT_OUT.has(key))}
      items={items}
      keyOf={({ id }) => id}
      total={query.data.pages[0]?.total ?? items.length}
      more={{
        has: query.hasNextPage,
        busy: query.isFetchingNextPage,
        load: () => void query.fetchNextPage(),
      }}
      rowClass={({ severity, status }) => `queue-row queue-${severity} queue-${status}`}
      onOpen={({ id }) => void navigate(`/alerts/${encodeURIComponent(id)}`)}
    />
  )
}

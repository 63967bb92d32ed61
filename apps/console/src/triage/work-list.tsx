import { Button } from '@mantine/core'
import type { AlertStatus, Severity } from '@pomona/schema'
import { IconArrowUp, IconShieldCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { type Column, VirtualTable } from '../table/virtual-table.tsx'

/** What a row of a work list is: something to decide. */
interface WorkItem {
  readonly id: string
  readonly severity: Severity
  readonly status: AlertStatus
}

/** Pages of a list, as they are fetched. */
interface PagedQuery {
  readonly isPending: boolean
  readonly isError: boolean
  readonly error: unknown
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly refetch: () => unknown
  readonly fetchNextPage: () => unknown
  readonly data: { readonly pages: readonly { readonly total: number }[] } | undefined
}

interface WorkListProps<Item extends WorkItem> {
  readonly label: string
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
  readonly query: PagedQuery
  /** The row the keyboard is at, below 0 for none. */
  readonly current: number
  readonly chosen: ReadonlySet<string>
  /** Said of what came since the list was fetched; nothing when nothing came. */
  readonly arrived: string | undefined
  readonly onArrived: () => void
  readonly onOpen: (item: Item, index: number) => void
  readonly empty: ReactNode
  /** Said below the list: how many there are. */
  readonly totalText: (total: number) => string
}

/** A list of things to decide, with its loading, empty and error states and what arrived since. */
export function WorkList<Item extends WorkItem>(props: WorkListProps<Item>) {
  const { query, items, current } = props
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError && items.length === 0) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  const total = query.data?.pages[0]?.total ?? items.length
  return (
    <div className="queue-list">
      {props.arrived !== undefined && items.length > 0 && (
        <button type="button" className="plain-button arrivals" onClick={props.onArrived}>
          <IconArrowUp size={14} aria-hidden />
          <span role="status">{props.arrived}</span>
          <kbd className="kbd">n</kbd>
        </button>
      )}
      {items.length === 0 ? (
        props.empty
      ) : (
        <VirtualTable
          label={props.label}
          columns={props.columns}
          items={items}
          keyOf={({ id }) => id}
          total={total}
          more={{
            has: query.hasNextPage,
            busy: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          rowClass={({ severity, status }) => `queue-row queue-${severity} queue-${status}`}
          selected={({ id }) => props.chosen.has(id)}
          onOpen={props.onOpen}
          {...(current < 0 ? {} : { current })}
        />
      )}
      <Foot query={query} total={props.totalText(total)} />
    </div>
  )
}

interface FootProps {
  readonly query: PagedQuery
  readonly total: string
}

function Foot({ query, total }: FootProps) {
  const { t } = useTranslation()
  return (
    <div className="table-foot">
      <span role="status">{total}</span>
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
  )
}

interface WorkListEmptyProps {
  readonly title: string
  readonly hint: string
  /** Offered where filters may hide something. */
  readonly onReset: (() => void) | undefined
}

/** What stands in the place of an empty list. */
export function WorkListEmpty({ title, hint, onReset }: WorkListEmptyProps) {
  const { t } = useTranslation()
  return (
    <PanelEmpty title={title} hint={hint} Icon={IconShieldCheck}>
      {onReset !== undefined && (
        <Button size="compact-sm" variant="default" onClick={onReset}>
          {t('filter.reset')}
        </Button>
      )}
    </PanelEmpty>
  )
}

import { SegmentedControl } from '@mantine/core'
import { type ProcessNode, SIGNERS } from '@pomona/schema'
import { IconTerminal2 } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type RefObject, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useSearchParams } from 'react-router'
import { processPagesQuery } from '../api/queries.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { useRowKeys } from '../shell/row-keys.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { SearchField } from '../text/search-field.tsx'
import { processColumns } from './process-columns.tsx'
import { parseProcessFilters, type ProcessFilters, processQuery } from './process-filters.ts'

function useProcessFilters() {
  const [parameters, setParameters] = useSearchParams()
  const text = parameters.toString()
  const filters = useMemo(() => parseProcessFilters(new URLSearchParams(text)), [text])
  const setFilters = (next: ProcessFilters, replace = false) => {
    const query = processQuery(next)
    query.set('tab', 'processes')
    setParameters(query, { replace })
  }
  return [filters, setFilters] as const
}

interface ToolsProps {
  readonly filters: ProcessFilters
  readonly setFilters: (next: ProcessFilters, replace?: boolean) => void
  readonly fieldRef: RefObject<HTMLInputElement | null>
}

function Tools({ filters, setFilters, fieldRef }: ToolsProps) {
  const { t } = useTranslation()
  const { running: _running, ...any } = filters
  return (
    <div className="timeline-tools">
      <div className="row">
        <div className="grow">
          <SearchField
            inputRef={fieldRef}
            label={t('process.search')}
            value={filters.q}
            onChange={(q) => setFilters({ ...filters, q }, filters.q !== '')}
          />
        </div>
        <SegmentedControl
          size="xs"
          aria-label={t('process.running')}
          value={filters.running ?? 'any'}
          onChange={(value) =>
            setFilters(value === 'true' || value === 'false' ? { ...any, running: value } : any)
          }
          data={[
            { value: 'any', label: t('process.any') },
            { value: 'true', label: t('process.running') },
            { value: 'false', label: t('process.ended') },
          ]}
        />
      </div>
      <div className="row wrap category-chips" role="group" aria-label={t('process.signer')}>
        {SIGNERS.map((signer) => (
          <button
            key={signer}
            type="button"
            className="plain-button tag category"
            aria-pressed={filters.signer.includes(signer)}
            onClick={() => {
              const chosen = filters.signer.includes(signer)
                ? filters.signer.filter((one) => one !== signer)
                : [...filters.signer, signer]
              setFilters({ ...filters, signer: chosen })
            }}
          >
            {t(`signer.${signer}`)}
          </button>
        ))}
      </div>
    </div>
  )
}

/** A host's process images, newest first. */
export function Processes({ hostId }: { readonly hostId: string }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [filters, setFilters] = useProcessFilters()
  const query = useInfiniteQuery(processPagesQuery({ hostId, filters }))
  const field = useRef<HTMLInputElement>(null)
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const columns = useMemo(() => processColumns(t), [t])
  const open = ({ entity_id: id }: ProcessNode) =>
    void navigate(`/hosts/${encodeURIComponent(hostId)}/processes/${encodeURIComponent(id)}`)
  const walk = useRowKeys({ items, onOpen: open, keys: { '/': () => field.current?.focus() } })
  return (
    <div className="column grow">
      <Tools filters={filters} setFilters={setFilters} fieldRef={field} />
      {query.isPending && <PanelLoading lines={14} />}
      {query.isError && items.length === 0 && (
        <PanelError error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && items.length === 0 && (
        <PanelEmpty
          title={t('process.empty')}
          hint={t('timeline.empty_hint')}
          Icon={IconTerminal2}
        />
      )}
      {items.length > 0 && (
        <VirtualTable
          label={t('host.tab.processes')}
          columns={columns}
          items={items}
          keyOf={(process) => process.entity_id}
          more={{
            has: query.hasNextPage,
            busy: query.isFetchingNextPage,
            load: () => void query.fetchNextPage(),
          }}
          onOpen={open}
          {...walk}
        />
      )}
    </div>
  )
}

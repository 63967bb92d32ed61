import { ActionIcon, Tooltip } from '@mantine/core'
import { IconRefresh, IconX } from '@tabler/icons-react'
import type { RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { SearchField } from '../text/search-field.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { RangePicker } from '../time/range-picker.tsx'
import type { TimelineFilters } from './timeline-filters.ts'

/** ECS categories that macOS events fall into. */
const CATEGORIES = [
  'process',
  'file',
  'network',
  'authentication',
  'iam',
  'configuration',
  'session',
  'driver',
  'library',
  'malware',
] as const

type SetTimelineFilters = (filters: TimelineFilters, replace?: boolean) => void

function flip(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value]
}

interface ActionFacetProps {
  readonly actions: readonly { readonly value: string; readonly count: number }[]
  readonly filters: TimelineFilters
  readonly setFilters: SetTimelineFilters
}

/** How often each action occurs, to narrow the timeline to some of them. */
export function ActionFacet({ actions, filters, setFilters }: ActionFacetProps) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language, { notation: 'compact' })
  const largest = Math.max(1, ...actions.map(({ count }) => count))
  const missing = filters.action.filter((name) => !actions.some(({ value }) => value === name))
  const shown = [...missing.map((value) => ({ value, count: 0 })), ...actions]
  return (
    <aside className="facets scroll timeline-facets" aria-label={t('timeline.actions')}>
      <fieldset className="facet">
        <legend>{t('timeline.actions')}</legend>
        {shown.map(({ value, count }) => (
          <label key={value} className="facet-value">
            <input
              type="checkbox"
              checked={filters.action.includes(value)}
              onChange={() => setFilters({ ...filters, action: flip(filters.action, value) })}
            />
            <span className="facet-name">
              <Untrusted text={value} mono clip />
            </span>
            <span className="facet-count">{number.format(count)}</span>
            <span
              className="facet-bar"
              style={{ width: `${(count / largest) * 100}%` }}
              aria-hidden
            />
          </label>
        ))}
        {shown.length === 0 && <span className="dim facet-none">{t('filter.none')}</span>}
      </fieldset>
    </aside>
  )
}

function CategoryChips({ filters, setFilters }: Omit<ActionFacetProps, 'actions'>) {
  const { t } = useTranslation()
  return (
    <div className="row wrap category-chips" role="group" aria-label={t('timeline.categories')}>
      {CATEGORIES.map((name) => (
        <button
          key={name}
          type="button"
          className="plain-button tag category"
          aria-pressed={filters.category.includes(name)}
          onClick={() => setFilters({ ...filters, category: flip(filters.category, name) })}
        >
          {t(`category.${name}`)}
        </button>
      ))}
      {filters.process !== '' && (
        <button
          type="button"
          className="plain-button tag category"
          aria-pressed
          onClick={() => setFilters({ ...filters, process: '' })}
        >
          {t('timeline.one_process')} <Untrusted text={filters.process.slice(0, 10)} mono />
          <IconX size={11} aria-label={t('filter.remove', { name: t('field.process') })} />
        </button>
      )}
    </div>
  )
}

interface TimelineToolsProps extends Omit<ActionFacetProps, 'actions'> {
  readonly fieldRef: RefObject<HTMLInputElement | null>
  readonly busy: boolean
  readonly onRefresh: () => void
}

/** Search, time range and categories above the timeline. */
export function TimelineTools(props: TimelineToolsProps) {
  const { filters, setFilters, fieldRef, busy, onRefresh } = props
  const { t } = useTranslation()
  const { from, to, ...timeless } = filters
  return (
    <div className="timeline-tools">
      <div className="row">
        <div className="grow">
          <SearchField
            inputRef={fieldRef}
            label={t('timeline.search')}
            value={filters.q}
            onChange={(q) => setFilters({ ...filters, q }, filters.q !== '')}
          />
        </div>
        <RangePicker
          range={{ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }}
          onChange={(range) => setFilters({ ...timeless, ...range })}
        />
        <Tooltip label={t('queue.refresh')}>
          <ActionIcon
            variant="default"
            size={28}
            aria-label={t('queue.refresh')}
            loading={busy}
            loaderProps={{ size: 13 }}
            onClick={onRefresh}
          >
            <IconRefresh size={15} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </div>
      <CategoryChips filters={filters} setFilters={setFilters} />
    </div>
  )
}

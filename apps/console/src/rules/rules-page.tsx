import { SegmentedControl } from '@mantine/core'
import type { RuleSummary } from '@pomona/schema'
import { IconGavel } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { TechniqueTags } from '../alerts/techniques.tsx'
import { rulesQuery } from '../api/queries.ts'
import { useRowKeys } from '../shell/row-keys.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { type Column, VirtualTable } from '../table/virtual-table.tsx'
import { visibleText } from '../text/escape.ts'
import { SearchField } from '../text/search-field.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { RuleState } from './rule-state.tsx'
import '../hosts/hosts.css'

const STATES = ['loaded', 'applied', 'dead', 'unsupported', 'failed'] as const

function ruleColumns(t: TFunction): readonly Column<RuleSummary>[] {
  return [
    {
      key: 'state',
      width: '112px',
      title: t('rule.state'),
      cell: ({ state }) => <RuleState state={state} />,
    },
    {
      key: 'severity',
      width: '108px',
      title: t('field.severity'),
      cell: ({ severity }) =>
        severity === undefined ? null : <SeverityBadge severity={severity} />,
    },
    {
      key: 'name',
      width: 'minmax(200px, 2fr)',
      title: t('field.rule'),
      cell: ({ id, name }) => (
        <Link to={`/rules/${encodeURIComponent(id)}`} className="queue-rule">
          <Untrusted text={name} clip />
        </Link>
      ),
    },
    {
      key: 'techniques',
      width: 'minmax(110px, 0.8fr)',
      title: t('field.techniques'),
      cell: ({ techniques }) => <TechniqueTags ids={techniques} max={2} />,
    },
    {
      key: 'alerts',
      width: '70px',
      numeric: true,
      title: t('nav.alerts'),
      cell: ({ id, alerts }) =>
        alerts === 0 ? (
          <span className="dim">0</span>
        ) : (
          <Link to={`/alerts?rule=${encodeURIComponent(id)}&status=any`}>{alerts}</Link>
        ),
    },
    {
      key: 'reason',
      width: 'minmax(160px, 1.8fr)',
      title: t('rule.reason'),
      cell: ({ reason, path }) => (
        <span className="clip" title={visibleText(reason ?? path)}>
          {reason === undefined ? (
            <Untrusted text={path} mono clip className="dim" />
          ) : (
            <Untrusted text={reason} clip />
          )}
        </span>
      ),
    },
  ]
}

function useRules() {
  const query = useQuery(rulesQuery)
  const [parameters, setParameters] = useSearchParams()
  const q = parameters.get('q') ?? ''
  const state = STATES.find((one) => one === parameters.get('state'))
  const all = useMemo(() => query.data?.items ?? [], [query.data])
  const rules = useMemo(() => {
    const needle = q.toLowerCase()
    return all
      .filter((rule) => state === undefined || rule.state === state)
      .filter((rule) =>
        [rule.name, rule.id, rule.path, ...rule.techniques].some((text) =>
          text.toLowerCase().includes(needle),
        ),
      )
      .toSorted((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1))
  }, [all, q, state])
  const set = (name: 'q' | 'state', value: string) => {
    const next = new URLSearchParams(parameters)
    if (value === '') next.delete(name)
    else next.set(name, value)
    setParameters(next, { replace: name === 'q' })
  }
  const count = (one: string) => all.filter((rule) => rule.state === one).length
  return { query, all, rules, q, state, set, count }
}

/** Every rule with what became of it: nothing that failed to load is left out. */
export function RulesPage() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { query, all, rules, q, state, set, count } = useRules()
  const field = useRef<HTMLInputElement>(null)
  const open = ({ id }: RuleSummary) => void navigate(`/rules/${encodeURIComponent(id)}`)
  const walk = useRowKeys({
    items: rules,
    onOpen: open,
    keys: { '/': () => field.current?.focus() },
  })
  const columns = useMemo(() => ruleColumns(t), [t])
  return (
    <div className="column grow">
      <div className="page-head">
        <h1>{t('nav.rules')}</h1>
        <SegmentedControl
          size="xs"
          aria-label={t('rule.state')}
          value={state ?? 'all'}
          onChange={(value) => set('state', value === 'all' ? '' : value)}
          data={[
            { value: 'all', label: t('rule.all', { count: all.length }) },
            ...STATES.map((one) => ({
              value: one,
              label: `${t(`rule.${one}`)} ${count(one)}`,
            })),
          ]}
        />
        <span className="grow" />
        <div className="page-search">
          <SearchField
            inputRef={field}
            label={t('rule.search')}
            value={q}
            onChange={(next) => set('q', next)}
          />
        </div>
      </div>
      <section className="page-panel" aria-label={t('nav.rules')}>
        {query.isPending && <PanelLoading lines={12} />}
        {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && rules.length === 0 && (
          <PanelEmpty title={t('rule.none')} Icon={IconGavel} />
        )}
        {rules.length > 0 && (
          <VirtualTable
            label={t('nav.rules')}
            columns={columns}
            items={rules}
            keyOf={(rule) => `${rule.id} ${rule.path}`}
            onOpen={open}
            {...walk}
          />
        )}
      </section>
    </div>
  )
}

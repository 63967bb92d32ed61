import { Tabs } from '@mantine/core'
import type { AlertDetail, AlertUpdate } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { alertDetailQuery } from '../api/queries.ts'
import { fieldText } from '../events/fields.ts'
import { RawRecord } from '../events/raw-record.tsx'
import { ProcessTreePanel } from '../processes/process-tree.tsx'
import { RuleSource } from '../rules/rule-source.tsx'
import { useKeys } from '../shell/keys.ts'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { AlertHeader } from './alert-header.tsx'
import { AlertSide } from './alert-side.tsx'
import { Evidence } from './evidence.tsx'
import { ALERT_LIST } from '../shell/list-memory.ts'
import { TriageDialog } from './triage-dialog.tsx'
import { useTriage } from './use-triage.ts'
import { WhyItFired } from './why.tsx'
import './alert.css'

const TABS = ['overview', 'evidence', 'raw', 'rule'] as const
type Tab = (typeof TABS)[number]

function TreeCard({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const { alert } = detail
  const [chosen, setChosen] = useState(alert.processes[0]?.entity_id)
  const process = alert.processes.find(({ entity_id: id }) => id === chosen) ?? alert.processes[0]
  return (
    <section className="card alert-card" aria-label={t('tree.label')}>
      <div className="card-head">
        <h2>{t('tree.title')}</h2>
        {alert.processes.length > 1 && (
          <span className="row wrap">
            {alert.processes.map((one) => (
              <button
                key={one.entity_id}
                type="button"
                className="plain-button tag"
                aria-pressed={one.entity_id === process?.entity_id}
                onClick={() => setChosen(one.entity_id)}
              >
                <Untrusted text={one.name ?? one.executable} /> {one.pid}
              </button>
            ))}
          </span>
        )}
      </div>
      {process === undefined ? (
        <PanelEmpty title={t('tree.no_process')} />
      ) : (
        <ProcessTreePanel hostId={alert.host.id} entityId={process.entity_id} />
      )}
    </section>
  )
}

function Overview({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  return (
    <div className="alert-columns">
      <div className="column alert-main">
        <section className="card alert-card" aria-label={t('why.title')}>
          <div className="card-head">
            <h2>{t('why.title')}</h2>
          </div>
          <WhyItFired alert={detail.alert} />
        </section>
        <TreeCard detail={detail} />
      </div>
      <AlertSide detail={detail} />
    </div>
  )
}

function Raw({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const records = detail.evidence.flatMap((event) => {
    const text = fieldText(event, 'event.original')
    return text === undefined ? [] : [{ id: fieldText(event, 'event.id') ?? text, text }]
  })
  if (records.length === 0) return <PanelEmpty title={t('raw.none')} />
  return records.map(({ id, text }) => (
    <section key={id} className="card alert-card card-body">
      <RawRecord text={text} />
    </section>
  ))
}

function Rule({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const selections = useMemo(
    () => new Set(detail.alert.matches.map(({ selection }) => selection)),
    [detail],
  )
  if (detail.rule === undefined) return <PanelEmpty title={t('alert.rule_gone')} />
  return (
    <section className="card alert-card">
      <RuleSource source={detail.rule.source} path={detail.rule.path} selections={selections} />
    </section>
  )
}

function AlertTabs({ detail }: { readonly detail: AlertDetail }) {
  const { t } = useTranslation()
  const [parameters, setParameters] = useSearchParams()
  const tab: Tab = TABS.find((one) => one === parameters.get('tab')) ?? 'overview'
  const count = detail.evidence.length + detail.evidence_missing.length
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        setParameters(next === null || next === 'overview' ? {} : { tab: next }, { replace: true })
      }
      className="alert-tabs"
    >
      <Tabs.List>
        <Tabs.Tab value="overview">{t('alert.tab.overview')}</Tabs.Tab>
        <Tabs.Tab value="evidence">{t('alert.tab.evidence', { count })}</Tabs.Tab>
        <Tabs.Tab value="raw">{t('alert.tab.raw')}</Tabs.Tab>
        <Tabs.Tab value="rule">{t('alert.tab.rule')}</Tabs.Tab>
      </Tabs.List>
      <div className="alert-body">
        <Tabs.Panel value="overview">
          <Overview detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="evidence">
          <section className="card alert-card">
            <Evidence detail={detail} />
          </section>
        </Tabs.Panel>
        <Tabs.Panel value="raw">
          <Raw detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="rule">
          <Rule detail={detail} />
        </Tabs.Panel>
      </div>
    </Tabs>
  )
}

function Loaded({ detail }: { readonly detail: AlertDetail }) {
  const navigate = useNavigate()
  const triage = useTriage()
  const [deciding, setDeciding] = useState(false)
  const { id } = detail.alert
  const update = (change: AlertUpdate) => triage.mutate({ ids: [id], update: change })
  const walk = (step: 1 | -1) => () => {
    const next = ALERT_LIST.neighbour(id, step)
    if (next !== undefined) void navigate(`/alerts/${encodeURIComponent(next)}`)
  }
  useKeys({
    j: walk(1),
    k: walk(-1),
    e: () => setDeciding(true),
    u: () => void navigate(ALERT_LIST.path),
  })
  return (
    <div className="alert-page scroll grow">
      <AlertHeader alert={detail.alert} busy={triage.isPending} onUpdate={update} />
      <AlertTabs detail={detail} />
      <TriageDialog
        opened={deciding}
        count={1}
        onClose={() => setDeciding(false)}
        onChoose={update}
      />
    </div>
  )
}

const EVIDENCE_RETRY_MS = 5000

/** One alert: why it fired, what the process did, the proof, and what to do about it. */
export function AlertPage() {
  const { alertId = '' } = useParams()
  const query = useQuery({
    ...alertDetailQuery(alertId),
    // The event store follows the engine by seconds; evidence that is on its way is asked for
    // again.
    refetchInterval: ({ state }) =>
      (state.data?.evidence_missing.length ?? 0) > 0 ? EVIDENCE_RETRY_MS : false,
  })
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  return <Loaded key={alertId} detail={query.data} />
}

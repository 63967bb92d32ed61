import { Tabs } from '@mantine/core'
import type { HostRecord } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams, useSearchParams } from 'react-router'
import { hostQuery } from '../api/queries.ts'
import { useNow } from '../live/live.tsx'
import { PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { CommandsPanel } from './commands.tsx'
import { CompletenessPanel } from './completeness.tsx'
import { ConditionLine } from './condition-list.tsx'
import { conditionsOf } from './conditions.ts'
import { HealthPanel } from './health.tsx'
import { HostAlerts } from './host-alerts.tsx'
import { Completeness, OpenAlerts, Presence, SystemName } from './host-facts.tsx'
import { Processes } from './processes.tsx'
import { Timeline } from './timeline.tsx'
import './hosts.css'

const TABS = ['timeline', 'processes', 'alerts', 'health', 'completeness', 'commands'] as const

function HeadFact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="head-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function HostHeader({ host }: { readonly host: HostRecord }) {
  const { t, i18n } = useTranslation()
  const conditions = conditionsOf(host, useNow())
  return (
    <header className="host-head">
      <div className="row wrap">
        <h1>
          <Untrusted text={host.name} />
        </h1>
        <Presence host={host} />
        {Object.values(host.open_alerts).some((count) => count > 0) && <OpenAlerts host={host} />}
        {conditions.length > 0 && <ConditionLine conditions={conditions} max={3} />}
      </div>
      <dl className="head-facts">
        <HeadFact name={t('host.os')}>
          <SystemName host={host} />
          {host.architecture !== undefined && (
            <>
              {' '}
              <Untrusted text={host.architecture} className="dim" />
            </>
          )}
        </HeadFact>
        <HeadFact name={t('host.agent')}>
          <Untrusted text={host.agent_version} />
        </HeadFact>
        <HeadFact name={t('host.last_seen')}>
          <Timestamp time={host.last_seen} form="age" />
        </HeadFact>
        <HeadFact name={t('host.last_event')}>
          <Timestamp time={host.last_event} />
        </HeadFact>
        <HeadFact name={t('host.first_seen')}>
          <Timestamp time={host.first_seen} />
        </HeadFact>
        <HeadFact name={t('host.events')}>
          {new Intl.NumberFormat(i18n.language).format(host.events)}
        </HeadFact>
        <HeadFact name={t('host.completeness')}>
          <Completeness host={host} />
        </HeadFact>
        <HeadFact name={t('host.id')}>
          <span className="row">
            <Untrusted text={host.id} mono clip />
            <CopyButton text={host.id} label={t('host.id')} />
          </span>
        </HeadFact>
      </dl>
    </header>
  )
}

/** One host: what it is, whether its record is complete, and what happened on it. */
export function HostPage() {
  const { t } = useTranslation()
  const { hostId = '' } = useParams()
  const [parameters, setParameters] = useSearchParams()
  const query = useQuery(hostQuery({ hostId }))
  const tab = TABS.find((one) => one === parameters.get('tab')) ?? 'timeline'
  if (query.isPending) return <PanelLoading lines={14} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  return (
    <div className="column grow">
      <HostHeader host={query.data} />
      <Tabs
        value={tab}
        keepMounted={false}
        className="host-tabs column grow"
        onChange={(next) =>
          setParameters(next === null || next === 'timeline' ? {} : { tab: next })
        }
      >
        <Tabs.List>
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`host.tab.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="timeline" className="host-panel">
          <Timeline hostId={hostId} />
        </Tabs.Panel>
        <Tabs.Panel value="processes" className="host-panel">
          <Processes hostId={hostId} />
        </Tabs.Panel>
        <Tabs.Panel value="alerts" className="host-panel">
          <HostAlerts hostId={hostId} />
        </Tabs.Panel>
        <Tabs.Panel value="health" className="host-panel">
          <HealthPanel host={query.data} />
        </Tabs.Panel>
        <Tabs.Panel value="completeness" className="host-panel">
          <CompletenessPanel hostId={hostId} />
        </Tabs.Panel>
        <Tabs.Panel value="commands" className="host-panel">
          <CommandsPanel host={query.data} />
        </Tabs.Panel>
      </Tabs>
    </div>
  )
}

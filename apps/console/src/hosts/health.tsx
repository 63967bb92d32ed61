import type { HostRecord } from '@pomona/schema'
import { IconCircleCheck, IconPlugConnectedX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { hostAgentQuery } from '../api/agent-queries.ts'
import { useNow } from '../live/live.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { AgentFacts, Refusals } from './agent-facts.tsx'
import { AgentHistory } from './agent-history.tsx'
import { Certificates } from './certificates.tsx'
import { ConditionBadge } from './condition-list.tsx'
import { conditionsOf } from './conditions.ts'
import { Posture } from './posture.tsx'
import { Permissions, Sensors } from './sensors.tsx'

interface SectionProps {
  readonly title: string
  readonly children: ReactNode
}

function Section({ title, children }: SectionProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
      </div>
      {children}
    </section>
  )
}

function Problems({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const conditions = conditionsOf(host, useNow())
  return (
    <Section title={t('host.problems')}>
      {conditions.length === 0 ? (
        <p className="card-body row look-ok">
          <IconCircleCheck size={15} aria-hidden />
          {t('host.no_problems')}
        </p>
      ) : (
        <ul className="plain-list">
          {conditions.map((one) => (
            <li key={`${one.kind} ${one.name ?? ''}`}>
              <ConditionBadge condition={one} />
              <p className="dim">
                {t(`condition_hint.${one.kind}`)}
                {one.kind === 'dead_letters' && (
                  <>
                    {' '}
                    <Link to={`/letters?host=${encodeURIComponent(host.id)}`}>
                      {t('host.to_letters')}
                    </Link>
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

/** How a host's agent does: what is wrong and what to do, sensor by sensor. */
export function HealthPanel({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const query = useQuery(hostAgentQuery({ hostId: host.id }))
  if (query.isPending) return <PanelLoading lines={10} />
  if (query.isError) return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  const { report, history } = query.data
  return (
    <div className="scroll grow host-sections">
      <Problems host={host} />
      {report === undefined || host.agent === undefined ? (
        <section className="card">
          <PanelEmpty
            title={t('agent.none')}
            hint={t('agent.none_hint')}
            Icon={IconPlugConnectedX}
          />
        </section>
      ) : (
        <>
          <Section title={t('agent.sensors')}>
            <div className="scroll ledger-table">
              <Sensors sensors={report.sensors} />
            </div>
          </Section>
          {report.permissions.length > 0 && (
            <Section title={t('agent.permissions')}>
              <Permissions permissions={report.permissions} />
            </Section>
          )}
          {report.posture !== undefined && (
            <Section title={t('posture.title')}>
              <Posture posture={report.posture} />
            </Section>
          )}
          <Section title={t('agent.title')}>
            <AgentFacts agent={host.agent} report={report} />
          </Section>
        </>
      )}
      <Certificates host={host} />
      {host.contact !== undefined && (
        <Section title={t('agent.refusals')}>
          <Refusals contact={host.contact} />
        </Section>
      )}
      <Section title={t('agent.history')}>
        <AgentHistory entries={history} />
      </Section>
    </div>
  )
}

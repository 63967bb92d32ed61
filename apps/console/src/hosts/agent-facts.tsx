import type { HostAgent, HostAgentDetail, HostRecord } from '@pomona/schema'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { spanOfMs } from './host-columns.tsx'
import { RefusalReason } from './refusal-reason.tsx'

type Report = NonNullable<HostAgentDetail['report']>

/** A name and what stands for it. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const MEGABYTE = 1_000_000

function Size({ bytes }: { readonly bytes: number }) {
  const { i18n } = useTranslation()
  return new Intl.NumberFormat(i18n.language, {
    style: 'unit',
    unit: 'megabyte',
    maximumFractionDigits: 1,
  }).format(bytes / MEGABYTE)
}

function BundleFact({ agent }: { readonly agent: HostAgent }) {
  const { t } = useTranslation()
  const { bundle, bundle_wanted: wanted } = agent
  const isBehind = wanted !== undefined && wanted !== bundle.applied
  return (
    <>
      <span className={bundle.state === 'applied' && !isBehind ? '' : 'behind'}>
        {t(`bundle_state.${bundle.state}`)}
      </span>{' '}
      {bundle.applied !== undefined && (
        <Untrusted text={bundle.applied.slice(0, 12)} mono className="dim" />
      )}
      {isBehind && (
        <div className="dim">
          {t('agent.bundle_wanted')} <Untrusted text={wanted.slice(0, 12)} mono />
        </div>
      )}
      {bundle.reason !== undefined && (
        <div>
          <Untrusted text={bundle.reason} lengthMax={300} />
        </div>
      )}
    </>
  )
}

/** What the agent is, costs and holds. */
export function AgentFacts({
  agent,
  report,
}: {
  readonly agent: HostAgent
  readonly report: Report
}) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const { usage, ledger } = report
  return (
    <dl className="facts">
      <Fact name={t('host.last_report')}>
        <Timestamp time={agent.last_report} form="age" />
      </Fact>
      <Fact name={t('agent.interval')}>
        {spanOfMs(agent.interval_seconds * 1_000, i18n.language)}
      </Fact>
      <Fact name={t('agent.started')}>
        <Timestamp time={usage.started} />
      </Fact>
      <Fact name={t('agent.crashes')}>
        <span className={agent.crashes > 0 ? 'behind' : ''}>{number.format(agent.crashes)}</span>
      </Fact>
      <Fact name={t('agent.clock')}>{spanOfMs(agent.skew_ms, i18n.language)}</Fact>
      <Fact name={t('agent.cpu')}>
        {new Intl.NumberFormat(i18n.language, {
          style: 'percent',
          maximumFractionDigits: 1,
        }).format(usage.cpu_percent / 100)}
      </Fact>
      <Fact name={t('agent.memory')}>
        <Size bytes={usage.memory_bytes} />
      </Fact>
      <Fact name={t('agent.spool')}>
        {number.format(usage.spool_events)} · <Size bytes={usage.spool_bytes} />
        {usage.spool_oldest !== undefined && (
          <div className="dim">
            {t('agent.spool_oldest')} <Timestamp time={usage.spool_oldest} form="age" />
          </div>
        )}
      </Fact>
      <Fact name={t('agent.alerts')}>{number.format(usage.alerts)}</Fact>
      <Fact name={t('agent.bundle')}>
        <BundleFact agent={agent} />
      </Fact>
      <Fact name={t('agent.ledger')}>
        {t('agent.ledger_rows', { count: ledger.next })}
        {ledger.problem !== undefined && (
          <div className="behind">{t(`ledger_problem.${ledger.problem}`)}</div>
        )}
      </Fact>
      <Fact name={t('agent.boot')}>
        <span className="row">
          <Untrusted text={report.boot_id} mono clip />
          <CopyButton text={report.boot_id} label={t('agent.boot')} />
        </span>
      </Fact>
    </dl>
  )
}

/** What the server refused to the host, by reason. */
export function Refusals({ contact }: { readonly contact: NonNullable<HostRecord['contact']> }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const refusals = Object.entries(contact.refusals)
  if (refusals.length === 0) return <p className="card-body dim">{t('agent.no_refusals')}</p>
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">{t('refusals.reason')}</th>
          <th scope="col" className="number">
            {t('agent.refused')}
          </th>
          <th scope="col">{t('agent.refused_last')}</th>
        </tr>
      </thead>
      <tbody>
        {refusals.map(([code, { count, last }]) => (
          <tr key={code}>
            <th scope="row">
              <RefusalReason code={code} />
            </th>
            <td className="number">{number.format(count)}</td>
            <td>
              <Timestamp time={last} form="age" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

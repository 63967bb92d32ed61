import type { AgentRefusal } from '@pomona/schema'
import { IconShieldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { refusalsQuery } from '../api/agent-queries.ts'
import { RefusalReason } from '../hosts/refusal-reason.tsx'
import { PanelEmpty, PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

function Row({ refusal }: { readonly refusal: AgentRefusal }) {
  const { i18n } = useTranslation()
  const { reason, layer, count, last, address, host_id: hostId } = refusal
  return (
    <tr>
      <th scope="row">
        <RefusalReason code={layer === 'connection' ? `tls_${reason}` : reason} />
      </th>
      <td className="number">{new Intl.NumberFormat(i18n.language).format(count)}</td>
      <td>
        <Timestamp time={last} form="age" />
      </td>
      <td>
        <Untrusted text={address} mono />
      </td>
      <td>
        {hostId === undefined ? (
          <span className="dim">–</span>
        ) : (
          <Link to={`/hosts/${encodeURIComponent(hostId)}?tab=health`}>
            <Untrusted text={hostId.slice(0, 12)} mono />
          </Link>
        )}
      </td>
    </tr>
  )
}

/** What was refused at the agents' port, also of whom nobody knows who they are. */
export function RefusalsCard() {
  const { t } = useTranslation()
  const query = useQuery(refusalsQuery)
  return (
    <section className="card" aria-label={t('refusals.title')}>
      <div className="card-head">
        <h2>{t('refusals.title')}</h2>
        <span className="dim">{t('refusals.hint')}</span>
        <span className="grow" />
        {query.isSuccess && (
          <span className="dim">
            {t('refusals.since')} <Timestamp time={query.data.since} />
          </span>
        )}
      </div>
      {query.isPending && <PanelLoading lines={3} />}
      {query.isError && <PanelError error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && query.data.items.length === 0 && (
        <PanelEmpty title={t('refusals.none')} Icon={IconShieldCheck} />
      )}
      {query.isSuccess && query.data.items.length > 0 && (
        <div className="scroll ledger-table">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('refusals.reason')}</th>
                <th scope="col" className="number">
                  {t('agent.refused')}
                </th>
                <th scope="col">{t('agent.refused_last')}</th>
                <th scope="col">{t('refusals.address')}</th>
                <th scope="col">{t('field.host')}</th>
              </tr>
            </thead>
            <tbody>
              {query.data.items.map((refusal) => (
                <Row key={`${refusal.layer} ${refusal.reason}`} refusal={refusal} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

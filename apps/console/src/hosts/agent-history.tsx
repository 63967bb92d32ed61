import type { ActivityEntry } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

const KNOWN = [
  'started',
  'stopped',
  'restarted_after_crash',
  'silent',
  'heard_again',
  'sensor_changed',
  'permission_missing',
  'permission_granted',
  'bundle_applied',
  'bundle_refused',
  'bundle_rolled_back',
  'ledger_began',
  'ledger_refused',
  'ledger_goes_on',
] as const

function Line({ entry }: { readonly entry: ActivityEntry }) {
  const { t } = useTranslation()
  const known = KNOWN.find((one) => one === entry.action)
  const details = Object.values(entry.details).filter((text) => text !== '')
  return (
    <li className="row">
      <Timestamp time={entry.time} />
      {known === undefined ? <Untrusted text={entry.action} /> : t(`host_history.${known}`)}
      {details.length > 0 && <Untrusted text={details.join(' · ')} mono clip className="dim" />}
    </li>
  )
}

/** What became of a host's agent, newest first. */
export function AgentHistory({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  const { t } = useTranslation()
  if (entries.length === 0) return <p className="card-body dim">{t('agent.no_history')}</p>
  return (
    <ol className="plain-list host-history">
      {entries.map((entry, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- several lines may be of one time
        <Line key={index} entry={entry} />
      ))}
    </ol>
  )
}

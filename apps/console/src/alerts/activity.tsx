import type { ActivityEntry } from '@pomona/schema'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

const KNOWN = [
  'created',
  'status_changed',
  'verdict_changed',
  'assignee_changed',
  'note_added',
  'merged',
  'reopened',
] as const

function ActionName({ action }: { readonly action: string }) {
  const { t } = useTranslation()
  const known = KNOWN.find((one) => one === action)
  return known === undefined ? <Untrusted text={action} /> : <span>{t(`activity.${known}`)}</span>
}

function Details({ entry }: { readonly entry: ActivityEntry }) {
  const { from, to, text, name } = entry.details
  if (entry.action === 'note_added') {
    return (
      <p className="activity-note">
        <Untrusted text={text} lengthMax={1000} />
      </p>
    )
  }
  if (entry.action === 'merged') {
    return (
      <div className="activity-detail">
        <Untrusted text={name} />
      </div>
    )
  }
  if (from === undefined && to === undefined) return null
  return (
    <div className="activity-detail">
      {from !== undefined && <Untrusted text={from} className="dim" />}
      {' → '}
      <Untrusted text={to} />
    </div>
  )
}

/** What happened to an alert or an incident, oldest first. */
export function Activity({ entries }: { readonly entries: readonly ActivityEntry[] }) {
  const { t } = useTranslation()
  if (entries.length === 0) return <p className="dim">{t('activity.none')}</p>
  return (
    <ol className="activity">
      {entries.map((entry, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- entries are only ever added
        <li key={index}>
          <div className="row wrap">
            <strong>
              <Untrusted text={entry.actor} />
            </strong>
            <ActionName action={entry.action} />
            <span className="dim">
              <Timestamp time={entry.time} />
            </span>
          </div>
          <Details entry={entry} />
        </li>
      ))}
    </ol>
  )
}

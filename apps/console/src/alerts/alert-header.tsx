import { Button } from '@mantine/core'
import type { AlertRecord, AlertUpdate } from '@pomona/schema'
import { IconArrowLeft, IconRadar2, IconUserCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useSession } from '../session/use-session.ts'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { VerdictBadge } from '../theme/status.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { ALERT_LIST } from '../shell/list-memory.ts'
import { Neighbours } from '../triage/neighbours.tsx'
import { StatusMenu } from '../triage/status-menu.tsx'
import { FoundBy } from './found-by.tsx'
import { TacticStrip } from './tactic-strip.tsx'
import { TechniqueTags } from './techniques.tsx'

interface AlertHeaderProps {
  readonly alert: AlertRecord
  readonly busy: boolean
  readonly onUpdate: (update: AlertUpdate) => void
}

function Assignee({ alert, busy, onUpdate }: AlertHeaderProps) {
  const { t } = useTranslation()
  const { name } = useSession()
  const mine = alert.assignee === name
  return (
    <Button
      size="compact-sm"
      variant="default"
      className="tool"
      disabled={busy}
      leftSection={<IconUserCheck size={14} aria-hidden />}
      onClick={() => onUpdate({ assignee: mine ? null : name })}
    >
      {mine ? t('alert.unassign') : t('alert.assign')}
    </Button>
  )
}

function Facts({ alert }: { readonly alert: AlertRecord }) {
  const { t } = useTranslation()
  const { host, user } = alert
  return (
    <div className="alert-facts">
      <span>
        <span className="dim">{t('field.host')} </span>
        <Link to={`/hosts/${encodeURIComponent(host.id)}`}>
          <Untrusted text={host.name ?? host.id} />
        </Link>
      </span>
      {user !== undefined && (
        <span>
          <span className="dim">{t('field.user')} </span>
          <Untrusted text={user.name ?? user.id} />
        </span>
      )}
      <span>
        <span className="dim">{t('field.time')} </span>
        <Timestamp time={alert.time} /> <span className="dim">·</span>{' '}
        <Timestamp time={alert.time} form="age" />
      </span>
      <span>
        <span className="dim">{t('alert.risk')} </span>
        {alert.risk_score}
      </span>
      <span className="row">
        <span className="dim">{t('field.found_by')}</span>
        <FoundBy alert={alert} />
      </span>
      {alert.assignee !== undefined && (
        <span>
          <span className="dim">{t('alert.assignee')} </span>
          <Untrusted text={alert.assignee} />
        </span>
      )}
      {alert.incident_id !== undefined && (
        <Link
          to={`/incidents/${encodeURIComponent(alert.incident_id)}`}
          className="row alert-incident"
        >
          <IconRadar2 size={14} aria-hidden />
          {t('incident.open_from_alert')}
        </Link>
      )}
      <span className="row alert-id">
        <span className="dim">{t('alert.id')}</span>
        <span className="mono">{alert.id.slice(0, 12)}</span>
        <CopyButton text={alert.id} label={t('alert.id')} />
      </span>
    </div>
  )
}

/** Who, where, when, how bad, and what to do with it. */
export function AlertHeader(props: AlertHeaderProps) {
  const { alert } = props
  const { t } = useTranslation()
  return (
    <header className="alert-head">
      <div className="row">
        <Link to={ALERT_LIST.path} className="row alert-back">
          <IconArrowLeft size={15} aria-hidden />
          {t('alert.back')}
        </Link>
        <Neighbours
          list={ALERT_LIST}
          id={alert.id}
          labels={{ previous: t('help.previous_alert'), next: t('help.next_alert') }}
        />
        <span className="grow" />
        {alert.verdict !== undefined && <VerdictBadge verdict={alert.verdict} />}
        <Assignee {...props} />
        <StatusMenu status={alert.status} verdict={alert.verdict} onChoose={props.onUpdate} />
      </div>
      <div className="row alert-title">
        <SeverityBadge severity={alert.severity} />
        <h1 className="clip">
          <Untrusted text={alert.rule_name} />
        </h1>
        <TechniqueTags ids={alert.techniques.map(({ id }) => id)} />
      </div>
      <Facts alert={alert} />
      <TacticStrip tactics={alert.tactics} version={alert.attack_version} />
    </header>
  )
}

import { Button } from '@mantine/core'
import type { IncidentDetail, IncidentUpdate } from '@pomona/schema'
import { IconArrowLeft, IconUserCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { TacticStrip } from '../alerts/tactic-strip.tsx'
import { useSession } from '../session/use-session.ts'
import { INCIDENT_LIST } from '../shell/list-memory.ts'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { VerdictBadge } from '../theme/status.tsx'
import { between, duration } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { Neighbours } from '../triage/neighbours.tsx'
import { StatusMenu } from '../triage/status-menu.tsx'
import { Course } from './timeline.tsx'
import { IncidentTitle } from './title.tsx'

interface IncidentHeaderProps {
  readonly detail: IncidentDetail
  readonly busy: boolean
  readonly onUpdate: (update: IncidentUpdate) => void
}

function Assignee({ detail, busy, onUpdate }: IncidentHeaderProps) {
  const { t } = useTranslation()
  const { name } = useSession()
  const mine = detail.incident.assignee === name
  const take: IncidentUpdate = { assignee: name, status: 'in_progress' }
  return (
    <Button
      size="compact-sm"
      variant={mine ? 'default' : 'filled'}
      className={mine ? 'tool' : ''}
      disabled={busy}
      leftSection={<IconUserCheck size={14} aria-hidden />}
      onClick={() => onUpdate(mine ? { assignee: null } : take)}
    >
      {mine ? t('alert.unassign') : t('incident.take')}
    </Button>
  )
}

function Facts({ detail }: { readonly detail: IncidentDetail }) {
  const { t } = useTranslation()
  const { locale } = useTimeFormat()
  const { incident } = detail
  const { host, users, first_time: from, last_time: to } = incident
  const span = between({ from, to })
  return (
    <div className="alert-facts">
      <span>
        <span className="dim">{t('field.host')} </span>
        <Link to={`/hosts/${encodeURIComponent(host.id)}`}>
          <Untrusted text={host.name ?? host.id} />
        </Link>
      </span>
      {users.length > 0 && (
        <span className="incident-users">
          <span className="dim">{t('field.user')} </span>
          <Untrusted text={users.join(', ')} lengthMax={80} />
        </span>
      )}
      <span>
        <span className="dim">{t('incident.began')} </span>
        <Timestamp time={from} />
        <span className="dim"> · </span>
        <Timestamp time={from} form="age" />
      </span>
      {span !== undefined && span > 0n && (
        <span>
          <span className="dim">{t('incident.lasted')} </span>
          {duration(span, locale)}
        </span>
      )}
      <span>
        <span className="dim">{t('nav.alerts')} </span>
        {incident.alert_count}
        <span className="dim"> · {t('incident.rules', { count: incident.rules.length })}</span>
      </span>
      <span>
        <span className="dim">{t('alert.risk')} </span>
        {incident.risk_score}
      </span>
      {incident.assignee !== undefined && (
        <span>
          <span className="dim">{t('alert.assignee')} </span>
          <Untrusted text={incident.assignee} />
        </span>
      )}
      <span className="row alert-id">
        <span className="dim">{t('incident.id')}</span>
        <span className="mono">{incident.id.slice(0, 12)}</span>
        <CopyButton text={incident.id} label={t('incident.id')} />
      </span>
    </div>
  )
}

/** What happened, where, to whom, how bad, how it went, and what to do with it. */
export function IncidentHeader(props: IncidentHeaderProps) {
  const { detail } = props
  const { incident } = detail
  const { t } = useTranslation()
  const version = detail.alerts[0]?.alert.attack_version
  return (
    <header className="alert-head">
      <div className="row">
        <Link to={INCIDENT_LIST.path} className="row alert-back">
          <IconArrowLeft size={15} aria-hidden />
          {t('nav.incidents')}
        </Link>
        <Neighbours
          list={INCIDENT_LIST}
          id={incident.id}
          labels={{ previous: t('help.previous_incident'), next: t('help.next_incident') }}
        />
        <span className="grow" />
        {incident.verdict !== undefined && <VerdictBadge verdict={incident.verdict} />}
        <Assignee {...props} />
        <StatusMenu
          status={incident.status}
          verdict={incident.verdict}
          note={t('incident.with_alerts')}
          onChoose={props.onUpdate}
        />
      </div>
      <div className="row alert-title">
        <SeverityBadge severity={incident.severity} />
        <h1 className="incident-title">
          <IncidentTitle incident={incident} />
        </h1>
      </div>
      <Facts detail={detail} />
      <TacticStrip tactics={incident.tactics} {...(version === undefined ? {} : { version })} />
      {detail.alerts.length > 1 && <Course detail={detail} />}
    </header>
  )
}

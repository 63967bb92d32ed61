import { Button, Menu } from '@mantine/core'
import { ALERT_STATUSES, type IncidentDetail, type IncidentUpdate, VERDICTS } from '@pomona/schema'
import {
  IconArrowLeft,
  IconCheck,
  IconChevronDown,
  IconChevronUp,
  IconUserCheck,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { TacticStrip } from '../alerts/tactic-strip.tsx'
import { useSession } from '../session/use-session.ts'
import { INCIDENT_LIST } from '../shell/list-memory.ts'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge, VerdictBadge } from '../theme/status.tsx'
import { between, duration } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { Course } from './timeline.tsx'
import { IncidentTitle } from './title.tsx'

interface IncidentHeaderProps {
  readonly detail: IncidentDetail
  readonly busy: boolean
  readonly onUpdate: (update: IncidentUpdate) => void
}

function StatusMenu({ detail, onUpdate }: IncidentHeaderProps) {
  const { t } = useTranslation()
  const { incident } = detail
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          className="tool"
          rightSection={<IconChevronDown size={13} aria-hidden />}
          aria-label={t('alert.set_status')}
        >
          <StatusBadge status={incident.status} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('incident.with_alerts')}</Menu.Label>
        {ALERT_STATUSES.map((status) => (
          <Menu.Item
            key={status}
            rightSection={status === incident.status ? <IconCheck size={14} /> : undefined}
            onClick={() => onUpdate({ status })}
          >
            <StatusBadge status={status} />
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('alert.close_as')}</Menu.Label>
        {VERDICTS.map((verdict) => (
          <Menu.Item
            key={verdict}
            rightSection={verdict === incident.verdict ? <IconCheck size={14} /> : undefined}
            onClick={() => onUpdate({ status: 'closed', verdict })}
          >
            <VerdictBadge verdict={verdict} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
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

function Neighbours({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const [before, after] = [INCIDENT_LIST.neighbour(id, -1), INCIDENT_LIST.neighbour(id, 1)]
  return (
    <span className="row neighbours">
      {before !== undefined && (
        <Link
          to={`/incidents/${encodeURIComponent(before)}`}
          aria-label={t('help.previous_incident')}
        >
          <IconChevronUp size={16} aria-hidden />
        </Link>
      )}
      {after !== undefined && (
        <Link to={`/incidents/${encodeURIComponent(after)}`} aria-label={t('help.next_incident')}>
          <IconChevronDown size={16} aria-hidden />
        </Link>
      )}
    </span>
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
        <Neighbours id={incident.id} />
        <span className="grow" />
        {incident.verdict !== undefined && <VerdictBadge verdict={incident.verdict} />}
        <Assignee {...props} />
        <StatusMenu {...props} />
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

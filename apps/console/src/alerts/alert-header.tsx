import { Button, Menu } from '@mantine/core'
import { ALERT_STATUSES, type AlertRecord, type AlertUpdate, VERDICTS } from '@pomona/schema'
import {
  IconArrowLeft,
  IconCheck,
  IconChevronDown,
  IconChevronUp,
  IconRadar2,
  IconUserCheck,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useSession } from '../session/use-session.ts'
import { CopyButton } from '../text/copy-button.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { SeverityBadge } from '../theme/severity.tsx'
import { StatusBadge, VerdictBadge } from '../theme/status.tsx'
import { Timestamp } from '../time/timestamp.tsx'
import { ALERT_LIST } from '../shell/list-memory.ts'
import { TacticStrip } from './tactic-strip.tsx'
import { TechniqueTags } from './techniques.tsx'

interface AlertHeaderProps {
  readonly alert: AlertRecord
  readonly busy: boolean
  readonly onUpdate: (update: AlertUpdate) => void
}

function StatusMenu({ alert, onUpdate }: AlertHeaderProps) {
  const { t } = useTranslation()
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          className="tool"
          rightSection={<IconChevronDown size={13} aria-hidden />}
          aria-label={t('alert.set_status')}
        >
          <StatusBadge status={alert.status} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {ALERT_STATUSES.map((status) => (
          <Menu.Item
            key={status}
            rightSection={status === alert.status ? <IconCheck size={14} /> : undefined}
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
            rightSection={verdict === alert.verdict ? <IconCheck size={14} /> : undefined}
            onClick={() => onUpdate({ status: 'closed', verdict })}
          >
            <VerdictBadge verdict={verdict} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
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

function Neighbours({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const [before, after] = [ALERT_LIST.neighbour(id, -1), ALERT_LIST.neighbour(id, 1)]
  return (
    <span className="row neighbours">
      {before !== undefined && (
        <Link to={`/alerts/${encodeURIComponent(before)}`} aria-label={t('help.previous_alert')}>
          <IconChevronUp size={16} aria-hidden />
        </Link>
      )}
      {after !== undefined && (
        <Link to={`/alerts/${encodeURIComponent(after)}`} aria-label={t('help.next_alert')}>
          <IconChevronDown size={16} aria-hidden />
        </Link>
      )}
    </span>
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
        <Neighbours id={alert.id} />
        <span className="grow" />
        {alert.verdict !== undefined && <VerdictBadge verdict={alert.verdict} />}
        <Assignee {...props} />
        <StatusMenu {...props} />
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

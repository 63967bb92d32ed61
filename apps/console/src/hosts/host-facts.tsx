import { type HostRecord, SEVERITIES } from '@pomona/schema'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../live/live.tsx'
import { visibleText } from '../text/escape.ts'
import { Untrusted } from '../text/untrusted.tsx'
import { duration } from '../time/format.ts'
import { SeverityBadge } from '../theme/severity.tsx'

const NS_PER_MS = 1_000_000n
const MINUTE_MS = 60_000
/** Whoever never enrolled and sent nothing for so long is not at work. */
const SILENT_AFTER_MS = 15 * MINUTE_MS
const ONLINE_WITHIN_MS = 2 * MINUTE_MS

/**
 * Whether a host is heard of. One that never enrolled is judged by when it last sent something.
 */
export function Presence({ host }: { readonly host: HostRecord }) {
  const { t } = useTranslation()
  const quietMs = useNow() - Date.parse(host.last_seen)
  const heard =
    quietMs < ONLINE_WITHIN_MS ? 'online' : quietMs < SILENT_AFTER_MS ? 'quiet' : 'never'
  const state = host.agent?.state ?? (host.contact === undefined ? heard : 'never')
  return (
    <span className={`presence presence-${state}`}>
      <span className="presence-dot" aria-hidden />
      {t(`host.${state}`)}
    </span>
  )
}

interface SystemNameProps {
  readonly host: HostRecord
  readonly clip?: boolean
}

/** The system of a host: macOS reports a bare version, any other system its name as well. */
export function SystemName({ host, clip = false }: SystemNameProps) {
  const { os_version: version = '' } = host
  const isMac = /^\d/.test(version)
  return <Untrusted text={isMac ? `macOS ${version}` : version} clip={clip} />
}

/** Open alerts of a host by severity, worst first. */
export function OpenAlerts({ host }: { readonly host: HostRecord }) {
  const open = SEVERITIES.toReversed().flatMap((severity) => {
    const count = Object.hasOwn(host.open_alerts, severity) ? host.open_alerts[severity] : 0
    return count === undefined || count === 0 ? [] : [{ severity, count }]
  })
  if (open.length === 0) return <span className="dim">–</span>
  return (
    <span className="row open-alerts">
      {open.map(({ severity, count }) => (
        <span key={severity} className="row open-alert">
          <strong>{count}</strong>
          <SeverityBadge severity={severity} />
        </span>
      ))}
    </span>
  )
}

/** Whether everything the host saw has reached us, and what has not, by reason. */
export function Completeness({ host }: { readonly host: HostRecord }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const day = host.agent?.last_day
  if (day === undefined && host.contact !== undefined) return <span className="dim">–</span>
  const told = day === undefined ? host.discarded : { [t('ledger.dropped')]: day.dropped }
  const gaps = day === undefined ? host.gaps : day.lost
  const reasons = Object.entries(told).filter(([, count]) => count > 0)
  const lost = reasons.reduce((sum, [, count]) => sum + count, gaps)
  const unobservedMs = day?.unobserved_ms ?? 0
  if (lost === 0 && unobservedMs > 0) {
    const span = duration(BigInt(unobservedMs) * NS_PER_MS, i18n.language)
    return (
      <span className="row incomplete">
        <IconAlertTriangle size={14} aria-hidden />
        <span className="clip">{t('host.unobserved', { span })}</span>
      </span>
    )
  }
  if (lost === 0) {
    return (
      <span className="row complete">
        <IconCircleCheck size={14} aria-hidden />
        {t('host.complete')}
      </span>
    )
  }
  const parts = [
    ...(gaps > 0 ? [`${t('host.gaps')}: ${number.format(gaps)}`] : []),
    ...reasons.map(([reason, count]) => `${visibleText(reason)}: ${number.format(count)}`),
  ]
  return (
    <span className="row incomplete" title={parts.join('\n')}>
      <IconAlertTriangle size={14} aria-hidden />
      {t('host.incomplete', { count: lost, formatted: number.format(lost) })}
    </span>
  )
}

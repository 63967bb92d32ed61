import type { AlertStatus, Verdict } from '@pomona/schema'
import {
  IconCircleCheck,
  IconCircleDot,
  IconCircleDotted,
  IconProgress,
  IconShieldCheck,
  IconShieldX,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import './badges.css'

const STATUS_ICONS: Readonly<Record<AlertStatus, TablerIcon>> = {
  new: IconCircleDot,
  in_progress: IconProgress,
  closed: IconCircleCheck,
}

/** Where an alert stands in the queue. */
export function StatusBadge({ status }: { readonly status: AlertStatus }) {
  const { t } = useTranslation()
  const Icon = STATUS_ICONS[status]
  return (
    <span className={`status status-${status}`}>
      <Icon size={13} stroke={2} aria-hidden />
      {t(`status.${status}`)}
    </span>
  )
}

const VERDICT_ICONS: Readonly<Record<Verdict, TablerIcon>> = {
  true_positive: IconShieldX,
  false_positive: IconCircleDotted,
  benign_positive: IconShieldCheck,
}

/** What an alert turned out to be. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const { t } = useTranslation()
  const Icon = VERDICT_ICONS[verdict]
  return (
    <span className={`status verdict-${verdict}`}>
      <Icon size={13} stroke={2} aria-hidden />
      {t(`verdict.${verdict}`)}
    </span>
  )
}

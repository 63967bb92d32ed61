import type { Severity } from '@pomona/schema'
import {
  IconAlertCircle,
  IconAlertHexagon,
  IconAlertOctagon,
  IconAlertTriangle,
  IconInfoCircle,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import './badges.css'

const ICONS: Readonly<Record<Severity, TablerIcon>> = {
  critical: IconAlertOctagon,
  high: IconAlertTriangle,
  medium: IconAlertHexagon,
  low: IconAlertCircle,
  informational: IconInfoCircle,
}

/** Severity as icon, word and colour: each of the three alone would do. */
export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  const { t } = useTranslation()
  const Icon = ICONS[severity]
  return (
    <span className={`severity severity-${severity}`}>
      <Icon size={13} stroke={2} aria-hidden />
      {t(`severity.${severity}`)}
    </span>
  )
}

import { Tooltip } from '@mantine/core'
import type { AlertRecord } from '@pomona/schema'
import { IconArrowsJoin, IconDeviceLaptop, IconServer } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { findersOf } from './finders.ts'

const ICONS = { host: IconDeviceLaptop, server: IconServer, both: IconArrowsJoin } as const

/** Which engine found an alert: the one on the Mac, the one of the server, or both. */
export function FoundBy({ alert }: { readonly alert: AlertRecord }) {
  const { t } = useTranslation()
  const finders = findersOf(alert)
  const Icon = ICONS[finders]
  return (
    <Tooltip label={t(`found_by_hint.${finders}`)}>
      <span className="status">
        <Icon size={13} stroke={1.8} aria-hidden />
        {t(`found_by.${finders}`)}
      </span>
    </Tooltip>
  )
}

import { Button, Menu } from '@mantine/core'
import { ALERT_STATUSES, type AlertStatus, type Verdict, VERDICTS } from '@pomona/schema'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { StatusBadge, VerdictBadge } from '../theme/status.tsx'

/** What is chosen in a {@link StatusMenu}: a status, or how the matter ends. */
export type StatusChoice =
  | { readonly status: AlertStatus }
  | { readonly status: 'closed'; readonly verdict: Verdict }

interface StatusMenuProps {
  readonly status: AlertStatus
  readonly verdict: Verdict | undefined
  /** Said above the choices, where one touches more than the thing itself. */
  readonly note?: string
  readonly onChoose: (choice: StatusChoice) => void
}

/** The status of an alert or incident, and the menu that changes it. */
export function StatusMenu({ status: current, verdict: ended, note, onChoose }: StatusMenuProps) {
  const { t } = useTranslation()
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
          <StatusBadge status={current} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {note !== undefined && <Menu.Label>{note}</Menu.Label>}
        {ALERT_STATUSES.map((status) => (
          <Menu.Item
            key={status}
            rightSection={status === current ? <IconCheck size={14} /> : undefined}
            onClick={() => onChoose({ status })}
          >
            <StatusBadge status={status} />
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('alert.close_as')}</Menu.Label>
        {VERDICTS.map((verdict) => (
          <Menu.Item
            key={verdict}
            rightSection={verdict === ended ? <IconCheck size={14} /> : undefined}
            onClick={() => onChoose({ status: 'closed', verdict })}
          >
            <VerdictBadge verdict={verdict} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

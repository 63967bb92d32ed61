import type { CommandState } from '@pomona/schema'
import {
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconClockOff,
  IconHelpCircle,
  IconPlayerPlay,
  IconSend,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

const LOOKS: Readonly<Record<CommandState, readonly [TablerIcon, 'ok' | 'bad' | 'open' | 'dim']>> =
  {
    queued: [IconClock, 'open'],
    sent: [IconSend, 'open'],
    accepted: [IconPlayerPlay, 'open'],
    done: [IconCircleCheck, 'ok'],
    failed: [IconCircleX, 'bad'],
    refused: [IconBan, 'bad'],
    expired: [IconClockOff, 'dim'],
    cancelled: [IconBan, 'dim'],
    unknown: [IconHelpCircle, 'bad'],
  }

/** What became of a command: icon, word and colour. */
export function CommandStateBadge({ state }: { readonly state: CommandState }) {
  const { t } = useTranslation()
  const [Icon, look] = LOOKS[state]
  return (
    <span className={`status look-${look}`}>
      <Icon size={13} stroke={2} aria-hidden />
      {t(`command.state.${state}`)}
    </span>
  )
}

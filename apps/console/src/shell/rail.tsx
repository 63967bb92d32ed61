import {
  IconActivityHeartbeat,
  IconBellRinging,
  IconDeviceLaptop,
  IconGavel,
  IconPlugConnected,
  IconRadar2,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { NavLink } from 'react-router'
import { useNewAlerts } from '../live/new-alerts.tsx'
import { Logo } from './logo.tsx'

interface RailLinkProps {
  readonly to: string
  readonly label: string
  readonly Icon: TablerIcon
  readonly count?: number
}

const COUNT_SHOWN_MAX = 99

function RailLink({ to, label, Icon, count = 0 }: RailLinkProps) {
  return (
    <NavLink to={to} className="rail-link">
      <span className="rail-icon">
        <Icon size={20} stroke={1.6} aria-hidden />
        {count > 0 && (
          <span className="rail-count">
            {count > COUNT_SHOWN_MAX ? `${COUNT_SHOWN_MAX}+` : count}
          </span>
        )}
      </span>
      {label}
    </NavLink>
  )
}

/** The console's pages, always in the same place. */
export function Rail() {
  const { t } = useTranslation()
  const { unseen, unseenIncidents } = useNewAlerts()
  return (
    <nav className="rail" aria-label={t('shell.navigation')}>
      <NavLink to="/incidents" className="rail-logo" aria-label={t('shell.home')}>
        <Logo size={30} />
      </NavLink>
      <RailLink
        to="/incidents"
        label={t('nav.incidents')}
        Icon={IconRadar2}
        count={unseenIncidents}
      />
      <RailLink to="/alerts" label={t('nav.alerts')} Icon={IconBellRinging} count={unseen} />
      <RailLink to="/hosts" label={t('nav.hosts')} Icon={IconDeviceLaptop} />
      <RailLink to="/agents" label={t('nav.agents')} Icon={IconPlugConnected} />
      <RailLink to="/rules" label={t('nav.rules')} Icon={IconGavel} />
      <RailLink to="/health" label={t('nav.health')} Icon={IconActivityHeartbeat} />
    </nav>
  )
}

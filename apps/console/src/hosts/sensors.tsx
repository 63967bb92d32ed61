import type { HostAgentDetail, SensorState } from '@pomona/schema'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleMinus,
  IconCircleX,
  IconLoader,
  type TablerIcon,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Untrusted } from '../text/untrusted.tsx'
import { Timestamp } from '../time/timestamp.tsx'

type Report = NonNullable<HostAgentDetail['report']>
type Sensor = Report['sensors'][number]

const LOOKS: Readonly<Record<SensorState, readonly [TablerIcon, 'ok' | 'bad' | 'warn' | 'dim']>> = {
  starting: [IconLoader, 'dim'],
  running: [IconCircleCheck, 'ok'],
  degraded: [IconAlertTriangle, 'warn'],
  failed: [IconCircleX, 'bad'],
  off: [IconCircleMinus, 'dim'],
}

function SensorStateBadge({ state }: { readonly state: SensorState }) {
  const { t } = useTranslation()
  const [Icon, look] = LOOKS[state]
  return (
    <span className={`status look-${look}`}>
      <Icon size={13} stroke={2} aria-hidden />
      {t(`sensor.${state}`)}
    </span>
  )
}

function Problem({ problem }: { readonly problem: Sensor['problem'] }) {
  const { t } = useTranslation()
  if (problem === undefined) return <span className="dim">–</span>
  return (
    <div className="sensor-problem">
      <Untrusted text={problem.message} lengthMax={400} />
      {problem.remedy !== undefined && (
        <p>
          <strong>{t('sensor.remedy')}</strong> <Untrusted text={problem.remedy} lengthMax={400} />
        </p>
      )}
      {problem.profile !== undefined && (
        <p>
          <strong>{t('sensor.profile')}</strong> <Untrusted text={problem.profile} mono />
        </p>
      )}
    </div>
  )
}

/** Every sensor by name: how it does, what keeps it from working, and what to do about it. */
export function Sensors({ sensors }: { readonly sensors: readonly Sensor[] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">{t('ledger.sensor')}</th>
          <th scope="col">{t('host.state')}</th>
          <th scope="col">{t('sensor.since')}</th>
          <th scope="col">{t('sensor.last_record')}</th>
          <th scope="col" className="number">
            {t('sensor.restarts')}
          </th>
          <th scope="col" className="number">
            {t('ledger.lost')}
          </th>
          <th scope="col">{t('sensor.problem')}</th>
        </tr>
      </thead>
      <tbody>
        {sensors.map((sensor) => (
          <tr key={sensor.sensor}>
            <th scope="row">
              <Untrusted text={sensor.sensor} mono />
            </th>
            <td>
              <SensorStateBadge state={sensor.state} />
            </td>
            <td>
              <Timestamp time={sensor.since} form="age" />
            </td>
            <td>
              <Timestamp time={sensor.last_record} form="age" />
            </td>
            <td className="number">{number.format(sensor.restarts)}</td>
            <td className={`number ${sensor.lost > 0 ? 'behind' : 'dim'}`}>
              {number.format(sensor.lost)}
            </td>
            <td>
              <Problem problem={sensor.problem} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Permissions that macOS has to grant, and the profile that does. */
export function Permissions({ permissions }: Pick<Report, 'permissions'>) {
  const { t } = useTranslation()
  return (
    <ul className="plain-list">
      {permissions.map(({ name, granted, needed_by: sensors, profile }) => (
        <li key={name} className="row wrap">
          <span className={`status look-${granted ? 'ok' : 'bad'}`}>
            {granted ? (
              <IconCircleCheck size={13} stroke={2} aria-hidden />
            ) : (
              <IconCircleX size={13} stroke={2} aria-hidden />
            )}
            {granted ? t('permission.granted') : t('permission.missing')}
          </span>
          <strong>{t(`permission.${name}`)}</strong>
          {sensors.map((sensor) => (
            <span key={sensor} className="tag">
              <Untrusted text={sensor} />
            </span>
          ))}
          {!granted && profile !== undefined && (
            <span>
              <span className="dim">{t('sensor.profile')}</span> <Untrusted text={profile} mono />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

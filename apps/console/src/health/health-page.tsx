import type { PipelineHealth } from '@pomona/schema'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { healthQuery } from '../api/queries.ts'
import { PanelError, PanelLoading } from '../shell/panel-state.tsx'
import { Untrusted } from '../text/untrusted.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { Stages } from './stages.tsx'
import './health.css'

const STATUS_ICONS = {
  ok: IconCircleCheck,
  degraded: IconAlertTriangle,
  down: IconCircleX,
} as const

function Problems({ problems }: { readonly problems: readonly string[] }) {
  const { t } = useTranslation()
  if (problems.length === 0) return null
  return (
    <section className="card health-problems" aria-label={t('health.problems')}>
      <div className="card-head">
        <h2>{t('health.problems')}</h2>
      </div>
      <ul className="card-body side-list">
        {problems.map((problem) => (
          <li key={problem}>
            <Untrusted text={problem} lengthMax={600} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Lag({ lag }: { readonly lag: PipelineHealth['lag'] }) {
  const { t, i18n } = useTranslation()
  const number = new Intl.NumberFormat(i18n.language)
  const readers = [
    { name: t('health.engine'), offset: lag.engine_offset },
    { name: t('health.projector'), offset: lag.projector_offset },
  ]
  return (
    <section className="card" aria-label={t('health.lag')}>
      <div className="card-head">
        <h2>{t('health.lag')}</h2>
        <span className="dim">{t('health.log_end', { offset: number.format(lag.log_end) })}</span>
      </div>
      <div className="lag">
        {readers.map(({ name, offset }) => {
          const behind = Math.max(0, lag.log_end - offset)
          const share = lag.log_end === 0 ? 1 : Math.min(1, offset / lag.log_end)
          return (
            <div key={name} className="lag-reader">
              <span>{name}</span>
              <span className="meter" aria-hidden>
                <span className="meter-sent" style={{ width: `${share * 100}%` }} />
              </span>
              <strong className={behind === 0 ? 'balanced' : 'behind'}>
                {behind === 0
                  ? t('health.current')
                  : t('health.behind', { count: behind, formatted: number.format(behind) })}
              </strong>
            </div>
          )
        })}
      </div>
    </section>
  )
}

/** Whether everything that came in came through, and where the rest is. */
export function HealthPage() {
  const { t } = useTranslation()
  const query = useQuery(healthQuery)
  if (query.isPending) return <PanelLoading lines={12} />
  if (query.data === undefined) {
    return <PanelError error={query.error} onRetry={() => void query.refetch()} />
  }
  const health = query.data
  const Icon = STATUS_ICONS[health.status]
  return (
    <div className="column grow">
      <div className="page-head">
        <h1>{t('health.title')}</h1>
        <span className={`row health-status health-${health.status}`} role="status">
          <Icon size={16} aria-hidden />
          {t(`health.${health.status}`)}
        </span>
        {query.isError && <span className="panel-bad">{t('state.stale')}</span>}
      </div>
      <div className="page-scroll health">
        <Problems problems={health.problems} />
        <Stages stages={health.stages} />
        <Lag lag={health.lag} />
        <DeadLetters letters={health.dead_letters} />
      </div>
    </div>
  )
}

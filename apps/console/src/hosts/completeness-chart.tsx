import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { minuteTime } from '../time/format.ts'
import { useTimeFormat } from '../time/time-mode.tsx'
import { type HourBalance, PARTS } from './completeness-hours.ts'

/** Which part has which colour; the table below says the same in numbers. */
export function CompletenessLegend() {
  const { t } = useTranslation()
  return (
    <ul className="ledger-legend" aria-label={t('ledger.legend')}>
      {PARTS.map((part) => (
        <li key={part} className="row">
          <span className={`ledger-swatch ledger-${part}`} aria-hidden />
          {t(`ledger.${part}`)}
        </li>
      ))}
      <li className="row">
        <span className="ledger-swatch ledger-unobserved" aria-hidden />
        {t('ledger.unobserved')}
      </li>
    </ul>
  )
}

/** What was sensed in each hour, stacked by what became of it. */
export function CompletenessChart({ hours }: { readonly hours: readonly HourBalance[] }) {
  const { t, i18n } = useTranslation()
  const format = useTimeFormat()
  const number = new Intl.NumberFormat(i18n.language)
  const largest = Math.max(1, ...hours.map(({ balance }) => balance.sensed))
  const [first, last] = [hours.at(0), hours.at(-1)]
  return (
    <figure className="ledger-chart">
      <div className="ledger-bars" role="img" aria-label={t('ledger.chart')}>
        {hours.map(({ hour, balance }) => {
          const parts = PARTS.map(
            (part) => `${t(`ledger.${part}`)} ${number.format(balance[part])}`,
          )
          const head = `${minuteTime(hour, format)}: ${number.format(balance.sensed)}`
          const isOdd = balance.unobserved_ms > 0 || balance.lost > 0
          return (
            <Tooltip key={hour} label={[head, ...parts].join(' · ')} openDelay={80}>
              <div className={`ledger-bar ${isOdd ? 'ledger-odd' : ''}`}>
                {PARTS.toReversed().map((part) => (
                  <span
                    key={part}
                    className={`ledger-part ledger-${part}`}
                    style={{ height: `${(balance[part] / largest) * 100}%` }}
                  />
                ))}
              </div>
            </Tooltip>
          )
        })}
      </div>
      <figcaption className="histogram-axis dim">
        <span>{first === undefined ? '' : minuteTime(first.hour, format)}</span>
        <span>
          {hours.some(({ balance }) => balance.sensed > 0)
            ? t('ledger.per_hour', { formatted: number.format(largest) })
            : t('ledger.none')}
        </span>
        <span>{last === undefined ? '' : minuteTime(last.hour, format)}</span>
      </figcaption>
    </figure>
  )
}

import type { AlertPage } from '@pomona/schema'
import { Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { minuteTime } from '../time/format.ts'
import { addMs } from '../time/range.ts'
import { useTimeFormat } from '../time/time-mode.tsx'

const HOUR_MS = 3_600_000

interface HistogramProps {
  readonly hours: AlertPage['histogram']
  /** Start of the hour the queue is narrowed to, if it is. */
  readonly chosen: string | undefined
  readonly onChoose: (range: { readonly from: string; readonly to: string } | undefined) => void
}

/**
 * Alerts per hour over the last day; an hour narrows the queue to itself, a second time widens it.
 */
export function Histogram({ hours, chosen, onChoose }: HistogramProps) {
  const { t } = useTranslation()
  const format = useTimeFormat()
  const largest = Math.max(1, ...hours.map(({ count }) => count))
  const total = hours.reduce((sum, { count }) => sum + count, 0)
  const [first, last] = [hours.at(0), hours.at(-1)]
  return (
    <div className="histogram" role="group" aria-label={t('histogram.label', { count: total })}>
      <div className="histogram-bars">
        {hours.map(({ from, count }) => {
          const label = t('histogram.hour', { time: minuteTime(from, format), count })
          return (
            <Tooltip key={from} label={label} openDelay={80}>
              <button
                type="button"
                className="plain-button histogram-hour"
                aria-label={label}
                aria-pressed={chosen === from}
                tabIndex={count === 0 ? -1 : 0}
                onClick={() =>
                  onChoose(chosen === from ? undefined : { from, to: addMs(from, HOUR_MS) })
                }
              >
                <span
                  className="histogram-bar"
                  style={{ height: count === 0 ? 1 : `${8 + (count / largest) * 92}%` }}
                />
              </button>
            </Tooltip>
          )
        })}
      </div>
      <div className="histogram-axis dim">
        <span>{first === undefined ? '' : minuteTime(first.from, format)}</span>
        <span>{t('histogram.title')}</span>
        <span>{last === undefined ? '' : minuteTime(addMs(last.from, HOUR_MS), format)}</span>
      </div>
    </div>
  )
}

import { Tooltip } from '@mantine/core'
import { age, clockTime, exactTime, shortTime } from './format.ts'
import { useTimeFormat } from './time-mode.tsx'
import { useNow } from '../live/live.tsx'

interface TimestampProps {
  readonly time: string | undefined
  /** `clock` is the time of day with milliseconds, `age` says how long ago. */
  readonly form?: 'date-time' | 'clock' | 'age'
}

/** A time as people read it, with the exact nine digits on hover and focus. */
export function Timestamp({ time, form = 'date-time' }: TimestampProps) {
  const format = useTimeFormat()
  if (time === undefined) return <span className="dim">–</span>
  const exact = exactTime(time, format.zone)
  return (
    <Tooltip label={<span className="mono">{exact}</span>}>
      <time dateTime={time} className="nowrap">
        {form === 'age' && <Age time={time} />}
        {form === 'clock' && clockTime(time, format)}
        {form === 'date-time' && shortTime(time, format)}
      </time>
    </Tooltip>
  )
}

function Age({ time }: { readonly time: string }) {
  const { locale } = useTimeFormat()
  return age(time, useNow(), locale)
}

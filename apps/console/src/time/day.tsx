import { dayOf } from './format.ts'
import { useTimeFormat } from './time-mode.tsx'

/** Month and day of a time. */
export function Day({ time }: { readonly time: string | undefined }) {
  const format = useTimeFormat()
  return time === undefined ? null : <span className="dim">{dayOf(time, format)}</span>
}

import { formatTime, parseTime, type TimeNs } from '@pomona/schema'

/** Whether times are shown as the server keeps them or as the analyst's clock shows them. */
export type TimeZoneMode = 'local' | 'utc'

/** How times are written. */
export interface TimeFormat {
  readonly locale: string
  readonly zone: TimeZoneMode
}

/** Two timestamps, either of which may be unknown. */
export interface TimeSpan {
  readonly from: string | undefined
  readonly to: string | undefined
}

const NS_PER_MS = 1_000_000n
const NS_PER_SECOND = 1_000_000_000n

// Building an Intl formatter costs more than a hundred uses of it.
const formatters = new Map<string, Intl.DateTimeFormat>()
const FORMATTERS_MAX = 32

type FormatStyle = 'clock' | 'date-time' | 'date' | 'minute'

function formatter(format: TimeFormat, style: FormatStyle): Intl.DateTimeFormat {
  const key = `${format.locale}/${format.zone}/${style}`
  const known = formatters.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(format.locale, {
    ...(style === 'clock' ? {} : { month: 'short', day: 'numeric' }),
    ...(style === 'date' ? {} : { hour: '2-digit', minute: '2-digit' }),
    ...(style === 'date' || style === 'minute' ? {} : { second: '2-digit' }),
    hourCycle: 'h23',
    ...(format.zone === 'utc' ? { timeZone: 'UTC' } : {}),
  })
  if (formatters.size >= FORMATTERS_MAX) formatters.clear()
  formatters.set(key, made)
  return made
}

function toMs(ns: TimeNs): number {
  return Number(ns / NS_PER_MS)
}

/** Month, day and time to the second; text that is no time comes back unchanged. */
export function shortTime(text: string, format: TimeFormat): string {
  const ns = parseTime(text)
  return ns === undefined ? text : formatter(format, 'date-time').format(toMs(ns))
}

/** Month, day and time to the minute, for axes. */
export function minuteTime(text: string, format: TimeFormat): string {
  const ns = parseTime(text)
  return ns === undefined ? text : formatter(format, 'minute').format(toMs(ns))
}

/** Time of day to the millisecond, for lists where the day stands above. */
export function clockTime(text: string, format: TimeFormat): string {
  const ns = parseTime(text)
  if (ns === undefined) return text
  const ms = String((ns / NS_PER_MS) % 1000n).padStart(3, '0')
  return `${formatter(format, 'clock').format(toMs(ns))}.${ms}`
}

/** Day of a time, for headings. */
export function dayOf(text: string, format: TimeFormat): string {
  const ns = parseTime(text)
  return ns === undefined ? text : formatter(format, 'date').format(toMs(ns))
}

/** The offset of local time from UTC at a moment, such as `UTC+02:00`. */
export function localOffset(nowMs: number): string {
  return `UTC${offsetText(-new Date(nowMs).getTimezoneOffset())}`
}

function offsetText(offsetMinutes: number): string {
  const sign = offsetMinutes < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMinutes)
  const pad = (n: number) => String(n).padStart(2, '0')
  return `${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}

/** The exact value with nine digits, in the zone shown: what one copies into a report. */
export function exactTime(text: string, zone: TimeZoneMode): string {
  const ns = parseTime(text)
  if (ns === undefined) return text
  if (zone === 'utc') return formatTime(ns)
  // getTimezoneOffset counts minutes west of UTC, hence the sign.
  const offsetMinutes = -new Date(toMs(ns)).getTimezoneOffset()
  const shifted = formatTime(ns + BigInt(offsetMinutes) * 60n * NS_PER_SECOND)
  return shifted.slice(0, -1) + offsetText(offsetMinutes)
}

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const

function inUnit(value: number, unit: string, locale: string): string {
  const digits = value < 10 && (unit === 'second' || unit === 'millisecond') ? 2 : 0
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'narrow',
    maximumFractionDigits: digits,
  }).format(value)
}

/**
 * A length of time for people: `350ms`, `1.24s`, `3m 12s`, `2h 5m`, `4d 3h`.
 *
 * @param ns Length in nanoseconds; negative lengths are written with a minus sign.
 */
export function duration(ns: bigint, locale: string): string {
  if (ns < 0n) return `−${duration(-ns, locale)}`
  const seconds = Number(ns) / Number(NS_PER_SECOND)
  if (seconds < 1) return inUnit(seconds * 1000, 'millisecond', locale)
  // 59.7 s must not be written as 60 s, nor 59 min 59.9 s as 60 min: whole seconds from here on.
  if (seconds < 10) return inUnit(seconds, 'second', locale)
  const whole = Math.floor(seconds)
  const index = UNITS.findIndex((entry) => whole >= entry.seconds)
  const large = UNITS[index] ?? UNITS[3]
  const small = UNITS[index + 1]
  const first = inUnit(Math.floor(whole / large.seconds), large.unit, locale)
  if (small === undefined) return first
  const rest = Math.floor((whole % large.seconds) / small.seconds)
  return rest === 0 ? first : `${first} ${inUnit(rest, small.unit, locale)}`
}

/** Time between two timestamps, or `undefined` when one of them is none. */
export function between({ from, to }: TimeSpan): bigint | undefined {
  const start = from === undefined ? undefined : parseTime(from)
  const end = to === undefined ? undefined : parseTime(to)
  return start === undefined || end === undefined ? undefined : end - start
}

const AHEAD_SECONDS_MAX = 60

/**
 * How long ago, in the language's own words: `5 min ago`.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 */
export function age(text: string, nowMs: number, locale: string): string {
  const ns = parseTime(text)
  if (ns === undefined) return text
  const exact = Math.round((toMs(ns) - nowMs) / 1000)
  // Clocks differ by seconds, and `nowMs` is renewed only now and then: the near future is now.
  const seconds = exact > 0 && exact < AHEAD_SECONDS_MAX ? 0 : exact
  const entry = UNITS.find(({ seconds: size }) => Math.abs(seconds) >= size) ?? UNITS[3]
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  return words.format(Math.trunc(seconds / entry.seconds), entry.unit)
}

const NAMES = ['@timestamp', 'timestamp', 'time', 'UtcTime', 'EventTime', 'TimeCreated'] as const
const STAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?$/
/** Seconds since 1970 are below it until the year 5138. */
const SECONDS_MAX = 1e11
const MS_MAX = 1e14
const NS_PER_MS = 1e6
const MS_PER_S = 1e3

/**
 * The time of an event of any kind, in milliseconds since 1970: of the usual names the first that
 * holds a timestamp or a number of seconds, milliseconds or nanoseconds. Without a zone it is UTC.
 *
 * @returns `undefined` when the event has none.
 */
export function eventTimeMs(document: object): number | undefined {
  for (const name of NAMES) {
    const value: unknown = Object.hasOwn(document, name) ? Reflect.get(document, name) : undefined
    const timeMs = typeof value === 'number' ? fromNumber(value) : fromText(value)
    if (timeMs !== undefined && Number.isFinite(timeMs)) return timeMs
  }
  return undefined
}

function fromNumber(value: number): number {
  if (value < SECONDS_MAX) return value * MS_PER_S
  return value < MS_MAX ? value : value / NS_PER_MS
}

function fromText(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const [whole, day, time = '', zone = 'Z'] = STAMP.exec(value) ?? []
  return whole === undefined ? undefined : Date.parse(`${day}T${time}${zone}`)
}

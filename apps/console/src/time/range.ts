import { formatTime, parseTime } from '@pomona/schema'

/**
 * Spans the time picker offers; in the address they stand as `-24h`, so that a bookmark moves on.
 */
export const SPANS = ['-15m', '-1h', '-6h', '-24h', '-7d', '-30d'] as const
/** One of {@link SPANS}. */

const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }
const RELATIVE = /^-(\d{1,4})([mhd])$/

/** True for what may stand in the address as a bound: a relative span or a timestamp. */
export function isBound(text: string): boolean {
  return RELATIVE.test(text) || parseTime(text) !== undefined
}

/**
 * Turns a bound of the address into a timestamp.
 *
 * @param nowMs Wall time in milliseconds since the epoch.
 * @returns RFC 3339 with nine digits, or `undefined` when the text is no bound.
 */
export function resolveBound(text: string, nowMs: number): string | undefined {
  const relative = RELATIVE.exec(text)
  if (relative !== null) {
    const seconds = Number(relative[1]) * (UNIT_SECONDS[relative[2] ?? ''] ?? 0)
    return formatTime(BigInt(Math.round(nowMs - seconds * 1000)) * 1_000_000n)
  }
  const ns = parseTime(text)
  return ns === undefined ? undefined : formatTime(ns)
}

/**
 * Adds a length to a timestamp. @returns The later timestamp, or the text itself when it is none.
 */
export function addMs(text: string, lengthMs: number): string {
  const ns = parseTime(text)
  return ns === undefined ? text : formatTime(ns + BigInt(lengthMs) * 1_000_000n)
}

/** Reads what `<input type="datetime-local">` gives, in the zone shown. */
export function fromInput(text: string, zone: 'local' | 'utc'): string | undefined {
  if (text === '') return undefined
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text)
  return Number.isNaN(ms) ? undefined : formatTime(BigInt(ms) * 1_000_000n)
}

/** Writes a timestamp for `<input type="datetime-local">`, in the zone shown, to the second. */
export function toInput(text: string | undefined, zone: 'local' | 'utc'): string {
  const ns = text === undefined ? undefined : parseTime(text)
  if (ns === undefined) return ''
  const ms = Number(ns / 1_000_000n)
  const offsetMs = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - offsetMs).toISOString().slice(0, 19)
}

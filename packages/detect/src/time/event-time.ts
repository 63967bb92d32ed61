import { type EcsEvent, parseTime } from '@pomona/schema'

const MS_PER_SECOND = 1_000
const MS_PER_MINUTE = 60_000
const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 86_400_000
const HEAD_LENGTH = 19
const FRACTION_DIGITS_MAX = 9
const ZERO = 48

/**
 * Reads an RFC 3339 timestamp as milliseconds since 1970, with a fraction. What a double holds of
 * today's times is exact to a quarter of a microsecond.
 *
 * Most timestamps are in UTC and have a plain form, which is read without regular expression, Date
 * or BigInt; the others take the long way and come to the same number.
 *
 * @returns NaN when the text is no timestamp.
 */
export function timeMsOf(text: string): number {
  const plain = plainMs(text)
  return Number.isNaN(plain) ? anyMs(text) : plain
}

/** `YYYY-MM-DDTHH:MM:SS`, a fraction of up to nine digits or none, `Z`; else NaN. */
function plainMs(text: string): number {
  const end = text.length - 1
  if (end < HEAD_LENGTH || text.charCodeAt(end) !== 90 || !hasSigns(text)) return Number.NaN
  const year = pair(text, 0) * 100 + pair(text, 2)
  const month = pair(text, 5)
  const day = pair(text, 8)
  const hour = pair(text, 11)
  const minute = pair(text, 14)
  const second = pair(text, 17)
  // Days that not every month has, and leap seconds, go the long way.
  const isPlain =
    year >= 1970 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  if (!isPlain) return Number.NaN
  return (
    daysBefore(year, month) * MS_PER_DAY +
    (day - 1) * MS_PER_DAY +
    hour * MS_PER_HOUR +
    minute * MS_PER_MINUTE +
    second * MS_PER_SECOND +
    fractionMs(text, end)
  )
}

function hasSigns(text: string): boolean {
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58
  )
}

/** Two digits as a number, NaN for anything else. */
function pair(text: string, from: number): number {
  const tens = text.charCodeAt(from) - ZERO
  const ones = text.charCodeAt(from + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** What stands between the seconds and the `Z` at `end`, as milliseconds; NaN when no fraction. */
function fractionMs(text: string, end: number): number {
  if (end === HEAD_LENGTH) return 0
  const digits = end - HEAD_LENGTH - 1
  const isFraction = text.charCodeAt(HEAD_LENGTH) === 46
  if (!isFraction || digits < 1 || digits > FRACTION_DIGITS_MAX) return Number.NaN
  let nanoseconds = 0
  for (let index = 0; index < FRACTION_DIGITS_MAX; index += 1) {
    const digit = index < digits ? text.charCodeAt(HEAD_LENGTH + 1 + index) - ZERO : 0
    if (digit < 0 || digit > 9) return Number.NaN
    nanoseconds = nanoseconds * 10 + digit
  }
  return nanoseconds / 1_000_000
}

// The days-from-civil computation with the year beginning in March, so that the leap day is last.
function daysBefore(year: number, month: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5)
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * 146_097 + yearOfEra * 365 + leaps + dayOfYear - 719_468
}

function anyMs(text: string): number {
  const atNs = parseTime(text)
  if (atNs === undefined) return Number.NaN
  const subSecondNs = ((atNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return Number((atNs - subSecondNs) / 1_000_000n) + Number(subSecondNs) / 1_000_000
}

/** How far a Mac's clock may run ahead of the server's before it is not believed. */
const AHEAD_MS_MAX = 5_000

/**
 * Event time as the engine goes by it. A time that is far ahead of when the server took the event
 * is drawn back to then: one wrong clock must not make everybody else's events late.
 *
 * @returns Milliseconds since 1970, or NaN when the event has no time that can be read.
 */
export function eventTimeMs(event: EcsEvent): number {
  const timeMs = textMs(event['@timestamp'])
  const ingestedMs = textMs(event.event?.ingested)
  return timeMs > ingestedMs + AHEAD_MS_MAX ? ingestedMs + AHEAD_MS_MAX : timeMs
}

// The types promise texts; the log may hold anything.
function textMs(text: unknown): number {
  return typeof text === 'string' ? timeMsOf(text) : Number.NaN
}

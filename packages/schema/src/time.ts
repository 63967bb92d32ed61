/** Nanoseconds since 1970-01-01T00:00:00Z. */
export type TimeNs = bigint

/** Where code that needs time gets it from; passed in, so that tests and replays own it. */
export interface Clock {
  /** Wall time, for stamping records. May jump. */
  nowNs(): TimeNs
  /** Elapsed time, for measuring. Never jumps; means nothing on another machine. */
  monotonicNs(): bigint
}

/** Source of unpredictable bytes; passed in for the same reason as {@link Clock}. */
export interface Random {
  /** Fresh array of `lengthBytes` random bytes. */
  bytes(lengthBytes: number): Uint8Array
}

const NS_PER_MS = 1_000_000n
// RFC 3339 with 0 to 9 fraction digits; the zone is Z or a numeric offset.
const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/

/**
 * Reads an RFC 3339 timestamp, keeping up to nine fraction digits.
 *
 * @returns Nanoseconds since the epoch, or `undefined` when the text is not such a timestamp.
 * @throws  Never.
 * @see     RFC 3339, section 5.6.
 */
export function parseTime(text: string): TimeNs | undefined {
  const parts = ISO.exec(text)
  if (parts === null) return undefined
  const ms = Date.parse(`${parts[1]}${parts[3]}`)
  if (Number.isNaN(ms)) return undefined
  return BigInt(ms) * NS_PER_MS + BigInt((parts[2] ?? '').padEnd(9, '0'))
}

/**
 * Writes a time the way every JSON document of the project carries it: RFC 3339, UTC, nine digits.
 *
 * @throws RangeError outside the years 0 to 9999 (a caller's bug: parsed times are always inside).
 */
export function formatTime(atNs: TimeNs): string {
  const subMs = ((atNs % NS_PER_MS) + NS_PER_MS) % NS_PER_MS
  const ms = (atNs - subMs) / NS_PER_MS
  const text = timeFromMs(Number(ms)).toISOString()
  return `${text.slice(0, -1)}${String(subMs).padStart(6, '0')}Z`
}

// The one place that builds a Date from a given number; nothing here reads the machine's clock.
function timeFromMs(ms: number): Date {
  return new Date(ms)
}

// Layout of the form nearly all timestamps have: YYYY-MM-DDTHH:MM:SS, then a fraction of any
// length, then Z.
const HEAD_LENGTH = 19
const PADDED_LENGTH = 30
const YEAR_MIN = 1900
const YEAR_MAX = 2261
const DAY_IN_EVERY_MONTH_MAX = 28

function digits(text: string, from: number): number {
  const tens = text.charCodeAt(from) - 48
  const ones = text.charCodeAt(from + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

// True only for what is certainly a date and time of day; days after the 28th go the long way.
function isHead(text: string): boolean {
  const year = digits(text, 0) * 100 + digits(text, 2)
  const month = digits(text, 5)
  const day = digits(text, 8)
  return (
    year >= YEAR_MIN &&
    year <= YEAR_MAX &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= DAY_IN_EVERY_MONTH_MAX &&
    digits(text, 11) <= 23 &&
    digits(text, 14) <= 59 &&
    digits(text, 17) <= 59 &&
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58
  )
}

// True for `.` and one to nine digits between the head and the Z at the end.
function isFraction(text: string): boolean {
  const last = text.length - 1
  if (last < HEAD_LENGTH + 2 || last >= PADDED_LENGTH) return false
  if (text.charCodeAt(last) !== 90 || text.charCodeAt(HEAD_LENGTH) !== 46) return false
  for (let index = HEAD_LENGTH + 1; index < last; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 48 || code > 57) return false
  }
  return true
}

/**
 * Brings an RFC 3339 timestamp to UTC with nine fraction digits.
 * The hot path of normalising: most records already carry nine, and are checked without being
 * parsed.
 *
 * @returns The padded text, or `undefined` when the text is not a timestamp or lies
 *          outside the years 1900 to 2261, which a store of 64-bit nanoseconds holds.
 * @throws  Never.
 */
export function padTime(text: string): string | undefined {
  if (isFraction(text) && isHead(text)) {
    return text.length === PADDED_LENGTH
      ? text
      : `${text.slice(0, -1).padEnd(PADDED_LENGTH - 1, '0')}Z`
  }
  const atNs = parseTime(text)
  if (atNs === undefined || atNs < PADDED_FROM_NS || atNs >= PADDED_TO_NS) return undefined
  return formatTime(atNs)
}

const PADDED_FROM_NS = BigInt(Date.UTC(YEAR_MIN, 0, 1)) * NS_PER_MS
const PADDED_TO_NS = BigInt(Date.UTC(YEAR_MAX + 1, 0, 1)) * NS_PER_MS
